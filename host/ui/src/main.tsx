/** Start of the page. */
import { StrictMode, useCallback, useEffect, useState } from "react";
import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError, api, useToken } from "./api";
import { CatalogScreen } from "./catalog-screen";
import "./console.css";
import { hold, useDraft } from "./draft";
import { InstanceList, InstanceScreen } from "./instance-screen";
import { MappingScreen } from "./mapping-screen";
import { With, useLoaded } from "./parts";
import { useRoute } from "./route";
import { KeyList, PlainBar, Rail, useKeys } from "./shell";
import { t } from "./texts";
import { applyTheme } from "./theme";

/** The frame of a screen that is not there yet, or cannot be. */
const Framed = ({ title, children }: { title: string; children: ReactNode }) => <>
  <PlainBar title={title} />
  <main className="content" id="content" tabIndex={-1}>{children}</main>
</>;

const InstanceRoute = ({ name, mapping }: { name: string; mapping: number | undefined }) => {
  const loaded = useLoaded(`instance ${name}`, async () => { const found = await api.instance(name); hold(found); return found; });
  const draft = useDraft(name);
  if (loaded.state !== "ready") return <Framed title={name}><With loaded={loaded}>{() => null}</With></Framed>;
  return <With loaded={loaded}>{(instance) => {
    const current = draft?.saved ?? instance;
    if (mapping === undefined) return <InstanceScreen key={name} instance={current} />;
    return <MappingScreen key={`${name}/${mapping}`} instance={current} index={mapping} />;
  }}</With>;
};

const TokenPage = ({ onGiven }: { onGiven: () => void }) => {
  const [token, setToken] = useState("");
  return <main className="overlay"><form className="dialog" onSubmit={(event) => { event.preventDefault(); useToken(token); onGiven(); }}>
    <h1>{t("product")}</h1><p className="soft">{t("tokenText")}</p>
    <input className="input mono" type="password" autoComplete="off" autoFocus aria-label={t("token")} value={token} onChange={(event) => setToken(event.target.value)} />
    <footer><button className="button primary">{t("signIn")}</button></footer>
  </form></main>;
};

const Console = () => {
  const route = useRoute();
  const [areKeysShown, setKeysShown] = useState(false);
  const showKeys = useCallback(() => setKeysShown(true), []);
  const listed = useLoaded("instances", async () => (await api.instances()).instances);
  useKeys(showKeys);
  useEffect(() => {
    document.title = [route.instance ?? t(route.screen), t("product")].join(" · ");
    document.getElementById("content")?.focus({ preventScroll: true });
  }, [route]);
  if (listed.state === "failed" && listed.error instanceof ApiError && listed.error.status === 401) return <TokenPage onGiven={listed.retry} />;
  const instances = listed.state === "ready" ? listed.value : [];
  return <>
    <a className="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById("content")?.focus(); }}>{t("skip")}</a>
    <div className="shell">
      <Rail instances={instances} onKeys={showKeys} />
      {route.screen === "catalog" ? <CatalogScreen />
        : route.instance ? <InstanceRoute name={route.instance} mapping={route.mapping} />
          : listed.state === "ready" ? <InstanceList instances={listed.value} />
            : <Framed title={t("instances")}><With loaded={listed}>{() => null}</With></Framed>}
      {areKeysShown && <KeyList onClose={() => setKeysShown(false)} />}
    </div>
  </>;
};
applyTheme();
createRoot(document.getElementById("console")!).render(<StrictMode><Console /></StrictMode>);
