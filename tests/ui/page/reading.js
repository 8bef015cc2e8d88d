// What a person sees in a form, read from the page: fields with their labels, help and values.
const visible = (element) => element.getClientRects().length > 0;
const all = (from, selector) => [...from.querySelectorAll(selector)].filter(visible);
const words = (element) => (element?.innerText ?? "").replace(/[\u200b\u2009\u00a0]/g, " ").replace(/\s+/g, " ").trim();

// A select of Material has an input for browsers to fill in, which nobody sees.
const INPUTS = "input:not(.MuiSelect-nativeInput), textarea:not([aria-hidden]), [role='combobox']";

const GENERATORS = {
  rjsf: {
    whole: ".rjsf > .rjsf-field > .MuiFormControl-root > .MuiGrid-container",
    field: (label) => label.closest(".rjsf-field"),
    named: "label[id$='__oneof_select-label']",
    help: "[id$='__description']",
    choice: "[id$='__oneof_select'][role='combobox']",
    errors: "[id*='__error-']",
  },
  jsonforms: {
    whole: ".jsonforms > .MuiGrid-container",
    field: (label) => label.closest(".MuiCard-root"),
    named: ".MuiCardHeader-title",
    help: "h6, .MuiFormHelperText-root:not(.Mui-error)",
    choice: "[role='tab'][aria-selected='true']",
    errors: ".MuiFormHelperText-root.Mui-error",
  },
};

/** Return the fields of the form that is shown, in order, each with the fields inside it. */
export function read(generator) {
  const at = GENERATORS[generator];
  const form = document.querySelector(at.whole);
  const fields = form ? [...form.children].filter(visible).map((each) => field(each, at)) : [];
  return fields.filter(({ label }) => label); // an action that takes any names has a part without one
}

function field(element, at) {
  const title = all(element, at.named)[0] ?? all(element, "label")[0];
  const inner = within(element, at);
  const own = (selector) => all(element, selector).filter((each) => !inner.some((one) => one.contains(each)));
  const text = words(title);
  const inputs = own(INPUTS);
  return {
    label: text.replace(/ ?\*$/, ""),
    required: text.endsWith("*"),
    help: own(at.help).map(words).filter(Boolean).join(" "),
    choice: words(own(at.choice)[0]) || null,
    values: inputs.map(shown),
    masked: inputs.some((each) => each.type === "password"),
    plain: inputs.some((each) => each.type === "text" && each.getAttribute("role") !== "combobox"),
    errors: own(at.errors).map(words).filter(Boolean),
    tabs: own("[role='tab']").map(words),
    fields: inner.map((each) => field(each, at)),
  };
}

/** Return the fields right below this one: those whose nearest field around them it is. */
function within(element, at) {
  const roots = all(element, at.named).map(at.field).filter((each) => element.contains(each));
  const inner = roots.filter((each) => each !== root(element, at));
  return inner.filter((each) => !inner.some((one) => one !== each && one.contains(each)));
}

function root(element, at) {
  const title = all(element, at.named)[0];
  return title ? at.field(title) : null;
}

function shown(input) {
  if (input.type === "checkbox") return String(input.checked);
  return input.matches("input, textarea") ? input.value : words(input);
}

const SOUGHT = {
  field: (form, at) => [form],
  choice: (form, at) => all(form, at.choice),
  tab: (form, at, name) => all(form, "[role='tab']").filter((each) => words(each) === name),
  option: (form, at, name) => all(document, "[role='option']").filter((each) => words(each) === name),
  list: (form, at, name) => all(form, "[role='combobox']").filter((each) => !each.id.endsWith("__oneof_select") && (!name || nameOf(each) === name)),
  input: (form, at, name) => all(form, INPUTS).filter((each) => each.value !== undefined && (name ? nameOf(each) === name : !each.id.endsWith("-key"))),
  add: (form) => all(form, "button").filter((each) => /add/i.test(each.title + each.className + words(each))),
};

/** Return an element of this kind in a field: the last, where it is looked for by name. */
export function find(generator, what, path, name) {
  const at = GENERATORS[generator];
  return SOUGHT[what](elementOf(generator, path), at, name).at(name || what === "add" ? -1 : 0);
}

function elementOf(generator, path) {
  const at = GENERATORS[generator];
  const [first, ...rest] = path;
  const items = [...document.querySelector(at.whole).children].filter(visible);
  const start = items.find((each) => field(each, at).label === first);
  return rest.reduce((element, label) => within(element, at).find((each) => field(each, at).label === label), start);
}

function nameOf(input) {
  return words(input.closest(".MuiFormControl-root")?.querySelector("label")).replace(/ ?\*$/, "");
}

/** Resolve when the page has not changed for a moment. */
export function settled(moment = 40) {
  return new Promise((resolve) => {
    const still = () => { watch.disconnect(); resolve(); };
    let timer = setTimeout(still, moment);
    const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(still, moment); });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
}
