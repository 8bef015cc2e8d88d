/** One mapping in three panes: the sample event, the fields, and what would be sent. */
import { useEffect, useMemo, useRef, useState } from "react";
import { ApiError, api } from "./api";
import type { FieldPreview, Instance, Manifest, SubscriptionPreview, TestResult } from "./api";
import { EditingContext, FieldRow } from "./editor";
import type { Directive } from "./editor";
import { edit, useDraft } from "./draft";
import { isShown, readDirectives, readFields } from "./model/fields";
import type { Schema } from "./model/fields";
import { isObject, parse, put, putAt } from "./model/json";
import type { Json, JsonObject } from "./model/json";
import { findPaths, firstPath, stepInto, writePath } from "./model/ways";
import { Button, Dialog, Select, TextInput, With, useLoaded } from "./parts";
import { Bar } from "./shell";
import { t } from "./texts";
import type { TextKey } from "./texts";
import { TriggerEditor } from "./trigger-editor";

interface Documents { manifest: Manifest; form: Schema; layout: JsonObject; order: JsonObject; defaults: JsonObject; directives: Directive[]; samples: JsonObject[] }

const loadDocuments = async (slug: string, action: string): Promise<Documents> => {
  const document = <T,>(part: string) => api.document<T>(slug, `${action}.${part}.json`);
  const [manifest, form, mapping, layout, order, defaults, samples] = await Promise.all([
    api.manifest(slug), document<Schema>("form.schema"), document<Schema>("mapping.schema"), document<JsonObject>("form.jsonforms"),
    document<JsonObject>("form.rjsf"), document<JsonObject>("defaults"), api.samples(slug),
  ]);
  return { manifest, form, layout, order, defaults, directives: readDirectives(mapping), samples: samples.events };
};

export const MappingScreen = ({ instance, index }: { instance: Instance; index: number }) => {
  const draft = useDraft(instance.name);
  const document = draft?.document ?? instance.document;
  const subscription = ((document.subscriptions as Json[] | undefined) ?? [])[index];
  const slug = String(document.destination);
  const action = isObject(subscription) ? String(subscription.action) : "";
  const loaded = useLoaded(`${slug}/${action}`, () => loadDocuments(slug, action));
  if (!isObject(subscription)) return <div className="page"><p className="note bad">{t("failed")}</p></div>;
  return <With loaded={loaded}>{(documents) => <Mapping {...{ instance, document, index, subscription, documents, slug, action }} />}</With>;
};

type Tab = "event" | "mapping" | "result";
const TABS: [Tab, TextKey][] = [["event", "tabEvent"], ["mapping", "tabMapping"], ["result", "tabResult"]];

