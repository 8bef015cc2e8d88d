// Rows that a person adds and removes: the items of a list, and the names of an open object.
import { Box, Button, Stack, TextField } from "@mui/material";
import { useState } from "react";
import { same } from "./values.js";

/** Hold rows while some of them stand for no value yet. */
function useRows(value, read, write, onChange) {
  const [held, hold] = useState(() => ({ value, rows: read(value) }));
  const rows = same(held.value, value) ? held.rows : read(value);
  const put = (changed) => {
    const written = write(changed);
    hold({ value: written, rows: changed });
    onChange(written);
  };
  const set = (id, part) => put(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const add = (row) => put([...rows, { id: Math.max(-1, ...rows.map(({ id }) => id)) + 1, ...row }]);
  const remove = (id) => put(rows.filter((row) => row.id !== id));
  return { rows, set, add, remove };
}

/** The items of a list; an item without a value is not in it. */
export function Rows({ value, onChange, drawRow, disabled, noun }) {
  const read = (items) => items.map((item, id) => ({ id, item }));
  const write = (rows) => rows.map(({ item }) => item).filter((item) => item !== undefined);
  const { rows, set, add, remove } = useRows(value, read, write, onChange);
  return (
    <Stack spacing={2} sx={{ pl: 2, borderLeft: 2, borderColor: "divider" }}>
      {rows.map(({ id, item }, index) => (
        <Stack key={id} direction="row" spacing={1} sx={{ alignItems: "flex-start" }}>
          <Box sx={{ flex: 1 }}>{drawRow(item, (changed) => set(id, { item: changed }), index)}</Box>
          <Button disabled={disabled} aria-label={`Remove ${noun} ${index + 1}`} onClick={() => remove(id)}>Remove</Button>
        </Stack>
      ))}
      <Button disabled={disabled} sx={{ alignSelf: "start" }} onClick={() => add({ item: undefined })}>Add {noun}</Button>
    </Stack>
  );
}

const problemOf = (name, id, rows, fixed) => {
  if (!name.trim()) return "needs a name";
  if (name.startsWith("@")) return "cannot start with @";
  return fixed.includes(name) || rows.some((row) => row.name === name && row.id < id) ? "is there already" : undefined;
};

/** The names that an open object has beyond its fields; a name with a problem is not in it. */
export function OpenMap({ id: prefix, value, fixed, onChange, drawValue, disabled }) {
  const isFixed = ([name]) => fixed.includes(name);
  const read = (object) => Object.entries(object ?? {}).filter((entry) => !isFixed(entry)).map(([name, item], id) => ({ id, name, item }));
  const write = (rows) => {
    const named = rows.filter(({ id, name, item }) => item !== undefined && !problemOf(name, id, rows, fixed));
    const kept = Object.entries(value ?? {}).filter(isFixed);
    const members = [...kept, ...named.map(({ name, item }) => [name, item])];
    return members.length ? Object.fromEntries(members) : undefined;
  };
  const { rows, set, add, remove } = useRows(value, read, write, onChange);
  return (
    <Stack spacing={2} className="open-map">
      {rows.map(({ id, name, item }) => {
        const problem = problemOf(name, id, rows, fixed);
        return (
          <Stack key={id} direction={{ xs: "column", sm: "row" }} spacing={1} sx={{ alignItems: "flex-start" }}>
            <TextField size="small" label="Name" value={name} disabled={disabled} error={Boolean(problem)} helperText={problem} onChange={({ target }) => set(id, { name: target.value })} />
            <Box sx={{ flex: 1, width: "100%" }}>{drawValue({ id: `${prefix}_${id}`, name: name || "New name", value: item, readOnly: disabled, required: true, onChange: (changed) => set(id, { item: changed }) })}</Box>
            <Button disabled={disabled} aria-label={`Remove ${name}`} onClick={() => remove(id)}>Remove</Button>
          </Stack>
        );
      })}
      <Button disabled={disabled} sx={{ alignSelf: "start" }} onClick={() => add({ name: "", item: undefined })}>Add a name</Button>
    </Stack>
  );
}
