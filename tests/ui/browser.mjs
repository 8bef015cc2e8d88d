// Draws every form of a folder in headless Chromium, compares, types, and writes what it found.
//     node browser.mjs FOLDER      reads FOLDER/forms.json and FOLDER/dist, writes FOLDER/results.json
import { readFile, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import puppeteer from "puppeteer-core";
import { differences, inError } from "./checks.mjs";
import { fillIn, Hand } from "./hand.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const BROWSERS = 3; // most of the time goes into waiting for a page to stand still
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

const folder = process.argv[2];
const read = async (name) => JSON.parse(await readFile(path.join(folder, name), "utf8"));

async function served(place) {
  const server = createServer(async (request, response) => {
    const name = request.url === "/" ? "/index.html" : request.url;
    try {
      const body = await readFile(path.join(place, path.normalize(name)));
      response.setHeader("content-type", TYPES[path.extname(name)] ?? "application/octet-stream").end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

/** Return everything that is wrong with one form in one generator, and what it yields. */
async function examined(page, form, noise) {
  const hand = new Hand(page);
  noise.length = 0;
  const findings = [];
  if (form.expected) findings.push(...(await looked(hand, form)));
  const trips = await travelled(hand, form, findings);
  const yields = form.fill && !findings.length ? await filled(hand, form, findings) : undefined;
  findings.push(...noise.map((message) => ({ kind: "console", message })));
  return { id: form.id, findings, yields, trips };
}

async function fresh(hand, form, { start = form.start, schema = form.schema, mode } = {}) {
  const { generator, heading, layout, texts } = form;
  await hand.show({ generator, heading, schema: await read(schema), layout: await read(layout), start, mode, texts });
}

/** What a new form shows, that a person with any aid can use it, and what it says of mistakes. */
async function looked(hand, form) {
  await fresh(hand, form);
  const findings = differences(form.expected, await hand.read());
  findings.push(...(await barriers(hand, "at first")));
  if (form.screenshot) {
    await hand.picture(path.join(folder, "screenshots", `${form.screenshot}.png`));
    await fresh(hand, form, { mode: "dark" });
    findings.push(...(await barriers(hand, "in the dark")));
    await hand.picture(path.join(folder, "screenshots", `${form.screenshot}-dark.png`));
  }
  if (findings.length) return findings;
  return [...(await errorsOf(hand, form)), ...(await choicesOf(hand, form))];
}

async function barriers(hand, when) {
  const violations = await hand.page.evaluate(() => window.forms.axe());
  return violations.map(({ id, nodes }) => ({ kind: "axe", message: `${when}: ${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}` }));
}

/** What is missing is told where it is missing; so is a wrong value, when somebody types it. */
async function errorsOf(hand, form) {
  const { expected } = form;
  await fresh(hand, form, { start: {} });
  await hand.submit();
  const missing = expected.filter(({ required }) => required).map(({ name }) => name);
  const findings = misplaced("what is missing", missing, inError(await hand.read()).filter((name) => missing.includes(name) || !form.conditional.includes(name)));
  findings.push(...(await barriers(hand, "with errors")));
  for (const field of expected.filter(({ wrong }) => wrong)) {
    await fresh(hand, form);
    await hand.choose([field.label], field.choices[0]);
    await hand.type([field.label], "", field.wrong);
    await hand.submit();
    const found = inError(await hand.read()).filter((name) => name === field.name);
    findings.push(...misplaced(JSON.stringify(field.wrong), [field.name], found));
  }
  return findings;
}

function misplaced(what, expected, found) {
  const [wanted, told] = [expected, found].map((names) => [...new Set(names)].sort().join(", "));
  return wanted === told ? [] : [{ kind: "error", message: `${what} is reported at [${told}], not at [${wanted}]` }];
}

/** Every choice can be taken, by the keyboard too, and none of them leaves an empty value behind. */
async function choicesOf(hand, form) {
  const findings = [];
  for (const { label, name, choice, choices } of form.thorough ? form.expected.filter(({ readOnly }) => !readOnly) : []) {
    await fresh(hand, form);
    for (const title of choices.filter((offered) => offered !== choice)) {
      await hand.choose([label], title);
      const now = (await hand.field([label])).choice;
      if (now !== title) findings.push({ kind: "choices", message: `${label}: ${title} cannot be chosen, it stays ${now}` });
      const { value } = await hand.state();
      if (title !== "JSON" && value?.[name] !== undefined) findings.push({ kind: "choices", message: `${label}: ${title} starts with ${JSON.stringify(value[name])}` });
    }
  }
  return findings;
}

/** Load, pass through every input, submit: the bytes must be those that were loaded. */
async function travelled(hand, form, findings) {
  for (const { name, schema, text, was } of form.starts ?? []) {
    const start = JSON.parse(text);
    await fresh(hand, form, { start, schema });
    await hand.blur();
    await hand.submit();
    const { submitted, errors } = await hand.state();
    const wanted = was ?? JSON.stringify(start);
    if (submitted === undefined) findings.push({ kind: "trip", message: `${name}: is refused: ${JSON.stringify(errors)?.slice(0, 400)}` });
    else if (submitted !== wanted) findings.push({ kind: "trip", message: `${name}: ${wanted} became ${submitted}`.slice(0, 600) });
  }
  return form.starts?.length ?? 0;
}

async function filled(hand, form, findings) {
  await fresh(hand, form);
  await fillIn(hand, form.fill);
  await hand.picture(path.join(folder, "screenshots", `${form.screenshot}-filled.png`));
  findings.push(...(await barriers(hand, "filled in")));
  await hand.submit();
  const { submitted, errors } = await hand.state();
  if (submitted === undefined) findings.push({ kind: "error", message: `what was filled in is refused: ${JSON.stringify(errors)?.slice(0, 400)}` });
  return submitted && JSON.parse(submitted);
}

/** Examine forms in a browser of its own until none is left. */
async function work(address, forms, results) {
  const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
  try {
    const page = await browser.newPage();
    const noise = [];
    page.on("console", (line) => ["error", "warn"].includes(line.type()) && noise.push(line.text().slice(0, 300)));
    page.on("pageerror", (error) => noise.push(error.message.slice(0, 300)));
    await page.setViewport({ width: 860, height: 900 });
    await page.goto(address);
    const stuck = (form) => (error) => ({ id: form.id, findings: [{ kind: "stuck", message: error.message }], trips: 0 });
    for (let form = forms.shift(); form; form = forms.shift())
      results.push(await examined(page, form, noise).catch(stuck(form)));
  } finally {
    await browser.close();
  }
}

await mkdir(path.join(folder, "screenshots"), { recursive: true });
const server = await served(path.join(folder, "dist"));
try {
  const [forms, results] = [await read("forms.json"), []];
  const address = `http://127.0.0.1:${server.address().port}/`;
  await Promise.all(Array.from({ length: BROWSERS }, () => work(address, forms, results)));
  await writeFile(path.join(folder, "results.json"), JSON.stringify(results, null, 2));
} finally {
  server.close();
}