const Mapping = ({ instance, document, index, subscription, documents, slug, action }: {
  instance: Instance; document: JsonObject; index: number; subscription: JsonObject; documents: Documents; slug: string; action: string;
}) => {
  const { manifest, form, layout, order, defaults, directives, samples } = documents;
  const info = manifest.actions[action];
  const trigger = typeof subscription.trigger === "string" ? subscription.trigger : (info?.trigger ?? "");
  const [event, setEvent] = useState<JsonObject>(() => samples.find((sample) => trigger.includes(`"${String(sample.type)}"`) && isObject(sample.traits)) ?? samples.find((sample) => trigger.includes(`"${String(sample.type)}"`)) ?? samples[0] ?? { type: "identify", userId: "u-1", traits: { email: "ann@example.com" } });
  const [tab, setTab] = useState<Tab>("mapping");
  const [hasResult, setHasResult] = useState(false);
  const [test, setTest] = useState<TestResult | { error: string }>();
  const [isAsking, setIsAsking] = useState(false);
  const focused = useRef<string>(undefined);
  const mapping = isObject(subscription.mapping) ? subscription.mapping : {};
  const isPartial = subscription.useDefaultMapping === true;
  const isReadOnly = instance.readOnly !== null;
  const name = String(subscription.name ?? action);
  const preview = usePreview(document, index, event);
  const change = (part: string, changed: JsonObject) => edit(instance.name, `${index}/${part}`, { ...document, subscriptions: putAt(document.subscriptions as Json[], index, changed) });
  const setField = (field: string, value: Json | undefined) =>
    // In a mapping over the defaults, null takes a default away, and absent means the default.
    change(field, { ...subscription, mapping: put(mapping, field, value === undefined && isPartial && field in defaults ? null : value) });
  const effective = (field: string): Json | undefined => {
    if (!isPartial) return mapping[field];
    return field in mapping ? (mapping[field] ?? undefined) : defaults[field];
  };
  const fields = readFields(form, order);
  const values: JsonObject = Object.fromEntries(fields.flatMap(({ name: key }) => { const value = effective(key); return value === undefined ? [] : [[key, value]]; }));
  const paths = useMemo(() => findPaths(event, "", 300), [event]);
  const mapPath = (path: string) => { if (focused.current) setField(focused.current, writePath(path)); };
  const send = async () => {
    setIsAsking(false);
    setHasResult(true);
    setTab("result");
    try { setTest(await api.sendTest(document, name, event)); }
    catch (caught) { setTest({ error: caught instanceof ApiError ? caught.message : String(caught) }); }
  };
  useEffect(() => {
    const ask = () => setIsAsking(true);
    window.addEventListener("console:test", ask);
    return () => window.removeEventListener("console:test", ask);
  }, []);
  const used = firstUsed(values);
  return (
    <EditingContext.Provider value={{ slug, action, directives, paths, settings: document.settings ?? {}, mapping, isReadOnly }}>
      <Bar instance={instance} title={name} isOn={subscription.enabled !== false}>
        <Button kind="quiet" className="toggle" onPress={() => setHasResult(!hasResult)}>{t("tabResult")}</Button>
        <Button kind="primary" onPress={() => setIsAsking(true)}>{t("sendTest")}</Button>
      </Bar>
      <main className="content" id="content" tabIndex={-1}>
      <div className="tabs" role="group">{TABS.map(([id, key]) => <button key={id} className="button quiet" aria-pressed={tab === id} onClick={() => setTab(id)}>{t(key)}</button>)}</div>
      <div className={`mapping ${hasResult ? "with-result" : ""}`} data-tab={tab}>
        <SampleEvent event={event} samples={samples} used={used} onChoose={setEvent} onMap={mapPath} />
        <section className="pane middle" tabIndex={0} aria-label={t("tabMapping")}>
          {isReadOnly && <p className="note warning">{t("readOnly")} {instance.readOnly}</p>}
          <TriggerEditor text={trigger} event={event} isDefault={typeof subscription.trigger !== "string"} isReadOnly={isReadOnly} onChange={(text) => change("trigger", { ...subscription, trigger: text })} />
          <div className="head"><h2>{t("sendTo", { name: manifest.name })}</h2><span className="tag">{info?.title ?? action}</span></div>
          <Fields {...{ fields, layout, values, mapping, preview, onChange: setField }} fallbacks={isPartial ? defaults : {}} onFocus={(field) => (focused.current = field)} problemsAt={`/subscriptions/${index}/mapping`} />
          <Strays {...{ mapping, known: fields.map((field) => field.name), preview, onChange: setField }} />
        </section>
        <Result preview={preview.row} test={test} />
      </div>
      </main>
      {isAsking && (
        <Dialog title={t("sendTitle")} onClose={() => setIsAsking(false)} actions={<Button kind="primary" onPress={() => void send()}>{t("send")}</Button>}>
          <p>{t("sendText", { name: manifest.name })}</p>
        </Dialog>
      )}
    </EditingContext.Provider>
  );
};

interface Preview { row: SubscriptionPreview | undefined; problems: { path: string; code: string; message: string; severity: string }[]; fields: Map<string, FieldPreview> }

/** Milliseconds after the last keystroke. */
const PREVIEW_PAUSE = 15;
const CHECK_PAUSE = 250;

const usePreview = (document: JsonObject, index: number, event: Json): Preview => {
  const [shown, setShown] = useState<Preview>({ row: undefined, problems: [], fields: new Map() });
  useEffect(() => {
    const abort = new AbortController();
    const later = (pause: number, ask: () => Promise<Partial<Preview>>) => setTimeout(() => {
      ask().then((found) => abort.signal.aborted || setShown((old) => ({ ...old, ...found })), () => undefined);
    }, pause);
    // What a field becomes is watched while typing; what is wrong with it is read afterwards.
    const timers = [
      later(PREVIEW_PAUSE, async () => {
        const found = await api.preview(document, event, abort.signal);
        const row = found.subscriptions.find((one) => one.index === index);
        return row ? { row, fields: new Map(row.fields.map((field) => [field.field, field])) } : { row };
      }),
      later(CHECK_PAUSE, async () => {
        const checked = await api.check(document);
        return { problems: [...checked.problems, ...checked.warnings] };
      }),
    ];
    return () => { timers.forEach(clearTimeout); abort.abort(); };
  }, [document, index, event]);
  return shown;
};

