// Drives the console in Chromium: simulator, host and page, from a saved instance to a delivered test event.
// node console.mjs DKIT SHOTS: each step is printed; axe looks at every screen, dialog and error that it meets.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const require = createRequire(resolve(import.meta.dirname, "../../host/ui/package.json"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [dkit, shots] = process.argv.slice(2).map((argument) => resolve(argument));
const TOKEN = "token-of-the-test";
const path = (text) => ({ "@path": text });
const INSTANCE = {
  destination: "actions-qualtrics",
  settings: { apiToken: { $secret: "QUALTRICS_API_TOKEN" }, datacenter: "iad1" },
  subscriptions: [
    {
      name: "Keep contacts in sync",
      action: "addContactToXmd",
      trigger: 'type = "identify" and traits.email != null',
      mapping: {
        directoryId: "POOL_1",
        extRef: path("$.userId"),
        email: { "@if": { exists: path("$.traits.workEmail"), then: path("$.traits.workEmail"), else: path("$.traits.email") } },
        phone: path("$.traits.phone"),
        firstName: { "@template": "{{traits.firstName}}" },
        lastName: { "@case": { operator: "upper", value: path("$.traits.lastName") } },
        unsubscribed: false,
        embeddedData: { plan: path("$.traits.plan"), city: path("$.traits.address.city") },
      },
    },
    { name: "Record transactions", action: "upsertContactTransaction", enabled: false, mapping: { directoryId: "POOL_1", mailingListId: "CG_1" }, useDefaultMapping: true },
  ],
};

const folder = mkdtempSync(join(tmpdir(), "console-"));
const started = [];
const start = (pattern, ...args) => new Promise((done, fail) => {
  const child = spawn(dkit, args, { cwd: folder, env: { ...process.env, WEB_KEY: "k", PYTHONUNBUFFERED: "1" } });
  started.push(child);
  let text = "";
  const read = (piece) => { text += piece; const found = pattern.exec(text); if (found) done(found[1]); };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  child.on("error", fail);
  child.on("exit", (code) => fail(new Error(`dkit ${args[0]} ended with ${code}: ${text}`)));
});
const write = (name, document) => writeFileSync(join(folder, name), `${JSON.stringify(document, null, 2)}\n`);

let failed = 0;
let passed = 0;
const report = (name, error) => {
  if (error) failed += 1;
  else passed += 1;
  console.log(`${error ? "not ok" : "ok"} - ${name}${error ? `: ${String(error).split("\n").slice(0, 3).join(" ")}` : ""}`);
};
const step = async (name, run) => { try { await run(); report(name); } catch (error) { report(name, error); } };

