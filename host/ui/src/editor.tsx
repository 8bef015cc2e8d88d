/** Field rows: the label, the way, the input, and what it becomes for the sample event. */
import { createContext, useContext, useEffect, useId, useState } from "react";
import { Menu, MenuItem, MenuTrigger, Popover, Button as AriaButton } from "react-aria-components";
import { api } from "./api";
import type { FieldPreview, Problem } from "./api";
import type { Field } from "./model/fields";
import { isObject, parse, put, putAt, readNumber, same } from "./model/json";
import type { Json, JsonObject } from "./model/json";
import * as ways from "./model/ways";
import type { Way } from "./model/ways";
import { Button, Description, Select, TextInput } from "./parts";
import { t } from "./texts";
import type { TextKey } from "./texts";

export interface Directive { name: string; title: string; description: string }
export interface Editing {
  slug: string;
  action: string;
  directives: readonly Directive[];
  paths: readonly string[];
  settings: Json;
  mapping: JsonObject;
  isReadOnly: boolean;
}
export const EditingContext = createContext<Editing>({ slug: "", action: "", directives: [], paths: [], settings: {}, mapping: {}, isReadOnly: false });

interface InputProps { field: Field; label: string; value: Json; onChange: (value: Json | undefined) => void }

const wayLabel = (way: Way, directives: readonly Directive[]): string =>
  way.startsWith("@") ? (directives.find(({ name }) => name === way)?.title ?? way) : t(`way.${way}` as TextKey);

/** JSON of a value, as text. What is no JSON yet stays in the box, and the value as it was. */
const JsonInput = ({ label, value, onChange }: Omit<InputProps, "field">) => {
  const [draft, setDraft] = useState<{ text: string; of: Json }>({ text: JSON.stringify(value, null, 2), of: value });
  const text = same(draft.of, value) ? draft.text : JSON.stringify(value, null, 2);
  const parsed = parse(text);
  const edit = (typed: string) => {
    const read = parse(typed);
    setDraft({ text: typed, of: "value" in read ? read.value : value });
    if ("value" in read) onChange(read.value);
  };
  return <>
    <TextInput label={label} value={text} onChange={edit} isCode isMultiline />
    {"error" in parsed && <p className="small becomes bad">{t("notJson", { reason: parsed.error })}</p>}
  </>;
};

const PathInput = ({ label, path, onChange }: { label: string; path: string; onChange: (path: string) => void }) => {
  const id = useId();
  const { paths } = useContext(EditingContext);
  return <>
    <TextInput label={label} value={path} onChange={onChange} isCode list={id} placeholder="$.traits.email" />
    <datalist id={id}>{paths.map((known) => <option key={known} value={known} />)}</datalist>
  </>;
};

const NumberInput = ({ label, value, onChange }: { label: string; value: number; onChange: (value: number) => void }) => {
  const [draft, setDraft] = useState({ text: String(value), of: value });
  const text = draft.of === value ? draft.text : String(value);
  const edit = (typed: string) => {
    const read = readNumber(typed);
    setDraft({ text: typed, of: read ?? value });
    if (read !== undefined) onChange(read);
  };
  return <>
    <TextInput label={label} value={text} onChange={edit} isCode />
    {readNumber(text) === undefined && <p className="small becomes bad">{t("notNumber")}</p>}
  </>;
};

const DynamicInput = ({ field, label, value, onChange }: InputProps) => {
  const editing = useContext(EditingContext);
  const [choices, setChoices] = useState<{ value: Json; label: string }[]>();
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState("");
  const load = async (page?: string) => {
    try {
      setError("");
      const request = { action: editing.action, field: field.name, settings: editing.settings, mapping: editing.mapping, ...(page && { page }) };
      const found = await api.choices(editing.slug, request);
      setChoices([...(page ? (choices ?? []) : []), ...found.choices]);
      setNext(found.next_page);
    } catch (caught) {
      setError(caught instanceof Error ? caught.message : String(caught));
    }
  };
  const options = (choices ?? []).map((choice) => ({ id: String(choice.value), label: choice.label, description: String(choice.value) }));
  return <>
    <div className="chips">
      <TextInput label={label} value={String(value)} onChange={onChange} isCode placeholder={field.placeholder} />
      {choices === undefined && <Button kind="small" onPress={() => void load()}>{t("choose")}</Button>}
      {options.length > 0 && <Select label={t("searchChoices")} value={String(value)} options={options} onChange={onChange} />}
      {next !== null && <Button kind="small" onPress={() => void load(next)}>{t("loadMore")}</Button>}
    </div>
    {choices?.length === 0 && <p className="small faint">{t("noChoices")}</p>}
    {error && <p className="small becomes bad" role="alert">{error}</p>}
  </>;
};

