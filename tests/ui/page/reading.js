// What a person sees in a form: its fields with their labels, help, choices and values.
const visible = (element) => element.getClientRects().length > 0;
const all = (from, selector) => [...from.querySelectorAll(selector)].filter(visible);
const words = (element) => (element?.innerText ?? "").replace(/\s+/g, " ").trim();
const FIELD = "fieldset[data-field]";
const INPUTS = "input, textarea:not([aria-hidden]), select";

/** Return the fields of the form that is shown, in order, each with the fields inside it. */
export const read = () => outermost(document).map(field);

const outermost = (from) => all(from, FIELD).filter((element) => !all(from, FIELD).some((around) => around !== element && around.contains(element)));

function field(element) {
  const inner = outermost(element);
  const own = (selector) => all(element, selector).filter((found) => !inner.some((one) => one.contains(found)));
  const legend = words(own("legend")[0]);
  const choice = own("select[id$='-choice']")[0];
  const inputs = own(INPUTS).filter((input) => input !== choice);
  return {
    name: element.dataset.field,
    label: legend.replace(/ ?\(required\)$/, ""),
    required: legend.endsWith("(required)"),
    help: words(own("[id$='-help']")[0]),
    choice: element.dataset.choice,
    choices: choice ? [...choice.options].map(({ text }) => text) : [],
    values: inputs.map((input) => (input.tagName === "SELECT" ? words(input.selectedOptions[0]) : input.value)),
    options: inputs.filter((input) => input.tagName === "SELECT").flatMap((input) => [...input.options].map(({ text }) => text)),
    masked: inputs.some(({ type }) => type === "password"),
    readable: inputs.some(({ type }) => type === "text" || type === "textarea"),
    errors: own("[id$='-errors'], .MuiFormHelperText-root.Mui-error").map(words),
    fields: inner.map(field),
  };
}

const SOUGHT = {
  choice: (form) => all(form, "select[id$='-choice']"),
  input: (form, name) => all(form, INPUTS).filter((input) => !input.id.endsWith("-choice") && (!name || nameOf(input) === name)),
  button: (form, name) => all(form, "button").filter((button) => (button.ariaLabel ?? button.textContent) === name),
};

/** Return an element of this kind in a field: the first, or the last of those with this name. */
export function find(what, path, name = "") {
  const start = path.reduce((around, label) => outermost(around).find((element) => field(element).label === label), document);
  return SOUGHT[what](start, name).at(name ? -1 : 0);
}

const nameOf = (input) => words(document.querySelector(`label[for='${CSS.escape(input.id)}']`)) || input.getAttribute("aria-label");

/** Resolve when the page has not changed for a moment. */
export function settled(moment = 30) {
  return new Promise((resolve) => {
    const still = () => { watch.disconnect(); resolve(); };
    let timer = setTimeout(still, moment);
    const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(still, moment); });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
}
