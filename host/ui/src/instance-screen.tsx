/** An instance: its settings with secrets that are written only, and its mappings in their order. */
import { useState } from "react";
import { api } from "./api";
import type { Credentials, Instance, InstanceRow, Manifest, Secret } from "./api";
import { edit, replace, useDraft } from "./draft";
import { readFields } from "./model/fields";
import type { Field, Schema } from "./model/fields";
import { isObject, move, put, putAt } from "./model/json";
import type { Json, JsonObject } from "./model/json";
import { literalChoice, readOptions } from "./model/ways";
import { Button, Description, Dialog, Select, Switch, TextInput, With, useLoaded } from "./parts";
import { href } from "./route";
import { Bar, PlainBar } from "./shell";
import { t } from "./texts";

export const InstanceList = ({ instances }: { instances: readonly InstanceRow[] }) => <>
  <PlainBar title={t("instances")} />
  <main className="content" id="content" tabIndex={-1}><div className="page">
    {instances.length === 0 && <p className="note plain">{t("noInstances")}</p>}
    {instances.length > 0 && <div className="group">{instances.map((row, index) => (row.error
      ? <p key={index} className="note bad">{row.error}</p>
      : <div className="mapping-row" key={row.name}><span /><div><a href={href("instances", row.name)}>{row.name}</a><p className="small faint">{row.destination} · {row.file ?? row.readOnly}</p></div><span className="count">{t("mappingCount", { n: row.mappings })}</span></div>
    ))}</div>}
  </div></main>
</>;

interface Documents { manifest: Manifest; settings: Schema; order: JsonObject }
const loadDocuments = async (slug: string): Promise<Documents> => {
  const [manifest, settings, order] = await Promise.all([api.manifest(slug), api.document(slug, "settings.schema.json"), api.document<JsonObject>(slug, "settings.rjsf.json")]);
  return { manifest, settings, order };
};

export const InstanceScreen = ({ instance }: { instance: Instance }) => {
  const draft = useDraft(instance.name);
  const document = draft?.document ?? instance.document;
  const slug = String(document.destination);
  const loaded = useLoaded(`documents ${slug}`, () => loadDocuments(slug));
  const change = (part: string, changed: JsonObject) => edit(instance.name, part, changed);
  return <>
    <Bar instance={instance} />
    <main className="content" id="content" tabIndex={-1}><With loaded={loaded}>{({ manifest, settings, order }) => (
      <div className="page">
        {instance.readOnly && <p className="note warning">{t("readOnly")} {instance.readOnly} {instance.file === null && <button className="link" onClick={() => void api.moveToFile(instance.name).then(replace)}>{t("moveToFile")}</button>}</p>}
        <Settings {...{ instance, document, settings, order, change }} />
        <Mappings {...{ instance, document, manifest, change }} />
      </div>
    )}</With></main>
  </>;
};

interface PartProps { instance: Instance; document: JsonObject; change: (part: string, document: JsonObject) => void }

const Settings = ({ instance, document, settings, order, change }: PartProps & { settings: Schema; order: JsonObject }) => {
  const values = isObject(document.settings) ? document.settings : {};
  const [result, setResult] = useState<Credentials | { error: string }>();
  const test = () => void api.testCredentials(document).then(setResult, (error: unknown) => setResult({ error: error instanceof Error ? error.message : String(error) }));
  return (
    <section aria-label={t("settings")}>
      <div className="head"><h2>{t("settings")}</h2><Button onPress={test}>{t("testConnection")}</Button></div>
      {result && <TestOfCredentials result={result} />}
      <div className="group" style={{ marginTop: 8 }}>{readFields(settings, order).map((field) => (
        <Setting key={field.name} field={field} value={values[field.name]} isReadOnly={instance.readOnly !== null}
          onChange={(value) => change(`settings/${field.name}`, { ...document, settings: put(values, field.name, value) })} />
      ))}</div>
    </section>
  );
};