const LiteralInput = (props: InputProps) => {
  const { field, label, value, onChange } = props;
  const choice = ways.literalChoice(field, value);
  const options = choice ? ways.readOptions(choice) : [];
  if (typeof value === "boolean") {
    const both = [{ id: "true", label: t("yes") }, { id: "false", label: t("no") }];
    return <Select label={label} value={String(value)} options={both} onChange={(id) => onChange(id === "true")} />;
  }
  if (options.some((option) => same(option.value, value))) {
    const listed = options.map((option) => ({ id: JSON.stringify(option.value), label: option.label }));
    return <Select label={label} value={JSON.stringify(value)} options={listed} onChange={(id) => onChange(JSON.parse(id) as Json)} />;
  }
  if (typeof value === "number") return <NumberInput label={label} value={value} onChange={onChange} />;
  if (field.isDynamic && typeof value === "string") return <DynamicInput {...props} />;
  const isLong = typeof value === "string" && (value.length > 80 || value.includes("\n"));
  return <TextInput label={label} value={String(value ?? "")} onChange={onChange} isMultiline={isLong} placeholder={field.placeholder} />;
};

const FirstOfInput = ({ label, value, onChange }: InputProps) => {
  const sources = ways.readFirstOf(value) ?? [];
  const change = (index: number, source: (typeof sources)[number] | undefined) => {
    const left = putAt(sources, index, source);
    onChange(left.length ? ways.writeFirstOf(left) : undefined);
  };
  const last = sources.at(-1);
  return (
    <div className="chips">
      {sources.map((source, index) => (
        "path" in source
          ? <PathInput key={index} label={`${label} ${index + 1}`} path={source.path} onChange={(path) => change(index, path ? { path } : sources.length > 1 ? undefined : { path })} />
          : <TextInput key={index} label={`${label} ${index + 1}`} value={String(source.literal)} onChange={(text) => change(index, text ? { literal: typeof source.literal === "number" ? (readNumber(text) ?? text) : text } : undefined)} />
      ))}
      {last && "path" in last && <>
        <Button kind="small" onPress={() => onChange(ways.writeFirstOf([...sources, { path: "$." }]))}>{t("addSource")}</Button>
        <Button kind="small" onPress={() => onChange(ways.writeFirstOf([...sources, { literal: "…" }]))}>{t("addText")}</Button>
      </>}
    </div>
  );
};

const NamesInput = ({ label, value, onChange }: InputProps) => {
  const { directives } = useContext(EditingContext);
  const names = isObject(value) ? Object.entries(value) : [];
  const [added, setAdded] = useState<string>();
  const rename = (old: string, name: string) => {
    const isTaken = name !== old && isObject(value) && name in value;
    if (name && !name.startsWith("@") && !isTaken) onChange(Object.fromEntries(names.map(([key, inner]) => [key === old ? name : key, inner])));
  };
  const add = () => {
    const name = (added ?? "").trim();
    if (name && !name.startsWith("@") && !(isObject(value) && name in value)) onChange({ ...(value as JsonObject), [name]: ways.writePath(`$.traits.${name}`) });
    setAdded(undefined);
  };
  return <>
    {names.map(([name, inner], index) => (
      <div className="pair" key={index}>
        <TextInput label={`${label}: ${t("name")} ${index + 1}`} value={name} onChange={(typed) => rename(name, typed)} isCode />
        <ValueEditor field={ANY} label={t("valueOf", { name })} value={inner} directives={directives} onChange={(changed) => onChange(put(value as JsonObject, name, changed ?? null))} />
        <Button kind="icon" label={t("removeNamed", { name })} onPress={() => onChange(put(value as JsonObject, name, undefined))}>×</Button>
      </div>
    ))}
    {added === undefined
      ? <div><Button kind="small" onPress={() => setAdded("")}>{t("addName")}</Button></div>
      : <form className="chips" onSubmit={(event) => { event.preventDefault(); add(); }}>
          <input className="input mono" aria-label={`${label}: ${t("name")}`} autoFocus value={added} onChange={(event) => setAdded(event.target.value)} onBlur={add} />
        </form>}
  </>;
};

const choice = (key: string, type: string) => ({ key: `choice.${key}`, title: key, schema: { type } });
/** A value inside an object with any names: every literal and every directive. */
const ANY: Field = {
  name: "", title: "", description: "", placeholder: "", category: "", schema: {}, isRequired: true, isReadOnly: false, isSecret: false, isDynamic: false, isKeyValue: false,
  choices: [choice("text", "string"), choice("number", "number"), choice("yes-or-no", "boolean"), choice("variable", "object"), choice("template", "object"), choice("if-exists", "object"), choice("json", "")],
};

const Input = (props: InputProps & { way: Way }) => {
  const { way, label, value, onChange } = props;
  switch (way) {
    case "value": return <LiteralInput {...props} />;
    case "event": return <PathInput label={label} path={ways.readPath(value) ?? ""} onChange={(path) => onChange(ways.writePath(path))} />;
    case "template": return <TextInput label={label} value={ways.readTemplate(value) ?? ""} onChange={(text) => onChange(ways.writeTemplate(text))} isCode placeholder="{{traits.firstName}}" />;
    case "firstOf": return <FirstOfInput {...props} />;
    case "names": return <NamesInput {...props} />;
    case "list":
    case "json": return <JsonInput label={label} value={value} onChange={onChange} />;
    default: return <JsonInput label={label} value={(value as JsonObject)[way] ?? null} onChange={(argument) => onChange({ [way]: argument ?? null })} />;
  }
};

