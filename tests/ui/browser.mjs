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
  const { generator, expected } = form;
  const hand = new Hand(page, generator);
  noise.length = 0;
  await fresh(hand, form);
  const findings = differences(generator, expected, await hand.read());
  if (form.screenshot) await hand.picture(path.join(folder, "screenshots", `${form.screenshot}.png`));
  if (!findings.length) {
    findings.push(...(await errorsOf(hand, form)));
    findings.push(...(await choicesOf(hand, form)));
  }
  const yields = form.fill && !findings.length ? await filled(hand, form, findings) : undefined;
  findings.push(...noise.map((message) => ({ kind: "console", message })));
  return { id: form.id, findings, yields };
}

async function fresh(hand, { generator, heading, schema, layout }) {
  await hand.show({ generator, heading, schema: await read(schema), layout: await read(layout), start: {} });
}

/** What is missing is told where it is missing; so is a wrong value, when somebody types it. */
async function errorsOf(hand, form) {
  const { expected } = form;
  await hand.submit();
  const missing = expected.filter(({ missing }) => missing).map(({ label }) => label);
  const findings = misplaced("what is missing", missing, inError(await hand.read()));
  for (const each of expected.filter(({ wrong }) => wrong)) {
    await fresh(hand, form);
    if (each.choice) await hand.choose([each.label], "Text");
    await hand.type([each.label], "", each.wrong);
    await hand.submit();
    const now = [...new Set([...missing, each.label])];
    findings.push(...misplaced(JSON.stringify(each.wrong), now, inError(await hand.read())));
  }
  return findings;
}

function misplaced(what, expected, found) {
  const [wanted, told] = [expected, found].map((each) => [...new Set(each)].sort().join(", "));
  return wanted === told ? [] : [{ kind: "error", message: `${what} is reported at [${told}], not at [${wanted}]` }];
}

/** Every choice is offered, and can be taken; so can the options of a list of values. */
async function choicesOf(hand, { expected, thorough }) {
  const findings = [];
  const lists = new Set();
  for (const each of expected.filter(({ readOnly }) => !readOnly)) {
    const known = lists.has(each.choices.join()) && !thorough;
    lists.add(each.choices.join());
    if (each.choice && !known) {
      const offered = await hand.offered([each.label]);
      if (offered.join() !== each.choices.join()) findings.push({ kind: "choices", message: `${each.label}: offers ${offered}` });
      for (const title of thorough ? each.choices : []) {
        await hand.choose([each.label], title);
        const now = (await hand.field([each.label])).choice;
        if (now !== title) findings.push({ kind: "choices", message: `${each.label}: ${title} cannot be chosen, it stays ${now}` });
      }
    }
    if (each.options.length) {
      if (each.choice) await hand.choose([each.label], each.choices[0]);
      const options = await hand.options([each.label]);
      if (options.filter(Boolean).join() !== each.options.join()) findings.push({ kind: "options", message: `${each.label}: offers ${options}` });
      else {
        const wanted = each.options.at(-1);
        await hand.pick([each.label], "", wanted);
        const { values } = await hand.field([each.label]);
        if (!values.includes(wanted)) findings.push({ kind: "options", message: `${each.label}: ${wanted} cannot be chosen, it stays ${values}` });
      }
    }
  }
  return findings;
}

async function filled(hand, form, findings) {
  await fresh(hand, form);
  await fillIn(hand, form.fill);
  await hand.picture(path.join(folder, "screenshots", `${form.screenshot}-filled.png`));
  const wrong = inError(await hand.read());
  if (wrong.length) findings.push({ kind: "error", message: `what was filled in is refused at ${wrong}` });
  return hand.value();
}

/** Examine forms in a browser of its own until none is left. */
async function work(address, forms, results) {
  const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
  try {
    const page = await browser.newPage();
    const noise = [];
    page.on("console", (line) => line.type() === "error" && noise.push(line.text().slice(0, 300)));
    page.on("pageerror", (error) => noise.push(error.message.slice(0, 300)));
    await page.setViewport({ width: 860, height: 900 });
    await page.goto(address);
    const stuck = (form) => (error) => ({ id: form.id, findings: [{ kind: "stuck", message: error.message }] });
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