const inspect = async (page, name) => {
  await page.screenshot({ path: join(shots, `${name}.png`) });
  await step(`axe: ${name}`, async () => {
    await page.evaluate((source) => void new Function(source)(), AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    if (violations.length) throw new Error(violations.map(({ id, nodes }) => `${id} ${nodes[0].html.slice(0, 160)}`).join("; "));
  });
};

const watch = (page) => {
  // Chromium itself notes each response of 4xx; the page's own words are what is watched here.
  const isOurs = (message) => ["error", "warning"].includes(message.type()) && !message.text().startsWith("Failed to load resource");
  page.on("console", (message) => isOurs(message) && report("nothing on the browser's console", message.text()));
  page.on("pageerror", (error) => report("no error of a script", error));
};

const wholeWay = async (page, url) => {
  const button = (name, options) => page.getByRole("button", { name, ...options });
  await page.goto(`${url}/#/instances/feedback`);
  await step("a secret is set, and not shown again", async () => {
    await button("Set: API Token").click();
    await page.locator('input[type=password]').fill(TOKEN);
    await inspect(page, "secret");
    await button("Save").click();
    await page.getByText("Set, under QUALTRICS_API_TOKEN").waitFor();
    if ((await page.content()).includes(TOKEN)) throw new Error("the token is in the page");
  });
  await step("the connection is tested", async () => { await button("Test connection").click(); await page.getByText("The partner accepts").waitFor(); });
  await inspect(page, "connected");
  await step("a mapping is opened", async () => { await page.getByRole("link", { name: "Keep contacts in sync" }).click(); await page.getByText("this event matches").waitFor(); });
  await step("a field is left out, and the change undone by its key", async () => {
    await button(/How Phone number is filled/).click();
    await inspect(page, "ways");
    await page.getByRole("option", { name: "Leave out" }).click();
    await page.getByText("1 unsaved change").waitFor();
    await page.getByRole("heading", { name: "When" }).click();
    await page.keyboard.press("Control+z");
    await page.getByText("1 unsaved change").waitFor({ state: "detached" });
  });
  await step("a leaf of the event fills the focused field", async () => {
    const phone = page.getByRole("combobox", { name: "Phone number" });
    await phone.focus();
    await button(/^language/).click();
    if ((await phone.inputValue()) !== "$.traits.language") throw new Error(await phone.inputValue());
    await button("Undo").click();
  });
  await step("the partner lists its choices", async () => {
    await page.getByRole("group", { name: "Directory ID" }).getByRole("button", { name: "Choose…" }).click();
    await button(/Search the partner/).click();
    await page.getByRole("option", { name: /Customers/ }).waitFor();
    await page.keyboard.press("Escape");
  });
  await step("a field shows what it becomes", async () => {
    await page.getByRole("textbox", { name: "First Name" }).fill("{{traits.firstName}} X");
    await page.getByText("Ada X", { exact: true }).waitFor();
  });
  await step("a clause is written as text", async () => {
    await button("+ condition").click();
    await page.getByRole("textbox", { name: "When 3: path" }).fill("plan");
    await page.getByText(/and traits.plan != null/).waitFor();
  });
  await inspect(page, "changed");
  await step("the diff is reviewed and saved, by key", async () => {
    await page.keyboard.press("Control+s");
    await page.getByRole("heading", { name: "What the file will say" }).waitFor();
    await inspect(page, "review");
    await button("Save").click();
    await page.getByText("Saved, and in effect.").waitFor();
    const [old, now] = [INSTANCE, JSON.parse(readFileSync(join(folder, "instance.json"), "utf8"))].map(({ subscriptions }) => subscriptions[0]);
    const expected = { ...old, trigger: `${old.trigger} and traits.plan != null`, mapping: { ...old.mapping, firstName: { "@template": "{{traits.firstName}} X" } } };
    if (JSON.stringify(now) !== JSON.stringify(expected)) throw new Error(`the file has ${JSON.stringify(now)}`);
  });
  await step("somebody else's change is not overwritten", async () => {
    const file = join(folder, "instance.json");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.replace("Record transactions", "Record purchases"));
    await page.getByRole("textbox", { name: "First Name" }).fill("{{traits.firstName}}");
    await page.keyboard.press("Control+s");
    await button("Save").click();
    await page.getByRole("heading", { name: "Somebody else has saved meanwhile" }).waitFor();
    await inspect(page, "stale");
    await button("Load theirs").click();
    if (!readFileSync(file, "utf8").includes("Record purchases")) throw new Error("it was overwritten");
  });
  await step("a test event is sent on purpose, and delivered", async () => {
    await button("Send test event").click();
    await inspect(page, "send");
    await button("Send", { exact: true }).click();
    await page.getByText("delivered", { exact: true }).waitFor();
    await inspect(page, "sent");
  });
  await step("a trigger that is wrong shows where", async () => {
    await button("edit as text").click();
    await page.getByRole("textbox", { name: "Trigger as text" }).fill('type = identify"');
    await page.getByRole("alert").first().waitFor();
    await inspect(page, "caret");
  });
  await step("the keys are listed", async () => {
    await page.getByRole("heading", { name: "When" }).click();
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "Keys" }).waitFor();
    await inspect(page, "keys");
  });
};

const drawAll = async (browser, url) => {
  const screens = { catalog: "#/catalog", instances: "#/instances", instance: "#/instances/feedback", mapping: "#/instances/feedback/0", defaults: "#/instances/feedback/1", missing: "#/instances/none" };
  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of [[1440, 900], [1000, 800], [360, 740]]) {
      const page = await browser.newPage({ colorScheme, viewport: { width, height } });
      for (const [name, hash] of Object.entries(screens)) {
        await page.goto("about:blank");
        await page.goto(`${url}/${hash}`, { waitUntil: "networkidle" });
        await page.waitForTimeout(200);
        await inspect(page, `${name}-${colorScheme}-${width}`);
        await step(`${name} is as wide as the window of ${width}`, async () => {
          if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) throw new Error("it scrolls sideways");
        });
      }
      await page.close();
    }
  }
};

mkdirSync(shots, { recursive: true });
write("instance.json", INSTANCE);
write("simulator.json", { tokens: { [TOKEN]: "UR_000000000000001" }, directories: { POOL_1: { name: "Customers", isDefault: true, mergeRules: [["extRef"]], mailingLists: { CG_1: { name: "Customers" } } } } });
write("secrets.json", { QUALTRICS_API_TOKEN: "an-old-token" });
write("host.json", {
  sources: { website: { writeKeys: [{ $secret: "WEB_KEY" }], destinations: ["feedback"] } },
  destinations: { feedback: { file: "instance.json" } },
  limits: { freeBytes: 0 },
  listen: { ingress: { port: 0 }, administration: { port: 0 } },
});
try {
  const partner = await start(/listens at (http:\S+);/, "simulate", "qualtrics", "--config", "simulator.json");
  const url = await start(/administration: (http:\S+)/, "serve", "host.json", "--connect-to", `*.qualtrics.com=${partner}`);
  rmSync(join(folder, "secrets.json"));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(5_000);
    watch(page);
    await wholeWay(page, url);
    await drawAll(browser, url);
  } finally {
    await browser.close();
  }
} catch (error) {
  report("the console is driven", error);
} finally {
  for (const child of started) { child.removeAllListeners("exit"); child.kill(); }
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
