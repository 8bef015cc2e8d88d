/** The frame of every screen: the rail, the bar with what is unsaved, and the keys. */
import { useEffect, useState } from "react";
import type { ReactNode } from "react";
import { ApiError, api } from "./api";
import type { Instance, InstanceRow } from "./api";
import { anyChanged, countChanges, rebase, replace, undo, useDraft } from "./draft";
import { Button, Dialog } from "./parts";
import { href, useRoute } from "./route";
import { t } from "./texts";
import type { TextKey } from "./texts";
import { nextTheme, useTheme } from "./theme";

export const Rail = ({ instances, onKeys }: { instances: readonly InstanceRow[]; onKeys: () => void }) => {
  const route = useRoute();
  const [theme, setTheme] = useTheme();
  const link = (to: string, text: string, count: string, isHere: boolean) => (
    <a key={to} href={to} {...(isHere && { "aria-current": "page" as const })} title={text}><span>{text}</span>{count && <span className="count">{count}</span>}</a>
  );
  return (
    <nav className="rail" aria-label={t("product")}>
      <div className="brand"><img src="./icon.svg" alt="" />{t("product")}</div>
      {link(href("catalog"), t("catalog"), "", route.screen === "catalog")}
      {link(href("instances"), t("instances"), String(instances.length || ""), route.screen === "instances" && !route.instance)}
      {instances.some(({ name }) => name) && <h2>{t("instances")}</h2>}
      {instances.filter(({ name }) => name).map(({ name, mappings }) => link(href("instances", name), name, t("mappingCount", { n: mappings }), route.instance === name))}
      <div className="foot">
        <span className="faint">{window.location.host}</span>
        <Button kind="quiet" label={`${t("theme")}: ${t(theme)}`} onPress={() => setTheme(nextTheme(theme))}>{theme === "light" ? "☀" : theme === "dark" ? "☾" : "◐"}</Button>
        <Button kind="quiet" onPress={onKeys}><kbd>?</kbd> {t("keys")}</Button>
      </div>
    </nav>
  );
};

export const PlainBar = ({ title, children }: { title: string; children?: ReactNode }) => (
  <header className="bar"><div className="where"><h1>{title}</h1></div><div className="actions">{children}</div></header>
);

type Asking = { state: "none" } | { state: "review"; diff: string; revision: string } | { state: "stale"; diff: string; current: Instance } | { state: "failed"; error: string };

export const Bar = ({ instance, title, isOn, children }: { instance: Instance; title?: string; isOn?: boolean; children?: ReactNode }) => {
  const draft = useDraft(instance.name);
  const [asking, setAsking] = useState<Asking>({ state: "none" });
  const [message, setMessage] = useState("");
  const changes = draft ? countChanges(draft.saved.document, draft.document) : 0;
  const fail = (error: unknown) => setAsking({ state: "failed", error: error instanceof Error ? error.message : String(error) });
  const review = async () => {
    if (!draft || instance.readOnly) return;
    try { setAsking({ state: "review", ...(await api.review(instance.name, draft.document)) }); } catch (error) { fail(error); }
  };
  const save = async (revision: string) => {
    if (!draft) return;
    try {
      replace(await api.write(instance.name, draft.document, revision));
      setAsking({ state: "none" });
      await api.reload();
      setMessage(t("saved"));
    } catch (error) {
      if (error instanceof ApiError && error.code === "STALE") setAsking({ state: "stale", diff: String(error.document.diff), current: error.document.current as unknown as Instance });
      else fail(error);
    }
  };
  useEffect(() => {
    const onReview = () => void review();
    const onUndo = () => undo(instance.name);
    window.addEventListener("console:save", onReview);
    window.addEventListener("console:undo", onUndo);
    return () => { window.removeEventListener("console:save", onReview); window.removeEventListener("console:undo", onUndo); };
  });
  const close = () => setAsking({ state: "none" });
  return (
    <header className="bar">
      <div className="where">
        {title === undefined ? <h1>{instance.name}</h1> : <><a href={href("instances", instance.name)}>{instance.name} /</a><h1 title={title}>{title}</h1></>}
        {isOn !== undefined && <span className={`tag ${isOn ? "good" : ""}`}>{t(isOn ? "on" : "off")}</span>}
        {changes > 0 && <span className="tag accent">{changes === 1 ? t("unsavedOne") : t("unsaved", { n: changes })}</span>}
        <span role="status" className="small soft">{changes === 0 ? message : ""}</span>
      </div>
      <div className="actions">
        {changes > 0 && <Button kind="quiet" onPress={() => undo(instance.name)}>{t("undo")}</Button>}
        {!instance.readOnly && <Button isDisabled={changes === 0} onPress={() => void review()}>{t("review")}</Button>}
        {children}
      </div>
      {asking.state === "review" && (
        <Dialog title={t("reviewTitle")} onClose={close} actions={<Button kind="primary" isDisabled={!asking.diff} onPress={() => void save(draft?.saved.revision ?? asking.revision)}>{t("save")}</Button>}>
          {asking.diff ? <Diff text={asking.diff} /> : <p>{t("noDiff")}</p>}
        </Dialog>
      )}
      {asking.state === "stale" && (
        <Dialog title={t("staleTitle")} onClose={close} actions={<>
          <Button onPress={() => { replace(asking.current); close(); }}>{t("loadTheirs")}</Button>
          <Button kind="primary" onPress={() => { rebase(asking.current); void save(asking.current.revision); }}>{t("saveMine")}</Button>
        </>}><p>{t("staleText")}</p><Diff text={asking.diff} /></Dialog>
      )}
      {asking.state === "failed" && <Dialog title={t("failed")} onClose={close}><p className="note bad" role="alert">{asking.error}</p></Dialog>}
    </header>
  );
};

