// What a text editor makes of an instance file that names its schema: the JSON service of VS Code.
//     node editor.mjs FOLDER      FOLDER holds what `dkit schemas --out` writes; prints JSON
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import service from "vscode-json-languageservice";

const folder = path.resolve(process.argv[2]);
const json = service.getLanguageService({
  schemaRequestService: (address) => readFile(new URL(address), "utf8"),
  workspaceContext: { resolveRelativePath: (relative, from) => new URL(relative, from).href },
});
json.configure({ validate: true, allowComments: false });

const opened = (text) => {
  const document = service.TextDocument.create(pathToFileURL(path.join(folder, "instance.json")).href, "json", 1, text);
  return [document, json.parseJSONDocument(document)];
};

/** Return what is offered where the text has a bar. */
async function offered(text) {
  const at = text.indexOf("|");
  const [document, parsed] = opened(text.replace("|", ""));
  const { items } = await json.doComplete(document, document.positionAt(at), parsed);
  return items.map(({ label }) => label);
}

/** Return what is underlined, and why. */
async function underlined(text) {
  const [document, parsed] = opened(text);
  const found = await json.doValidation(document, parsed);
  return found.map(({ range, message }) => [document.getText(range), message]);
}

const instance = (rest) => `{"$schema": "./instance.schema.json", ${rest}}`;
const subscription = (rest) => instance(`"destination": "d", "settings": {}, "subscriptions": [{"action": "a", ${rest}}]`);
console.log(
  JSON.stringify({
    keys: await offered(instance('"|"')),
    subscription: await offered(subscription('"|"')),
    directives: await offered(subscription('"mapping": {"email": {"|"}}')),
    good: await underlined(subscription('"mapping": {"email": {"@path": "$.traits.email"}}')),
    typo: await underlined(subscription('"maping": {}')),
    nested: await underlined(subscription('"mapping": {"email": {"@case": {"operator": 5, "value": "a"}}}')),
  }),
);