const TestOfCredentials = ({ result }: { result: Credentials | { error: string } }) => {
  if ("error" in result) return <p className="note bad" role="alert">{result.error}</p>;
  if (result.ok === null) return <p className="note plain" role="status">{t("notTested")}</p>;
  return <div role="status">
    <p className={`note ${result.ok ? "good" : "bad"}`}>{result.ok ? t("connected") : result.message} {result.account}</p>
    {result.warnings.map((warning) => <p key={warning} className="note warning">{warning}</p>)}
  </div>;
};

const Setting = ({ field, value, isReadOnly, onChange }: { field: Field; value: Json | undefined; isReadOnly: boolean; onChange: (value: Json | undefined) => void }) => {
  const reference = isObject(value) && typeof value.$secret === "string" ? value.$secret : undefined;
  const choice = value === undefined ? undefined : literalChoice(field, value);
  const [first] = field.choices;
  const options = readOptions(choice ?? first ?? { key: "", title: "", schema: {} });
  const set = (text: string) => onChange(text === "" ? undefined : text);
  return (
    <div className="setting" role="group" aria-label={field.title}>
      <div className="head"><span>{field.title}{field.isRequired && <span className="star"> *</span>} <code className="faint">{field.name}</code></span></div>
      {reference !== undefined || field.isSecret
        ? <SecretSetting field={field} name={reference ?? field.name.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase()} hasReference={reference !== undefined} onReference={(name) => onChange({ $secret: name })} />
        : options.length > 0
          ? <Select label={field.title} value={JSON.stringify(value ?? null)} options={options.map((option) => ({ id: JSON.stringify(option.value), label: option.label }))} onChange={(id) => onChange(JSON.parse(id) as Json)} isDisabled={isReadOnly} />
          : typeof value === "boolean" || first?.schema.type === "boolean"
            ? <Switch label={field.title} isOn={value === true} onChange={onChange} isDisabled={isReadOnly} />
            : <TextInput label={field.title} value={value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value)} onChange={set} placeholder={field.placeholder} isDisabled={isReadOnly || (value !== undefined && typeof value !== "string")} />}
      {field.description && <p className="small soft"><Description text={field.description} /></p>}
    </div>
  );
};

/** A secret: whether it is set, and where; never what it is. */
const SecretSetting = ({ field, name, hasReference, onReference }: { field: Field; name: string; hasReference: boolean; onReference: (name: string) => void }) => {
  const loaded = useLoaded(`secret ${name}`, () => api.secret(name));
  const [value, setValue] = useState<string>();
  const [error, setError] = useState("");
  const save = async () => {
    try {
      await api.writeSecret(name, value ?? "");
      setValue(undefined);
      if (!hasReference) onReference(name);
      if (loaded.state === "ready") loaded.reload();
    } catch (caught) { setError(caught instanceof Error ? caught.message : String(caught)); }
  };
  const describe = ({ isSet, where }: Secret) => (isSet ? t(where === "environment" ? "secretEnvironment" : "storedSecret", { name }) : t("secretMissing", { name }));
  const secret = loaded.state === "ready" ? loaded.value : undefined;
  return <div className="row-line">
    {secret && <span className={`tag ${secret.isSet ? "good" : "warning"}`}>{describe(secret)}</span>}
    {secret?.where !== "environment" && <Button kind="small" label={`${t(secret?.isSet ? "replace" : "setSecret")}: ${field.title}`} onPress={() => setValue("")}>{t(secret?.isSet ? "replace" : "setSecret")}</Button>}
    {value !== undefined && (
      <Dialog title={t("newSecret", { name })} onClose={() => setValue(undefined)} actions={<Button kind="primary" isDisabled={!value} onPress={() => void save()}>{t("save")}</Button>}>
        <input className="input mono" type="password" autoComplete="off" aria-label={t("newSecret", { name })} value={value} onChange={(event) => setValue(event.target.value)} />
        <p className="small soft">{t("secretHint")}</p>
        {error && <p className="note bad small" role="alert">{error}</p>}
      </Dialog>
    )}
  </div>;
};

