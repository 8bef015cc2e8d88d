/** The trigger: clauses in groups, and the text that they are written as; either is edited. */
import { useEffect, useState } from "react";
import { api } from "./api";
import type { Trigger } from "./api";
import type { Json } from "./model/json";
import { readNumber } from "./model/json";
import * as model from "./model/trigger";
import { Button, Select, TextInput } from "./parts";
import { t } from "./texts";

const kinds = Object.entries(model.KINDS).map(([id, label]) => ({ id, label }));
const WORDS: Record<string, string> = {
  "=": "is", "!=": "is not", contains: "contains", not_contains: "does not contain", starts_with: "starts with", not_starts_with: "does not start with",
  ends_with: "ends with", not_ends_with: "does not end with", exists: "exists", not_exists: "does not exist", is_true: "is true", is_false: "is false",
  number_equals: "equals (number)", number_not_equals: "differs from (number)", "<": "<", "<=": "≤", ">": ">", ">=": "≥",
};

const Clause = ({ node, label, onChange }: { node: model.Comparison; label: string; onChange: (node: model.Node | undefined) => void }) => {
  const change = (changed: Partial<model.Comparison>) => onChange(model.change(node, changed));
  return <>
    <Select label={`${label}: field`} value={node.type} options={kinds} onChange={(id) => change({ type: id as model.Kind })} />
    {model.hasPath(node.type) && <TextInput label={`${label}: path`} value={node.name ?? ""} onChange={(name) => onChange({ ...node, name })} isCode />}
    <Select label={`${label}: operator`} value={node.operator} options={model.operatorsOf(node.type).map((id) => ({ id, label: WORDS[id] ?? id }))} onChange={(operator) => change({ operator })} />
    {!model.isUnary(node.operator) && (node.type === "event-type"
      ? <Select label={`${label}: value`} value={String(node.value)} options={model.EVENT_TYPES.map((id) => ({ id, label: id }))} onChange={(value) => onChange({ ...node, value })} />
      : <TextInput label={`${label}: value`} value={String(node.value ?? "")} onChange={(text) => onChange({ ...node, value: model.isNumeric(node.operator) ? (readNumber(text) ?? node.value ?? 0) : text })} isCode />)}
    <Button kind="quiet" label={`${t("remove")}: ${label}`} onPress={() => onChange(undefined)}>×</Button>
  </>;
};

const GroupEditor = ({ tree, group, place, onChange }: { tree: model.Group; group: model.Group; place: model.Place; onChange: (tree: model.Group) => void }) => (
  <div className={place.length ? "nested" : "clause"}>
    <div className="clause">
      <Select label={t("when")} value={group.operator} options={[{ id: "and", label: t("allOf") }, { id: "or", label: t("anyOf") }]} onChange={(operator) => {
        const changed = { ...group, operator: operator as "and" | "or" };
        onChange(place.length ? model.replaceAt(tree, place, changed) : changed);
      }} />
      {group.children.map((child, index) => {
        const where = [...place, index];
        return (
          <span className="clause" key={index}>
            {index > 0 && <span className="faint">{t(group.operator === "or" ? "or" : "and")}</span>}
            {model.isGroup(child)
              ? <GroupEditor tree={tree} group={child} place={where} onChange={onChange} />
              : <Clause node={child} label={`${t("when")} ${where.map((at) => at + 1).join(".")}`} onChange={(node) => onChange(model.replaceAt(tree, where, node))} />}
          </span>
        );
      })}
      <Button kind="quiet" onPress={() => onChange(model.addAt(tree, place, model.startComparison("$.traits.")))}>{t("addCondition")}</Button>
      {place.length === 0 && <Button kind="quiet" onPress={() => onChange(model.addAt(tree, [], { type: "group", operator: group.operator === "and" ? "or" : "and", children: [model.startComparison()] }))}>{t("addGroup")}</Button>}
    </div>
  </div>
);

export const TriggerEditor = ({ text, event, isDefault, isReadOnly, onChange }: { text: string; event: Json; isDefault: boolean; isReadOnly: boolean; onChange: (text: string) => void }) => {
  const [read, setRead] = useState<Trigger>();
  const [tree, setTree] = useState<{ of: string; tree: model.Group }>();
  const [isText, setIsText] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(() => void api.readTrigger(text, event).then((found) => isCurrent && setRead(found), () => undefined), 60);
    return () => { isCurrent = false; clearTimeout(timer); };
  }, [text, event]);
  // A tree with a clause that is not finished has no text yet: it is held here until it has.
  const drawn = tree?.of === text ? tree.tree : model.isDrawn(read?.tree) ? model.asGroup(read?.tree) : undefined;
  const change = async (changed: model.Group) => {
    setTree({ of: text, tree: changed });
    const written = await api.writeTrigger(model.toJson(changed));
    setProblem(written.text === null ? (written.problems[0]?.message ?? "") : "");
    if (written.text === null) return;
    setTree({ of: written.text, tree: changed });
    onChange(written.text);
  };
  const problems = read?.text === text ? read.problems : [];
  return (
    <section className="group when" aria-label={t("when")}>
      <div className="head"><h2>{t("when")}</h2>
        {read?.matches !== undefined && !problems.length && <span className={`tag ${read.matches ? "good" : ""}`}>{read.matches ? `✓ ${t("matches")}` : t("matchesNot")}</span>}
      </div>
      <fieldset disabled={isReadOnly} className="fill">
        {!isText && drawn && <GroupEditor tree={drawn} group={drawn} place={[]} onChange={(changed) => void change(changed)} />}
        {!isText && read && !drawn && !problems.length && <p className="soft small">{t("textOnly")}</p>}
        {isText || problems.length > 0 || (read && !drawn)
          ? <TextInput label={t("triggerText")} value={text} onChange={onChange} isCode isMultiline />
          : <p className="fql">{text}</p>}
      </fieldset>
      <div className="row-line small"><button className="link" onClick={() => setIsText(!isText)}>{t(isText ? "asClauses" : "asText")}</button>
        {isDefault && <span className="faint">{t("defaultTrigger")}</span>}</div>
      {problem && <p className="note bad small">{problem}</p>}
      {problems.map((one) => <pre key={one.path + one.code} className="note bad" role="alert">{one.message}</pre>)}
      {read?.unmet && <p className="note plain small">{t("unmet", { clause: read.unmet })}</p>}
      {read?.warnings.map((warning) => <p key={warning} className="note warning small">{warning}</p>)}
    </section>
  );
};