const firstUsed = (values: JsonObject): Set<string> => new Set(Object.values(values).flatMap((value) => firstPath(value) ?? []));

const Fields = ({ fields, layout, values, mapping, fallbacks, preview, problemsAt, onChange, onFocus }: {
  fields: ReturnType<typeof readFields>; layout: JsonObject; values: JsonObject; mapping: JsonObject; fallbacks: JsonObject; preview: Preview; problemsAt: string;
  onChange: (field: string, value: Json | undefined) => void; onFocus: (field: string) => void;
}) => {
  const [isOpen, setIsOpen] = useState(false);
  const [search, setSearch] = useState("");
  // A field that a person leaves out stays where it is until the page is left.
  const [kept] = useState(() => new Set(fields.filter((field) => field.isRequired || field.name in values || field.name in mapping).map((field) => field.name)));
  const shown = fields.filter((field) => field.name in values || isShown(field.name, layout, values));
  const first = shown.filter((field) => kept.has(field.name) || field.name in values);
  const rest = shown.filter((field) => !first.includes(field));
  const matches = rest.filter((field) => `${field.title} ${field.name}`.toLowerCase().includes(search.toLowerCase()));
  for (const field of first) kept.add(field.name);
  const row = (field: (typeof fields)[number]) => (
    <FieldRow key={field.name} field={field} value={values[field.name]} fallback={mapping[field.name] === undefined ? fallbacks[field.name] : undefined} preview={preview.fields.get(field.name)}
      problems={preview.problems.filter(({ path }) => path === `${problemsAt}/${field.name}` || path.startsWith(`${problemsAt}/${field.name}/`))}
      onChange={(value) => onChange(field.name, value)} onFocus={() => onFocus(field.name)} />
  );
  return (
    <div className="group">
      {first.map(row)}
      {isOpen && rest.length > 6 && <div className="field"><div style={{ gridColumn: "1 / -1" }}><TextInput label={t("findField")} placeholder={t("findField")} value={search} onChange={setSearch} /></div></div>}
      {isOpen && matches.map(row)}
      {rest.length > 0 && <button className="more-fields" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>{isOpen ? t("fewerFields") : t("moreFields", { n: rest.length })}</button>}
    </div>
  );
};

/** What the mapping has beside the fields of the form, shown so that nothing of it is lost. */
const Strays = ({ mapping, known, preview, onChange }: { mapping: JsonObject; known: string[]; preview: Preview; onChange: (field: string, value: Json | undefined) => void }) => {
  const strays = Object.keys(mapping).filter((name) => !known.includes(name));
  if (!strays.length) return null;
  return <div className="group">{strays.map((name) => (
    <FieldRow key={name} field={{ name, title: name, description: t("notInForm"), placeholder: "", category: "", choices: [], schema: {}, isRequired: false, isReadOnly: false, isSecret: false, isDynamic: false, isKeyValue: false }}
      value={mapping[name]} fallback={undefined} preview={preview.fields.get(name)} problems={[]} onChange={(value) => onChange(name, value)} onFocus={() => undefined} />
  ))}</div>;
};

const SampleEvent = ({ event, samples, used, onChoose, onMap }: { event: JsonObject; samples: JsonObject[]; used: Set<string>; onChoose: (event: JsonObject) => void; onMap: (path: string) => void }) => {
  const [search, setSearch] = useState("");
  const [pasted, setPasted] = useState<string>();
  const options = samples.map((sample, index) => ({ id: String(index), label: `${String(sample.type)} ${String(sample.event ?? sample.name ?? sample.userId ?? "")}`.trim(), description: String(sample.messageId ?? "") }));
  const read = pasted === undefined ? undefined : parse(pasted);
  return (
    <section className="pane event" tabIndex={0} aria-label={t("sampleEvent")}>
      <div className="head"><h2>{t("sampleEvent")}</h2><Button kind="small" onPress={() => setPasted(JSON.stringify(event, null, 2))}>{t("pasteEvent")}</Button></div>
      {options.length > 0 && <Select label={t("sampleEvent")} value={String(samples.indexOf(event))} options={options} onChange={(id) => onChoose(samples[Number(id)] ?? event)} />}
      <input className="input" data-search aria-label={t("findProperty")} placeholder={t("findProperty")} value={search} onChange={(typed) => setSearch(typed.target.value)} />
      <div className="tree"><Branch value={event} path="$" search={search.toLowerCase()} used={used} onMap={onMap} depth={0} /></div>
      {pasted !== undefined && read && (
        <Dialog title={t("pasteEvent")} onClose={() => setPasted(undefined)} actions={<Button kind="primary" isDisabled={!("value" in read && isObject(read.value))} onPress={() => { if ("value" in read && isObject(read.value)) onChoose(read.value); setPasted(undefined); }}>{t("use")}</Button>}>
          <TextInput label={t("pasteHint")} value={pasted} onChange={setPasted} isCode isMultiline />
          {"error" in read && <p className="note bad small">{read.error}</p>}
        </Dialog>
      )}
    </section>
  );
};