const Mappings = ({ instance, document, manifest, change }: PartProps & { manifest: Manifest }) => {
  const rows = Array.isArray(document.subscriptions) ? document.subscriptions : [];
  const isReadOnly = instance.readOnly !== null;
  const set = (part: string, changed: Json[]) => change(part, { ...document, subscriptions: changed });
  const actions = Object.entries(manifest.actions).filter(([, { hidden }]) => !hidden);
  const freeName = (wanted: string): string => {
    const taken = new Set(rows.map((row) => (isObject(row) ? row.name : undefined)));
    for (let count = 1; ; count += 1) if (!taken.has(count === 1 ? wanted : `${wanted} ${count}`)) return count === 1 ? wanted : `${wanted} ${count}`;
  };
  const add = async (action: string) => {
    const mapping = await api.document<JsonObject>(String(document.destination), `${action}.defaults.json`);
    const { title, trigger } = manifest.actions[action]!;
    set("add", [...rows, { name: freeName(title), action, enabled: false, trigger: trigger ?? 'type = "track"', mapping }]);
    window.location.hash = href("instances", instance.name, String(rows.length));
  };
  return (
    <section aria-label={t("mappings")}>
      <div className="head"><h2>{t("mappings")}</h2><span className="count">{t("mappingCount", { n: rows.length })}</span></div>
      {rows.length === 0 && <p className="note plain">{t("noMappings")}</p>}
      {rows.length > 0 && <div className="group" style={{ marginTop: 8 }}>{rows.map((row, index) => {
        if (!isObject(row)) return null;
        const name = String(row.name ?? row.action ?? t("unnamed"));
        return (
          <div className="mapping-row" key={index}>
            <Switch label={`${t("enabled")}: ${name}`} isOn={row.enabled !== false} isDisabled={isReadOnly} onChange={(isOn) => set(`${index}/enabled`, putAt(rows, index, { ...row, enabled: isOn }))} />
            <div><a href={href("instances", instance.name, String(index))}>{name}</a><p className="small faint">{manifest.actions[String(row.action)]?.title ?? String(row.action)} · <code>{String(row.trigger ?? manifest.actions[String(row.action)]?.trigger ?? "")}</code></p></div>
            {!isReadOnly && <div className="row-line">
              <Button kind="icon" label={`${t("moveUp")}: ${name}`} isDisabled={index === 0} onPress={() => set("order", move(rows, index, index - 1))}>↑</Button>
              <Button kind="icon" label={`${t("moveDown")}: ${name}`} isDisabled={index === rows.length - 1} onPress={() => set("order", move(rows, index, index + 1))}>↓</Button>
              <Button kind="icon" label={`${t("duplicate")}: ${name}`} isDisabled={rows.length >= 50} onPress={() => set("duplicate", [...rows.slice(0, index + 1), { ...row, name: freeName(name), enabled: false }, ...rows.slice(index + 1)])}><svg viewBox="0 0 16 16" aria-hidden><rect x="5.5" y="5.5" width="8" height="8" rx="1.5" /><path d="M10.5 2.5h-7a1 1 0 0 0-1 1v7" /></svg></Button>
              <Button kind="icon" label={`${t("remove")}: ${name}`} onPress={() => set("remove", putAt(rows, index, undefined))}>×</Button>
            </div>}
          </div>
        );
      })}</div>}
      {!isReadOnly && rows.length < 50 && <div className="row-line" style={{ marginTop: 8 }}><span className="soft small">{t("addMapping")}</span>{actions.map(([action, { title }]) => <Button key={action} kind="small" onPress={() => void add(action)}>{title}</Button>)}</div>}
    </section>
  );
};
