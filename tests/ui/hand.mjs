// The hand and the eye of a person in front of a form.
/** Does in a page what a person does, and reads what a person reads. */
export class Hand {
  constructor(page) {
    this.page = page;
  }

  async show(form) {
    await this.page.evaluate((shown) => window.forms.show(shown), form);
    await this.settle();
  }

  /** Wait until nothing has changed for a moment. */
  async settle() {
    await this.page.evaluate(() => window.forms.settled());
  }

  read() {
    return this.page.evaluate(() => window.forms.read());
  }

  state() {
    return this.page.evaluate(() => window.forms.state());
  }

  async field(path) {
    let fields = await this.read();
    let found;
    for (const label of path) {
      found = fields.find((field) => field.label === label);
      fields = found.fields;
    }
    return found;
  }

  async find(what, path, name = "") {
    const handle = await this.page.evaluateHandle((...words) => window.forms.find(...words), what, path, name);
    if (!handle.asElement()) throw new Error(`${path.join(" > ")} has no ${what} ${JSON.stringify(name)}`);
    return handle.asElement();
  }

  async click(handle) {
    await handle.click();
    await this.settle();
  }

  /** Take another way to fill a field in. */
  async choose(path, title) {
    if ((await this.field(path)).choice === title) return;
    const select = await this.find("choice", path);
    await select.select(title);
    await this.settle();
  }

  /** Type into the input with this label, "" for the first one, in place of what is there. */
  async type(path, label, text) {
    const input = await this.find("input", path, label);
    await input.click({ count: 3 });
    await this.page.keyboard.press("Backspace");
    await input.type(text);
    await this.page.keyboard.press("Tab");
    await this.settle();
  }

  async submit() {
    await this.page.evaluate(() => document.querySelector("form button[type='submit']")?.click());
    await this.settle();
  }

  /** Put the focus on each input and take it away again. */
  async blur() {
    await this.page.evaluate(() => {
      for (const input of document.querySelectorAll("input, textarea, select, button")) {
        input.focus();
        input.blur();
      }
    });
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
    for (const entry of add) await addRow(hand, field, entry);
  }
}

/** Add a name and its value to an open object. */
async function addRow(hand, field, { name, choice, text }) {
  await hand.click(await hand.find("button", [field], "Add a name"));
  await hand.type([field], "Name", name);
  await hand.choose([field, name], choice);
  await hand.type([field, name], "", text);
}
