// Draws any published form with the samples of docs/ui.md, and tells what stands in it.
import { CssBaseline, ThemeProvider } from "@mui/material";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { PublishedForm as Jsonforms } from "./jsonforms.jsx";
import { find, read, settled } from "./reading.js";
import { PublishedForm as Rjsf } from "./rjsf.jsx";
import { theme } from "./theme.js";
import "./style.css";

const GENERATORS = { rjsf: Rjsf, jsonforms: Jsonforms };
const root = createRoot(document.getElementById("form"));
let shown = 0;
let value;

// Descriptions have links in them, as Markdown writes them.
const linked = (text) =>
  text.split(/(\[[^\]]+\]\([^)]+\))/).map((part, index) => {
    const [, words, address] = /^\[(.+)\]\((.+)\)$/.exec(part) ?? [];
    return words ? <a key={index} href={address}>{words}</a> : part;
  });

function Page({ generator, schema, layout, heading, start }) {
  const [held, setHeld] = useState(start);
  const Form = GENERATORS[generator];
  const take = (changed) => {
    value = changed;
    setHeld(changed);
  };
  return (
    <ThemeProvider theme={theme}>
      <CssBaseline />
      <header>
        <h1>{heading.title}</h1>
        <p>{linked(heading.description)}</p>
      </header>
      <section className={generator}>
        <Form schema={schema} layout={layout} value={held} onChange={take} onError={() => undefined} />
      </section>
    </ThemeProvider>
  );
}

window.forms = {
  find,
  read,
  settled,
  value: () => value,
  show: (form) => {
    value = form.start;
    root.render(<Page key={(shown += 1)} {...form} />);
  },
};
