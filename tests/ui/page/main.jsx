// Draws any published form with the samples of docs/ui.md, and tells what it holds and submits.
import { CssBaseline, ThemeProvider } from "@mui/material";
import axe from "axe-core";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { PublishedForm as Jsonforms } from "./jsonforms.jsx";
import { MappingContext, Markdown } from "./mapping-field.jsx";
import { find, read, settled } from "./reading.js";
import { PublishedForm as Rjsf } from "./rjsf.jsx";
import { themeOf } from "./theme.js";
import "./style.css";

const GENERATORS = { rjsf: Rjsf, jsonforms: Jsonforms };
const root = createRoot(document.getElementById("form"));
let shown = 0;
let state = {};

// A partner with 45 choices, twenty to a page.
const partner = Array.from({ length: 45 }, (_, index) => ({ value: `ID_${index}`, label: `Choice ${index}` }));
const loadChoices = async (name, { query, page = "0" }) => {
  const found = partner.filter(({ label }) => label.toLowerCase().includes(query.toLowerCase()));
  const from = Number(page);
  return { choices: found.slice(from, from + 20), next_page: from + 20 < found.length ? String(from + 20) : null };
};
const context = { loadChoices, translate: (key, text) => state.texts?.[key] ?? text };

function Page({ generator, schema, layout, heading, start, mode }) {
  const [held, setHeld] = useState(start);
  const Form = GENERATORS[generator];
  const take = (changed) => {
    state.value = changed;
    setHeld(changed);
  };
  const outcome = { onSubmit: (value) => (state.submitted = JSON.stringify(value)), onErrors: (errors) => (state.errors = errors) };
  return (
    <ThemeProvider theme={themeOf(mode ?? "light")}>
      <CssBaseline />
      <MappingContext.Provider value={context}>
        <header>
          <h1>{heading.title}</h1>
          <p><Markdown text={heading.description ?? ""} /></p>
        </header>
        <section className={generator}>
          <Form schema={schema} layout={layout} value={held} onChange={take} {...outcome} />
        </section>
      </MappingContext.Provider>
    </ThemeProvider>
  );
}

window.forms = {
  axe: async () => (await axe.run(document, { resultTypes: ["violations"] })).violations,
  find,
  read,
  settled,
  state: () => ({ ...state, errors: JSON.parse(JSON.stringify(state.errors ?? null, (key, part) => (key === "parentSchema" || key === "schema" || key === "data" ? undefined : part))) }),
  show: (form) => {
    state = { value: form.start, texts: form.texts };
    root.render(<Page key={(shown += 1)} {...form} />);
  },
};