const WaySelect = ({ field, name, value, directives, onChange, isJson = false, onJson }: { isJson?: boolean; onJson?: () => void; field: Field; name: string; value: Json | undefined; directives: readonly Directive[]; onChange: (value: Json | undefined) => void }) => {
  const { isReadOnly } = useContext(EditingContext);
  const known = directives.map((directive) => directive.name);
  const way = isJson && value !== undefined ? "json" : ways.wayOf(field, value, known);
  const offered = ways.waysOf(field, known);
  const shown = offered.includes(way) ? offered : [way, ...offered];
  const options = shown.map((one) => ({ id: one, label: wayLabel(one, directives), ...(one.startsWith("@") && { description: directives.find((directive) => directive.name === one)?.description ?? "" }) }));
  return <Select className="way" label={t("way", { name })} value={way} options={options} isDisabled={isReadOnly || field.isReadOnly} onChange={(id) => (id === "json" && onJson && value !== undefined ? onJson() : onChange(ways.startWay(field, id as Way, value, known)))} />;
};

/** The way and the input of a value, without a label: inside rows of names. */
export const ValueEditor = ({ field, label, value, directives, onChange }: { field: Field; label: string; value: Json; directives: readonly Directive[]; onChange: (value: Json | undefined) => void }) => {
  const way = ways.wayOf(field, value, directives.map(({ name }) => name));
  return <>
    <WaySelect field={field} name={label} value={value} directives={directives} onChange={onChange} />
    <div className="fill"><Input way={way} field={field} label={label} value={value} onChange={onChange} /></div>
  </>;
};

const countNames = (n: number): string => (n === 1 ? t("oneName") : t("names", { n }));

const Becomes = ({ value, preview, fallback }: { value: Json | undefined; preview: FieldPreview | undefined; fallback: Json | undefined }) => {
  if (value === undefined && fallback === undefined) return <p className="becomes none">{t("notSent")}</p>;
  if (preview?.error) return <p className="becomes bad">{preview.error}</p>;
  if (!preview) return <p className="becomes none">…</p>;
  if (preview.value === undefined) return <p className="becomes none">{preview.absent.length ? t("absent") : t("nothing")}</p>;
  const text = isObject(preview.value) ? countNames(Object.keys(preview.value).length) : typeof preview.value === "string" ? preview.value : JSON.stringify(preview.value);
  return <p className="becomes" title={text.slice(0, 500)}>{text.slice(0, 300)}</p>;
};

const isWide = (way: Way): boolean => way === "names" || way === "list" || way === "json" || way.startsWith("@");

export const FieldRow = ({ field, value, fallback, preview, problems, onChange, onFocus }: {
  field: Field; value: Json | undefined; fallback: Json | undefined; preview: FieldPreview | undefined; problems: readonly Problem[];
  onChange: (value: Json | undefined) => void; onFocus: () => void;
}) => {
  const { directives, isReadOnly } = useContext(EditingContext);
  const [isJson, setIsJson] = useState(false);
  const natural = ways.wayOf(field, value, directives.map(({ name }) => name));
  const way = isJson && value !== undefined ? "json" : natural;
  useEffect(() => setIsJson(false), [field.name]);
  return (
    <div className={`field ${value !== undefined && isWide(way) ? "is-wide" : ""}`} role="group" aria-label={field.title} onFocus={onFocus} data-field={field.name}>
      <div className="label" title={field.description}>{field.title}{field.isRequired && <span className="star" title={t("required")}> *</span>}<code>{field.name}</code></div>
      <WaySelect field={field} name={field.title} value={value} directives={directives} isJson={isJson} onJson={() => setIsJson(true)} onChange={(changed) => { setIsJson(false); onChange(changed); }} />
      <fieldset className="fill" disabled={isReadOnly || field.isReadOnly}>
        {value === undefined
          ? <div className="literal">{fallback === undefined ? "" : t("byDefault", { value: JSON.stringify(fallback) })}</div>
          : <Input way={way} field={field} label={field.title} value={value} onChange={onChange} />}
        <Becomes value={value} preview={preview} fallback={fallback} />
      </fieldset>
      <MenuTrigger>
        <AriaButton className="button icon" aria-label={t("more", { name: field.title })}>⋯</AriaButton>
        <Popover className="popover">
          <p className="option soft small"><Description text={field.description || field.title} /></p>
          <Menu aria-label={field.title} onAction={(key) => (key === "json" ? setIsJson(!isJson) : onChange(undefined))}>
            <MenuItem id="json" className="option" isDisabled={value === undefined}>{isJson ? wayLabel(natural, directives) : t("way.json")}</MenuItem>
            <MenuItem id="leaveOut" className="option" isDisabled={value === undefined}>{t("way.leaveOut")}</MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      {problems.map((problem) => <p key={problem.code + problem.path} className={`note small ${problem.severity === "warning" ? "warning" : "bad"}`}>{problem.message}</p>)}
    </div>
  );
};
