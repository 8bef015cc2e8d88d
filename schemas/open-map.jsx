// Names and values of an open object, for JSON Forms and its Material renderers:
//
//     import { openMap } from "./open-map.jsx";
//     <JsonForms renderers={[...materialRenderers, openMap]} … />
import { isControl, rankWith, Resolve } from "@jsonforms/core";
import { withJsonFormsControlProps } from "@jsonforms/react";
import { Button, MenuItem, Stack, TextField } from "@mui/material";
import { useState } from "react";

const directive = (name) => ({
  is: (value) => typeof value?.[name] === "string" && Object.keys(value).length === 1,
  read: (text) => ({ [name]: text }),
  show: (value) => value[name],
});

// The kinds of a value: how each is recognized, read from a text and shown as one. The first match counts.
const KINDS = {
  Text: { is: (value) => typeof value === "string", read: String, show: String },
  Number: { is: (value) => typeof value === "number", read: Number, show: String, type: "number" },
  Variable: directive("@path"),
  Template: directive("@template"),
  JSON: { is: () => true, read: JSON.parse, show: (value) => JSON.stringify(value, null, 2), multiline: true },
};
const row = ([name, value], id) => {
  const kind = Object.keys(KINDS).find((kind) => KINDS[kind].is(value));
  return { id, name, kind, text: KINDS[kind].show(value) };
};
const readable = ({ kind, text }) => {
  try {
    return KINDS[kind].read(text) !== undefined;
  } catch {
    return false;
  }
};

function OpenMap({ data, path, schema, enabled, visible, handleChange }) {
  const fixed = Object.entries(data ?? {}).filter(([name]) => name in (schema.properties ?? {}));
  const open = Object.entries(data ?? {}).filter(([name]) => !(name in (schema.properties ?? {})));
  const [rows, setRows] = useState(open.map(row));
  if (!visible) return null;

  const put = (changed) => {
    setRows(changed);
    const made = changed.filter((row) => row.name && readable(row)).map(({ name, kind, text }) => [name, KINDS[kind].read(text)]);
    handleChange(path, Object.fromEntries([...made, ...fixed]));
  };
  const set = (id, part) => put(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const add = () => setRows([...rows, { id: Math.max(-1, ...rows.map(({ id }) => id)) + 1, name: "", kind: "Text", text: "" }]);
  const isTaken = ({ id, name }) => name in (schema.properties ?? {}) || rows.some((row) => row.name === name && row.id < id);

  return (
    <Stack spacing={2} className="open-map">
      {rows.map(({ id, name, kind, text }) => (
        <Stack key={id} direction="row" spacing={1}>
          <TextField label="Name" value={name} disabled={!enabled} error={isTaken({ id, name })}
            helperText={isTaken({ id, name }) && "is there already"} onChange={({ target }) => set(id, { name: target.value })} />
          <TextField label="Kind" value={kind} disabled={!enabled} select sx={{ minWidth: 120 }}
            onChange={({ target }) => set(id, { kind: target.value })}>
            {Object.keys(KINDS).map((kind) => <MenuItem key={kind} value={kind}>{kind}</MenuItem>)}
          </TextField>
          <TextField label="Value" value={text} disabled={!enabled} fullWidth type={KINDS[kind].type} multiline={KINDS[kind].multiline ?? false}
            error={!readable({ kind, text })} helperText={!readable({ kind, text }) && "is no JSON"}
            onChange={({ target }) => set(id, { text: target.value })} />
          <Button disabled={!enabled} aria-label={`Remove ${name}`} onClick={() => put(rows.filter((row) => row.id !== id))}>Remove</Button>
        </Stack>
      ))}
      <Button disabled={!enabled} onClick={add} sx={{ alignSelf: "start" }}>Add</Button>
    </Stack>
  );
}

const isOpen = (control, root) => {
  const schema = isControl(control) && Resolve.schema(root, control.scope, root);
  return Boolean(schema?.type === "object" && schema.additionalProperties && (!schema.properties || control.scope === "#"));
};

export const openMap = { tester: rankWith(10, isOpen), renderer: withJsonFormsControlProps(OpenMap) };
