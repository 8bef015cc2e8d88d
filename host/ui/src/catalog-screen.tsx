/** The catalog: every installed destination, and what is wrong with any. */
import { api } from "./api";
import { Description, With, useLoaded } from "./parts";
import { PlainBar } from "./shell";
import { t } from "./texts";

export const CatalogScreen = () => {
  const loaded = useLoaded("catalog", api.destinations);
  return <>
    <PlainBar title={t("catalog")} />
    <main className="content" id="content" tabIndex={-1}><With loaded={loaded}>{({ destinations, leftOut }) => (
      <div className="page">
        {leftOut.map(({ plugin, message }) => <p key={plugin} className="note bad"><strong>{t("leftOut")}: {plugin}.</strong> {message}</p>)}
        {destinations.length === 0 && <p className="note plain">{t("noDestinations")}</p>}
        <div className="cards">{destinations.map((destination) => (
          <article className="card" key={destination.slug} aria-label={destination.name}>
            <div className="head"><h2>{destination.name}</h2>{destination.problems.length > 0 && <span className="tag bad">{t("problems", { n: destination.problems.length })}</span>}</div>
            <p className="soft"><Description text={destination.description} /></p>
            <p className="small faint"><code>{destination.slug}</code>{destination.plugin && ` · ${destination.plugin}`} · {t("actions", { n: destination.actions.filter(({ hidden }) => !hidden).length })}</p>
            <ul className="row-line">{destination.actions.filter(({ hidden }) => !hidden).map(({ slug, title }) => <li key={slug} className="tag">{title}</li>)}</ul>
            {destination.problems.map((problem) => <p key={problem.path + problem.code} className="note bad small"><code>{problem.path}</code> {problem.message}</p>)}
          </article>
        ))}</div>
      </div>
    )}</With></main>
  </>;
};