const Branch = ({ value, path, search, used, onMap, depth }: { value: JsonObject; path: string; search: string; used: Set<string>; onMap: (path: string) => void; depth: number }) => {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set(depth ? [] : Object.keys(value).filter((name) => name === "context" || name === "integrations")));
  return <ul>{Object.entries(value).filter(([name, inner]) => !search || JSON.stringify({ [name]: inner }).toLowerCase().includes(search)).map(([name, inner]) => {
    const at = stepInto(path, name);
    const isBranch = isObject(inner);
    const isOpen = isBranch && (search !== "" || !closed.has(name));
    const toggle = () => setClosed(new Set(closed.has(name) ? [...closed].filter((one) => one !== name) : [...closed, name]));
    return (
      <li key={name}>
        <button className={`leaf ${at && used.has(at) ? "used" : ""}`} disabled={at === undefined} {...(isBranch && { "aria-expanded": isOpen })} title={at}
          onMouseDown={(press) => press.preventDefault()} onClick={() => (isBranch ? toggle() : at && onMap(at))}>
          {isBranch && <span className="twist" aria-hidden>{isOpen ? "▾" : "▸"}</span>}<span>{name}</span><span>{summary(inner, isOpen)}</span>
        </button>
        {isOpen && at && isObject(inner) && <Branch value={inner} path={at} search={search} used={used} onMap={onMap} depth={depth + 1} />}
      </li>
    );
  })}</ul>;
};

const summary = (value: Json, isOpen: boolean): string => {
  if (Array.isArray(value)) return t("items", { n: value.length });
  if (isObject(value)) return isOpen ? "" : t("properties", { n: Object.keys(value).length });
  return JSON.stringify(value).slice(0, 200);
};

const Result = ({ preview, test }: { preview: SubscriptionPreview | undefined; test: TestResult | { error: string } | undefined }) => (
  <section className="pane result" tabIndex={0} aria-label={t("whatSent")} aria-live="polite">
    <h2>{t("whatSent")}</h2>
    {preview && !preview.matches && <p className="note plain">{t("nothingSent")}</p>}
    {preview?.failed && <div className="note bad"><strong>{preview.failed.message}</strong>{preview.failed.problems.map((problem) => <p key={problem.path + problem.code}>{problem.path} {problem.message}</p>)}</div>}
    {preview?.requests.map((request, index) => (
      <div className="group" key={index}>
        <div className="request"><span className="tag">{index + 1}</span><code title={request.url}>{request.method} {request.url.replace(/^https?:\/\/[^/]+/, "…")}</code></div>
        {request.assumption && <p className="small soft" style={{ padding: "0 10px 8px" }}>{request.assumption}</p>}
      </div>
    ))}
    {preview?.payload !== null && preview?.payload !== undefined && <><h2>{t("payload")}</h2><pre className="box" tabIndex={0}>{JSON.stringify(preview.payload, null, 2)}</pre></>}
    {test && <LastTest test={test} />}
  </section>
);

const LastTest = ({ test }: { test: TestResult | { error: string } }) => {
  if ("error" in test) return <><h2>{t("lastTest")}</h2><p className="note bad" role="alert">{test.error}</p></>;
  const kind = test.status === "delivered" ? "good" : test.status === "failed" ? "bad" : "";
  return <>
    <div className="head"><h2>{t("lastTest")}</h2><span className={`tag ${kind}`}>{test.status}</span></div>
    {test.failed && <p className="note bad">{test.failed.message}</p>}
    {test.unmet && <p className="note plain">{t("unmet", { clause: test.unmet })}</p>}
    {test.exchanges.map((exchange, index) => (
      <div className="group" key={index}>
        <div className="request"><code title={exchange.url}>{exchange.method} {exchange.url.replace(/^https?:\/\/[^/]+/, "…")}</code><span className={`tag ${exchange.status && exchange.status < 400 ? "good" : "bad"}`}>{exchange.status ?? exchange.error} · {Math.round(exchange.seconds * 1000)} ms</span></div>
        {exchange.body && <pre className="box" tabIndex={0}>{exchange.body}</pre>}
      </div>
    ))}
  </>;
};
