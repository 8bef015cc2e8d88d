// Compares what a form shows with what it must show. Each finding names its kind, for the seeded faults.
const LINK = /\[([^\]]+)\]\(([^)]+)\)/g;
const plain = (text) => text.replace(LINK, "$1").replace(/[^\p{L}\p{N}]/gu, "");
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Return what is wrong with the fields that are shown, as sentences. */
export function differences(expected, shown) {
  const [wanted, found] = [expected, shown].map((fields) => fields.map(({ label }) => label));
  if (!same(wanted, found)) return [{ kind: "fields", message: `shows ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}` }];
  return expected.flatMap((field, index) => [...ofField(field, shown[index])]);
}

function* ofField(expected, shown) {
  const told = (kind, message) => ({ kind, message: `${expected.label}: ${message}` });
  if (shown.required !== expected.required) yield told("required", shown.required ? "is marked" : "is not marked");
  if (plain(shown.help) !== plain(expected.help)) yield told("help", `says ${JSON.stringify(shown.help)}`);
  if (shown.help.includes("](")) yield told("help", `shows brackets: ${shown.help}`);
  if (shown.choice !== expected.choice) yield told("choice", `starts with ${shown.choice}, not ${expected.choice}`);
  if (shown.choices.length && !same(shown.choices, expected.choices)) yield told("choices", `offers ${shown.choices}, not ${expected.choices}`);
  if (expected.secret && ["Text", "Value"].includes(shown.choice) && (!shown.masked || shown.readable)) yield told("secret", "can be read by everybody");
  if (!expected.secret && shown.masked) yield told("secret", "is masked without need");
  const visible = JSON.stringify(values(shown));
  for (const value of expected.values)
    if (!visible.includes(JSON.stringify(value).slice(1, -1)) && !visible.includes(JSON.stringify(JSON.stringify(value)).slice(3, -3)))
      yield told("default", `does not show ${value}, but ${visible}`);
}

const values = (field) => [...field.values, ...field.fields.flatMap((inner) => [inner.name, ...values(inner)])];

/** Return the names of the fields that report an error, themselves or inside. */
export function inError(fields) {
  const reports = (field) => field.errors.length > 0 || field.fields.some(reports);
  return fields.filter(reports).map(({ name }) => name);
}
