// Compares what a form shows with what it must show. Each finding names its kind, for the seeded faults.
const LINK = /\[([^\]]+)\]\(([^)]+)\)/g;
const plain = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");
const help = { rjsf: (text) => text.replace(LINK, "$1"), jsonforms: (text) => text.replace(LINK, "$1 $2") };
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Return what is wrong with the fields that are shown, as sentences. */
export function differences(generator, expected, shown) {
  const names = expected.map(({ label }) => label);
  const labels = shown.map(({ label }) => label);
  if (!same(names, labels)) return [{ kind: "fields", message: `shows ${JSON.stringify(labels)}, not ${JSON.stringify(names)}` }];
  return expected.flatMap((each, index) => [...ofField(generator, each, shown[index])]);
}

function* ofField(generator, expected, shown) {
  const told = (kind, message) => ({ kind, message: `${expected.label}: ${message}` });
  if (shown.required !== expected.required) yield told("required", shown.required ? "is marked" : "is not marked");
  const [wanted, found] = [help[generator](expected.help), shown.help].map(plain);
  if (!found.startsWith(wanted)) yield told("help", `says ${JSON.stringify(shown.help)}`);
  if (shown.choice !== expected.choice) yield told("choice", `starts with ${shown.choice}, not ${expected.choice}`);
  const isText = ["Text", null].includes(expected.choice);
  if (expected.secret && isText && (!shown.masked || shown.plain)) yield told("secret", "can be read by everybody");
  if (!expected.secret && shown.masked) yield told("secret", "is masked without need");
  const visible = JSON.stringify(values(shown));
  for (const each of expected.values)
    if (!visible.includes(JSON.stringify(each).slice(1, -1)) && !visible.includes(JSON.stringify(JSON.stringify(each)).slice(3, -3)))
      yield told("default", `does not show ${each}, but ${visible}`);
  if (expected.fields.length) {
    const inner = shown.fields.slice(0, expected.isOpen ? expected.fields.length : undefined);
    for (const each of differences(generator, expected.fields, inner)) yield { ...each, message: `${expected.label}: ${each.message}` };
  }
}

const values = (field) => [...field.values, ...field.fields.flatMap(values)];

/** Return the labels of the fields that report an error, with those of the fields around them. */
export function inError(fields) {
  return fields.flatMap((each) => [...(each.errors.length ? [each.label] : []), ...inError(each.fields)]);
}
