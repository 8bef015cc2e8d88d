// One field of a mapping or of settings, for any form: a choice, and the inputs of that choice.
// A value that nobody edits stays as it is; a value that is cleared is absent.
import { Autocomplete, Box, Button, FormHelperText, Stack, TextField, Typography } from "@mui/material";
import { createContext, useContext, useState } from "react";
import { OpenMap, Rows } from "./open-map.jsx";
import { choose, fits, put, readNumber, same } from "./values.js";

// What a page may bring: `translate(key, text)`, and `loadChoices(name, {query, page})` for fields
// with `x-dynamic`, which gives `{choices: [{value, label}], next_page}`.
export const MappingContext = createContext({});
const LITERAL_LABELS = { "Whole number": "Number", Value: "Value" };
// Read aloud, and not seen: the name of a row stands in an input beside it.
const HIDDEN = { position: "absolute", width: "1px", height: "1px", overflow: "hidden", clipPath: "inset(50%)", whiteSpace: "nowrap" };
const DEFAULT = { title: "Use the default" };
const OTHER = { title: "JSON" };

/** Return a schema in place of a reference to it. */
export const resolve = (schema, root) => (schema?.$ref ? root.definitions[schema.$ref.slice("#/definitions/".length)] : schema);

/** Draw the links, code and bold words of a description. */
export const Markdown = ({ text }) =>
  text.split(/(\[[^\]]+\]\([^()\s]+\)|`[^`]+`|\*\*[^*]+\*\*)/).map((part, index) => {
    const [, words, address] = /^\[(.+)\]\((https?:.+)\)$/.exec(part) ?? [];
    if (words) return <a key={index} href={address} target="_blank" rel="noreferrer">{words}</a>;
    if (/^`.+`$/.test(part)) return <code key={index}>{part.slice(1, -1)}</code>;
    return /^\*\*.+\*\*$/.test(part) ? <strong key={index}>{part.slice(2, -2)}</strong> : part;
  });

/** Hold what is typed while it stands for no value yet. */
function useDraft(value, onChange, format, parse) {
  const [draft, setDraft] = useState({ value, text: format(value) });
  const text = same(draft.value, value) ? draft.text : format(value);
  const type = (typed) => {
    const read = parse(typed, value);
    setDraft({ value: read, text: typed });
    onChange(read);
  };
  return [text, type];
}

/** One line or several of text; an empty text is absent. */
function TextInput({ value, onChange, label, lines, ...rest }) {
  const multiline = lines || String(value ?? "").includes("\n");
  return (
    <TextField fullWidth size="small" label={label} value={value ?? ""} multiline={multiline} minRows={lines ? 3 : 1} {...rest}
      onChange={({ target }) => onChange(target.value === "" ? undefined : target.value)} />
  );
}

function NumberInput({ value, onChange, ...rest }) {
  const [text, type] = useDraft(value, onChange, (number) => (number === undefined ? "" : String(number)), (typed) => readNumber(typed) || (readNumber(typed) === 0 ? 0 : undefined));
  const wrong = Number.isNaN(readNumber(text));
  return <TextField fullWidth size="small" value={text} error={wrong} helperText={wrong ? "is not a number" : undefined} {...rest}
    onChange={({ target }) => type(target.value)} />;
}

function JsonInput({ value, onChange, ...rest }) {
  const format = (json) => (json === undefined ? "" : JSON.stringify(json, null, 2));
  const parse = (text, before) => {
    try {
      return text.trim() ? JSON.parse(text) : undefined;
    } catch {
      return before;
    }
  };
  const [text, type] = useDraft(value, onChange, format, parse);
  const wrong = text.trim() !== "" && parse(text, isJson) === isJson;
  return <TextField fullWidth multiline minRows={3} size="small" value={text} error={wrong} {...rest}
    helperText={wrong ? "is not JSON yet: the value before stays" : undefined}
    slotProps={{ ...rest.slotProps, htmlInput: { ...rest.slotProps?.htmlInput, style: { fontFamily: "monospace", fontSize: 13 } } }}
    onChange={({ target }) => type(target.value)} />;
}
const isJson = Symbol("unreadable");

/** A list of options: a native select, or one with a search where it is long. */
function OptionInput({ value, onChange, options, label, disabled, slotProps }) {
  const index = options.findIndex((option) => same(option.value, value));
  const all = index < 0 && value !== undefined ? [{ value, label: JSON.stringify(value) }, ...options] : options;
  const shown = all.findIndex((option) => same(option.value, value));
  if (options.length > 7)
    return <Autocomplete fullWidth size="small" disabled={disabled} options={all} value={all[shown] ?? null} onChange={(_, option) => onChange(option?.value)}
      isOptionEqualToValue={(one, other) => same(one.value, other.value)}
      renderInput={(params) => <TextField {...params} label={label} placeholder="Search" />} />;
  return (
    <TextField select fullWidth size="small" label={label} value={shown < 0 ? "" : shown} disabled={disabled}
      slotProps={{ ...slotProps, select: { native: true }, inputLabel: { shrink: true } }}
      onChange={({ target }) => onChange(target.value === "" ? undefined : all[Number(target.value)].value)}>
      <option value="">–</option>
      {all.map((option, at) => <option key={at} value={at}>{option.label}</option>)}
    </TextField>
  );
}

/** A text whose choices the partner has; a person may type what it has not listed. */
function DynamicInput({ value, onChange, label, name, placeholder, disabled }) {
  const { loadChoices } = useContext(MappingContext);
  const [{ choices, next, query }, setLoaded] = useState({ choices: [], next: undefined, query: "" });
  const load = async (text, page, before = []) => {
    const found = await loadChoices(name, { query: text, page });
    setLoaded({ choices: [...before, ...found.choices], next: found.next_page ?? undefined, query: text });
  };
  const labelOf = (text) => choices.find((choice) => choice.value === text)?.label ?? text;
  const more = { more: true };
  return (
    <Autocomplete freeSolo fullWidth size="small" disabled={disabled} value={value ?? null} onOpen={() => load("")}
      options={[...choices.map((choice) => choice.value), ...(next ? [more] : [])]} filterOptions={(options) => options}
      getOptionLabel={(option) => (option.more ? "More…" : String(labelOf(option)))}
      onInputChange={(_, text, reason) => reason === "input" && (onChange(text || undefined), load(text))}
      onChange={(_, option) => (option?.more ? load(query, next, choices) : onChange(option ?? undefined))}
      renderInput={(params) => <TextField {...params} label={label} placeholder={placeholder} />} />
  );
}

/** A literal of one of the field's types. */
function LiteralInput({ choice, field, ...input }) {
  const { loadChoices } = useContext(MappingContext);
  const branches = (choice.oneOf ?? []).filter((branch) => "const" in branch);
  const options = branches.length
    ? branches.map((branch) => ({ value: branch.const, label: String(branch.title ?? branch.const) }))
    : (choice.enum ?? []).map((value) => ({ value, label: String(value) }));
  if (choice.type === "boolean" && !options.length) options.push({ value: true, label: "Yes" }, { value: false, label: "No" });
  if (options.length) return <OptionInput {...input} options={options} />;
  if (["number", "integer"].includes(choice.type)) return <NumberInput {...input} />;
  if (field.schema["x-dynamic"] === true && loadChoices) return <DynamicInput {...input} name={field.name} placeholder={field.placeholder} />;
  const secret = field.widget === "password";
  return <TextInput {...input} lines={field.widget === "textarea"} type={secret ? "password" : "text"} placeholder={field.placeholder} autoComplete={secret ? "new-password" : "off"} />;
}

const path = (text) => (text === undefined ? undefined : { "@path": text });

/** Two paths and a path or a literal, once both paths are typed. */
function IfInput({ choice, value, onChange, ...input }) {
  const [parts, setParts] = useState(() => ({ ...value?.["@if"] }));
  const set = (name) => (part) => {
    const changed = { ...put(parts, name, part) };
    setParts(changed);
    onChange(changed.exists && changed.then && (changed.else !== undefined || !literal) ? { "@if": changed } : undefined);
  };
  const { exists, then, else: otherwise } = choice.properties["@if"].properties;
  const literal = otherwise.type === "object" ? undefined : otherwise;
  const titleOf = (part) => part.properties["@path"].title;
  const text = (name, title) => <TextInput {...input} label={title} placeholder="$.traits.email" value={parts[name]?.["@path"]} onChange={(typed) => set(name)(path(typed))} />;
  return (
    <Stack spacing={1.5}>
      {text("exists", titleOf(exists))}
      {text("then", titleOf(then))}
      {literal ? <LiteralInput {...input} field={{ schema: {} }} choice={literal} label="otherwise" value={parts.else} onChange={set("else")} /> : text("else", titleOf(otherwise))}
    </Stack>
  );
}

/** The path of a list, and a row for each field that an item becomes. */
function ArrayInput({ choice, value, onChange, root, id, ...input }) {
  const [parts, setParts] = useState(value?.["@arrayPath"] ?? []);
  const [, shape] = choice.properties["@arrayPath"].items;
  const set = (from, rows) => {
    const changed = rows === undefined ? [from] : [from, rows];
    setParts(changed);
    onChange(from ? { "@arrayPath": changed } : undefined);
  };
  return (
    <Stack spacing={1.5}>
      <TextInput {...input} label="Event path of the list" placeholder="$.properties.products" value={parts[0]} onChange={(text) => set(text, parts[1])} />
      <Typography variant="body2" component="p">Each item of the list becomes:</Typography>
      <ObjectInput {...input} id={id} choice={shape} root={root} value={parts[1]} onChange={(rows) => set(parts[0], rows)} />
    </Stack>
  );
}

/** The fields of an object, and rows for names of its own. */
function ObjectInput({ choice, value, onChange, root, id, disabled, errors = [] }) {
  const names = Object.keys(choice.properties ?? {});
  const fields = names.filter((name) => choice.properties[name]["x-hidden"] !== true);
  return (
    <Stack spacing={2} sx={{ pl: 2, borderLeft: 2, borderColor: "divider" }}>
      {fields.map((name) => (
        <MappingField key={name} id={`${id}_${name}`} name={name} schema={choice.properties[name]} root={root} value={value?.[name]} readOnly={disabled}
          required={choice.required?.includes(name)} errors={within(errors, name)} onChange={(part) => onChange(put(value, name, part))} />
      ))}
      {choice.additionalProperties && (
        <OpenMap id={`${id}_names`} value={value} fixed={names} disabled={disabled} onChange={onChange}
          drawValue={(rest) => <MappingField {...rest} isCompact schema={choice.additionalProperties} root={root} />} />
      )}
    </Stack>
  );
}

const within = (errors, name) => errors.filter(({ path: [first] }) => first === name).map(({ path: [, ...rest], message }) => ({ path: rest, message }));

function ListInput({ choice, value, onChange, root, id, disabled, errors = [] }) {
  return (
    <Rows id={id} value={value ?? []} disabled={disabled} noun="item" onChange={(items) => onChange(items.length ? items : undefined)}
      drawRow={(item, set, index) => <MappingField id={`${id}_${index}`} name={`Item ${index + 1}`} schema={{ ...choice.items, title: `Item ${index + 1}`, description: undefined }} root={root} required readOnly={disabled} value={item} errors={within(errors, String(index))} onChange={set} />} />
  );
}

/** A reference to a stored secret: its name, and a way to replace it. */
function SecretInput({ value, onChange, replace, disabled, ...input }) {
  return (
    <Stack direction="row" spacing={1} sx={{ alignItems: "center" }}>
      <TextInput {...input} disabled={disabled} label="Stored under this name" value={value?.$secret} onChange={(text) => onChange(text && { $secret: text })} />
      <Button disabled={disabled} onClick={replace}>Replace</Button>
    </Stack>
  );
}

const EXAMPLES = { "@path": (name) => `$.traits.${name}`, "@template": (name) => `{{traits.${name}}}` };

// Names such as "Item 1" are no part of a path.
const wordOf = (name) => (/^\w+$/.test(name) ? name : "email");

function ChoiceInput({ choice, field, replace, value, onChange, ...input }) {
  const { root, id, errors, ...plain } = input;
  const own = { value, onChange };
  const [directive] = Object.keys(choice.properties ?? {});
  if (["Leave out", DEFAULT.title].includes(choice.title)) return null;
  if (choice.title === "JSON") return <JsonInput {...plain} {...own} label="JSON" />;
  if (choice.title === "Stored secret") return <SecretInput {...plain} {...own} replace={replace} />;
  if (directive in EXAMPLES && choice.title in { Variable: 1, Template: 1 })
    return <TextInput {...plain} label={choice.properties[directive].title} placeholder={EXAMPLES[directive](wordOf(field.name))} value={value?.[directive]} onChange={(text) => onChange(text === undefined ? undefined : { [directive]: text })} />;
  if (directive === "@if") return <IfInput {...plain} {...own} choice={choice} />;
  if (directive === "@arrayPath") return <ArrayInput {...input} {...own} choice={choice} />;
  if (choice.type === "array") return <ListInput {...input} {...own} choice={choice} />;
  if (choice.type === "object") return <ObjectInput {...input} {...own} choice={choice} />;
  return <LiteralInput {...plain} {...own} label={LITERAL_LABELS[choice.title] ?? choice.title} choice={choice} field={field} />;
}

/** Return the choices of a field as a person is offered them, and which of them is first. */
function listChoices(schema, root, isPartial) {
  const choices = schema.oneOf.map((choice) => resolve(choice, root));
  return isPartial ? [DEFAULT, ...choices] : choices;
}

/** Draw a field with its label, help, choice, inputs and errors. */
export function MappingField({ id, name, schema, root, value, onChange, required = false, readOnly = false, errors = [], isPartial = false, isCompact = false, widget, placeholder }) {
  const { translate = (_, text) => text } = useContext(MappingContext);
  const [picked, pick] = useState();
  const choices = listChoices(schema, root, isPartial);
  const empty = isPartial ? DEFAULT : required ? choices[0] : (choices.find(({ title }) => title === "Leave out") ?? choices[0]);
  const wanted = choices.find(({ title }) => title === picked);
  const isWanted = wanted && (value === undefined || fits(wanted, value));
  const choice = isWanted ? wanted : value === undefined ? empty : (choose(choices, value) ?? OTHER);
  const offered = choice === OTHER ? [...choices, OTHER] : choices;
  const text = (suffix, given) => (given ? translate(`${schema.i18n}.${suffix}`, given) : given);
  const label = text("label", schema.title) || name;
  const help = text("description", schema.description);
  const field = { schema, name, placeholder: placeholder ?? text("placeholder", schema["x-placeholder"]), widget: widget ?? widgetOf(schema) };
  const take = (title) => {
    pick(title);
    if (title === "Leave out") onChange(isPartial ? null : undefined);
    else if (title !== "JSON") onChange(undefined);
  };
  // A value that is cleared keeps the choice that it was of.
  const edit = (changed) => {
    pick(choice.title);
    onChange(changed);
  };
  // Rows stand below the choice, where they have room.
  const isWide = choice.type === "array" || (choice.type === "object" && ["Properties", "Array"].includes(choice.title));
  const own = errors.filter(({ path: at }) => !at.length || !["array", "object"].includes(choice.type));
  const describedBy = [help && `${id}-help`, own.length && `${id}-errors`].filter(Boolean).join(" ") || undefined;
  const isFixed = choices.length === 2 && choices[1].title === "Stored secret" && field.widget !== "password" && choice.title !== "Stored secret";
  return (
    <Box component="fieldset" data-field={name} data-choice={choice.title} sx={{ border: 0, m: 0, p: 0, minWidth: 0 }}>
      <Typography component="legend" sx={isCompact ? HIDDEN : { p: 0, mb: 1, fontWeight: 600 }}>
        {label}
        {required && !isCompact && <Box component="span" sx={{ color: "error.main" }}> (required)</Box>}
      </Typography>
      {help && <Typography id={`${id}-help`} variant="body2" color="text.secondary" sx={{ mb: 2 }}><Markdown text={help} /></Typography>}
      <Stack direction={isWide ? "column" : { xs: "column", sm: "row" }} spacing={isWide ? 2 : 1.5} sx={{ alignItems: "flex-start" }}>
        {!isFixed && (
          <TextField select id={`${id}-choice`} size="small" label="Fill in with" value={choice.title} disabled={readOnly} sx={{ width: 190, flex: "none" }}
            slotProps={{ select: { native: true }, htmlInput: { "aria-label": `${label}: fill in with` } }} onChange={({ target }) => take(target.value)}>
            {offered.map(({ title, i18n }) => <option key={title} value={title}>{translate(`${i18n}.label`, title)}</option>)}
          </TextField>
        )}
        <Box sx={{ flex: 1, width: "100%", minWidth: 0 }}>
          <ChoiceInput key={choice.title} id={id} choice={choice} field={field} root={root} value={value} onChange={edit} disabled={readOnly} errors={errors}
            replace={() => take(choices[0].title)} slotProps={{ htmlInput: { "aria-describedby": describedBy } }} />
        </Box>
      </Stack>
      {own.length > 0 && <FormHelperText id={`${id}-errors`} error>{[...new Set(own.map(({ message }) => message))].join("; ")}</FormHelperText>}
    </Box>
  );
}

const widgetOf = (schema) => (schema.writeOnly || schema.format === "password" ? "password" : schema["x-multiline"] ? "textarea" : undefined);