const Diff = ({ text }: { text: string }) => (
  <pre className="box diff" tabIndex={0}>{text.split("\n").slice(2).map((line, index) => <span key={index} className={line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : ""}>{line}</span>)}</pre>
);

const KEYS = ["?", "g c", "g i", "/", "j", "k", "Ctrl S", "Ctrl Z", "t", "Esc"] as const;
export const KeyList = ({ onClose }: { onClose: () => void }) => (
  <Dialog title={t("keysList")} onClose={onClose}>
    <dl className="keys">{KEYS.map((key) => <div key={key} style={{ display: "contents" }}><dt>{key.split(" ").map((part) => <kbd key={part}>{part}</kbd>)}</dt><dd>{t(`key.${key}` as TextKey)}</dd></div>)}</dl>
  </Dialog>
);

const isTyping = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Listen for the keys of the page; inside an input only those with Ctrl. */
export const useKeys = (onKeys: () => void): void => {
  useEffect(() => {
    let before = "";
    const press = (event: KeyboardEvent) => {
      const control = event.ctrlKey || event.metaKey;
      const send = (name: string) => { event.preventDefault(); window.dispatchEvent(new Event(name)); };
      const hasDialog = document.querySelector(".dialog") !== null;
      if (control && event.key === "s") return hasDialog ? event.preventDefault() : send("console:save");
      if (control && !hasDialog && event.key === "z" && !event.shiftKey) return send("console:undo");
      if (control || event.altKey || isTyping(event.target) || hasDialog) return;
      const pair = `${before} ${event.key}`;
      before = event.key;
      if (event.key === "?") onKeys();
      else if (pair === "g c") window.location.hash = href("catalog");
      else if (pair === "g i") window.location.hash = href("instances");
      else if (event.key === "/") { event.preventDefault(); document.querySelector<HTMLElement>("[data-search]")?.focus(); }
      else if (event.key === "t") send("console:test");
      else if (event.key === "j" || event.key === "k") moveRow(event.key === "j" ? 1 : -1);
    };
    const leave = (event: BeforeUnloadEvent) => anyChanged() && event.preventDefault();
    window.addEventListener("keydown", press);
    window.addEventListener("beforeunload", leave);
    return () => { window.removeEventListener("keydown", press); window.removeEventListener("beforeunload", leave); };
  }, [onKeys]);
};

const moveRow = (step: number): void => {
  const rows = [...document.querySelectorAll<HTMLElement>(".field, .mapping-row, .card")];
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[Math.min(rows.length - 1, Math.max(0, here + step))];
  row?.querySelector<HTMLElement>("button, a, input")?.focus();
  row?.scrollIntoView({ block: "nearest" });
};
