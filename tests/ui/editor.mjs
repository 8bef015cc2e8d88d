// What a text editor makes of an instance file that names its schema: the JSON service of VS Code.
//     node editor.mjs FOLDER      the file is in FOLDER; reads JSON lines {text}, prints a line for each
// A text with a bar (¦) asks what is offered there, another one what is underlined, and why.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import service from "vscode-json-languageservice";

const folder = path.resolve(process.argv[2]);
const loaded = new Set();
const json = service.getLanguageService({
  schemaRequestService: (address) => {
    loaded.add(address);
    return readFile(fileURLToPath(address), "utf8");
  },
  workspaceContext: { resolveRelativePath: (relative, from) => new URL(relative, from).href },
});
json.configure({ validate: true, allowComments: false });

const opened = (text) => {
  const document = service.TextDocument.create(pathToFileURL(path.join(folder, "instance.json")).href, "json", 1, text);
  return [document, json.parseJSONDocument(document)];
};

async function offered(text) {
  const at = text.indexOf("¦");
  const [document, parsed] = opened(text.replace("¦", ""));
  const { items } = await json.doComplete(document, document.positionAt(at), parsed);
  return items.map(({ label }) => label);
}

async function underlined(text) {
  const [document, parsed] = opened(text);
  const found = await json.doValidation(document, parsed);
  return found.map(({ range, message }) => [document.getText(range), message]);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { text } = JSON.parse(line);
  loaded.clear();
  const found = await (text.includes("¦") ? offered(text) : underlined(text));
  console.log(JSON.stringify({ found, loaded: [...loaded].filter((address) => !address.startsWith("file:")) }));
}
