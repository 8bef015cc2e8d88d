// The hand and the eye of a person in front of a form.
/** Does in a page what a person does, and reads what a person reads. */
export class Hand {
  constructor(page, generator) {
    Object.assign(this, { page, generator });
  }

  async show(form) {
    await this.page.evaluate((each) => window.forms.show(each), form);
    await this.settle();
  }

  /** Wait until nothing has changed for a moment. */
  async settle() {
    await this.page.evaluate(() => window.forms.settled());
  }

  read() {
    return this.page.evaluate((generator) => window.forms.read(generator), this.generator);
  }

  value() {
    return this.page.evaluate(() => window.forms.value());
  }

  async field(path) {
    let fields = await this.read();
    let found;
    for (const label of path) {
      found = fields.find((each) => each.label === label);
      fields = found.fields;
    }
    return found;
  }

  find(what, path, name = "") {
    return this.page.evaluateHandle((...words) => window.forms.find(...words), this.generator, what, path, name);
  }

  async click(handle) {
    await handle.asElement().click();
    await this.settle();
  }

  async offered(path) {
    if (this.generator === "jsonforms") return (await this.field(path)).tabs;
    await this.click(await this.find("choice", path));
    const offered = await this.page.$$eval("[role='option']", (options) => options.map((each) => each.innerText.trim()));
    await this.page.keyboard.press("Escape");
    await this.settle();
    return offered;
  }

  /** Take another way to fill a field in; JSON Forms asks whether what is there may go. */
  async choose(path, title) {
    if ((await this.field(path)).choice === title) return;
    if (this.generator === "rjsf") await this.click(await this.find("choice", path));
    await this.click(await this.find(this.generator === "rjsf" ? "option" : "tab", path, title));
    const dialog = await this.page.$("[id$='-confirm-yes']");
    if (dialog) await this.click(dialog);
  }

  async options(path) {
    const list = await this.find("list", path);
    if (!list.asElement()) return [];
    await this.click(list);
    const options = await this.page.$$eval("[role='option']", (found) => found.map((each) => each.innerText.trim()));
    await this.page.keyboard.press("Escape");
    await this.settle();
    return options;
  }

  /** Type into the input with this label, "" for the first one, in place of what is there. */
  async type(path, label, text) {
    const input = (await this.find("input", path, label)).asElement();
    if (!input) throw new Error(`${path.join(" > ")} has no input ${JSON.stringify(label)}`);
    await input.click({ count: 3 });
    await this.page.keyboard.press("Backspace");
    await input.type(text);
    await this.page.keyboard.press("Tab");
    await this.settle();
  }

  /** Choose from a list of options. */
  async pick(path, label, option) {
    await this.click(await this.find("list", path, label));
    await this.click(await this.find("option", path, option));
  }

  async submit() {
    await this.page.evaluate(() => document.querySelector("form button[type='submit']")?.click());
    await this.settle();
  }

  async picture(file) {
    await this.page.evaluate(() => document.activeElement?.blur());
    await this.page.screenshot({ path: file, fullPage: true });
  }
}

/** Fill fields in: each step names a field, a choice of it, and what is typed where. */
export async function fillIn(hand, steps) {
  for (const { field, choice, type = {}, add = [] } of steps) {
    if (choice) await hand.choose([field], choice);
    for (const [label, text] of Object.entries(type)) await hand.type([field], label, text);
    for (const entry of add) await ENTRY[hand.generator](hand, field, entry);
  }
}

// A name and a value of an open object: each generator has its own way to add one.
const ENTRY = {
  async rjsf(hand, field, { name, choice, text }) {
    await hand.click(await hand.find("add", [field]));
    await hand.type([field], "newKey Key", name);
    await hand.choose([field, name], choice);
    await hand.type([field, name], "", text);
  },
  async jsonforms(hand, field, { name, choice, text }) {
    await hand.click(await hand.find("add", [field]));
    for (const [label, typed] of Object.entries({ Name: name, Value: text })) {
      if (label === "Value") await hand.pick([field], "Kind", choice);
      await hand.type([field], label, typed);
    }
  },
};
