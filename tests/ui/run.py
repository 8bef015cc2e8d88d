"""Draws the published forms in the generators that UI teams use, in a real browser.

    python -m tests.ui.run
    python -m tests.ui.run DEFINITIONS=a/folder/of/definitions COUNT=20000
    python -m tests.ui.run DEFINITIONS=a/folder/of/definitions FORMS=24 SEED=7

Settings and actions of Qualtrics, and of every published definition in the folder, are drawn by
rjsf and by JSON Forms with the samples of docs/ui.md. What a person sees is compared with what the
definition says, and axe looks at it. Saved mappings and settings are loaded, passed through and
submitted: the bytes must be the same. The forms of Qualtrics are filled in by typing, and what they
yield goes through `dkit check` and `dkit preview`. Strict Ajv compiles every published schema, and
its verdict on generated mappings is compared with the kit's. Seeded faults must be found. Last, the
JSON service of VS Code has to complete and check an instance file. `FORMS` draws a random sample
of the definitions' forms, of a seed that is printed: each takes some seconds. Ends with 0 where all
is well, 1 where something is not, 2 where there is no Node or no browser. Screenshots are in
.cache/ui/screenshots.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from destination_kit import Catalog, Destination
from destination_kit.cli.rendering import render_json_line
from destination_kit.publish import vocabulary
from destination_kit.segment import read_definition
from destinations.qualtrics import QUALTRICS
from tests.conformance import oracle
from tests.ui import editing, faults, filling, verdicts
from tests.ui.forms import GENERATORS, Form, forms, publish

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache" / "ui"
SAMPLE = re.compile(r"^```jsx\n(// (\S+)\n.*?)^```$", re.DOTALL | re.MULTILINE)


def main(words: Sequence[str]) -> int:
    """Draw and examine everything, print what is wrong, return the exit code."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if browser is None:
        print("Drawing forms needs Chromium: apt-get install chromium, or name it in CHROMIUM.")
        return 2
    try:
        build()
    except oracle.UnavailableError as problem:
        print(problem, file=sys.stderr)
        return 2
    given = dict(word.split("=", 1) for word in words)
    imported = _read_definitions(given.get("DEFINITIONS"))
    asked = [*_qualtrics(), *_sample([*_imported(imported)], given), *_faulty()]
    results = draw(asked, browser)
    editor = [oracle.node(), str(CACHE / "editor.mjs")]
    wrong = [
        *_findings(asked, results),
        *_unfit(results),
        *_refused(imported, int(given.get("COUNT", 20_000))),
        *editing.wrong_help(editor, ROOT / "schemas"),
    ]
    print("\n".join(wrong))
    _print_summary(asked, results)
    print(f"{len(wrong)} findings; screenshots in {CACHE / 'screenshots'}")
    return 1 if wrong else 0


def _print_summary(asked: Sequence[Form], results: dict[str, Any]) -> None:
    sound = [results[form["id"]] for form in asked if "seeded" not in form]
    kinds = Counter(found["kind"] for result in sound for found in result["findings"])
    trips = sum(result["trips"] for result in sound)
    print(f"{len(sound)} forms drawn, {len(asked) - len(sound)} seeded faults")
    print(f"round trips: {trips} mappings and settings, {kinds['trip']} changed or refused")
    print(f"axe: {kinds['axe']} violations")


def _refused(imported: Mapping[str, Destination], count: int) -> Iterator[str]:
    """Yield the schemas that strict Ajv refuses, and the verdicts that differ from the kit's."""
    folder = CACHE / "published"
    shutil.rmtree(folder, ignore_errors=True)
    own = folder / "own"
    own.mkdir(parents=True)
    for path in (ROOT / "schemas").glob("*.schema.json"):
        shutil.copy(path, own)
    (folder / "vocabulary.json").write_text(render_json_line(vocabulary()), encoding="utf-8")
    destinations = {"qualtrics": _installed(), **imported}
    for name, destination in destinations.items():
        publish(destination, folder / name)
    compiled = [*verdicts.schemas(folder)]
    questions = [*compiled, *verdicts.mappings(destinations, count)]
    answers = verdicts.ask([oracle.node(), str(CACHE / "verdicts.mjs")], folder, questions)
    print(f"strict Ajv compiles {answers.count('boolean')} of {len(compiled)} published schemas")
    found = [*verdicts.wrong_verdicts(questions, answers)]
    print(f"verdicts: {len(questions) - len(compiled)} mappings compared")
    yield from found


def build() -> None:
    """Build the page: the samples of docs/ui.md, and around them what shows and reads a form."""
    oracle.install(HERE, CACHE)
    page = CACHE / "page"
    shutil.copytree(HERE / "page", page, dirs_exist_ok=True)
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, CACHE)
    for text, name in SAMPLE.findall((ROOT / "docs" / "ui.md").read_text(encoding="utf-8")):
        (page / name).write_text(text, encoding="utf-8")
    for script in (ROOT / "schemas").glob("*.js*"):
        if script.suffix in (".js", ".jsx"):
            shutil.copy(script, page)
    vite = [oracle.node(), "node_modules/vite/bin/vite.js", "build", "page"]
    options = ["--outDir", "../dist", "--emptyOutDir", "--logLevel", "error"]
    subprocess.run([*vite, *options], cwd=CACHE, check=True, capture_output=True)


def draw(asked: Sequence[Form], browser: str) -> dict[str, Any]:
    """Return what was found in each form, by its id, and what it yields."""
    (CACHE / "forms.json").write_text(json.dumps(asked), encoding="utf-8")
    command = [oracle.node(), str(CACHE / "browser.mjs"), str(CACHE)]
    subprocess.run(command, check=True, env={**os.environ, "CHROMIUM": browser})
    results = json.loads((CACHE / "results.json").read_text(encoding="utf-8"))
    return {each["id"]: each for each in results}


def _installed() -> Destination:
    """Return Qualtrics with the action of bulk imports, which a plugin adds."""
    return Catalog.installed().destinations[QUALTRICS.slug]


def _qualtrics() -> Iterator[Form]:
    publish(_installed(), CACHE / "qualtrics")
    for each in forms(_installed(), "qualtrics"):
        slug = each["name"].removeprefix("qualtrics/")
        yield each | {
            "thorough": True,
            "screenshot": f"{slug}-{each['generator']}",
            "fill": filling.STEPS.get(slug, filling.SETTINGS),
        }


def _read_definitions(folder: str | None) -> dict[str, Destination]:
    paths = sorted(Path(folder).glob("*.json")) if folder else []
    return {
        path.stem: read_definition(json.loads(path.read_text(encoding="utf-8"))).destination
        for path in paths
    }


def _imported(destinations: Mapping[str, Destination]) -> Iterator[Form]:
    for name, destination in destinations.items():
        publish(destination, CACHE / "imported" / name)
        for form in forms(destination, f"imported/{name}"):
            # A picture of the first action of each, to be looked at.
            is_first = form["name"].endswith(f"/{next(iter(destination.actions))}")
            picture = {"screenshot": f"{name}-{form['generator']}"} if is_first else {}
            yield form | picture


def _sample(found: list[Form], given: Mapping[str, str]) -> list[Form]:
    """Return as many forms as `FORMS` asks for, at random; all without it."""
    if "FORMS" not in given:
        return found
    seed = int(given.get("SEED", SystemRandom().randrange(1_000_000)))
    count = min(int(given["FORMS"]), len(found))
    print(f"a sample of {count} of {len(found)} forms of other destinations: SEED={seed}")
    return Random(seed).sample(found, count)  # noqa: S311 - a seed draws the same sample again


def _faulty() -> Iterator[Form]:
    """Yield the settings of Qualtrics again, with one fault each."""
    folder = CACHE / "faulty"
    folder.mkdir(exist_ok=True)
    for form in list(forms(_installed(), "qualtrics"))[: len(GENERATORS)]:
        documents = [json.loads((CACHE / form[each]).read_text()) for each in ("schema", "layout")]
        for fault, kind, faulty, *spoilt in faults.seeded(form, *documents):
            names = [f"faulty/{form['generator']}-{fault}-{each}.json" for each in ("schema", "ui")]
            for name, document in zip(names, spoilt, strict=True):
                (CACHE / name).write_text(json.dumps(document), encoding="utf-8")
            told = {"id": f"{fault} in {form['generator']}", "seeded": kind}
            starts = [start | {"schema": names[0]} for start in faulty["starts"]]
            place = dict(zip(("schema", "layout"), names, strict=True))
            yield faulty | told | place | {"starts": starts}


def _findings(asked: Sequence[Form], results: dict[str, Any]) -> Iterator[str]:
    for form in asked:
        found = results[form["id"]]["findings"]
        if "seeded" not in form:
            yield from (f"{form['id']}: {each['message']}" for each in found)
        elif form["seeded"] not in {each["kind"] for each in found}:
            yield f"nobody noticed {form['id']}"


def _unfit(results: dict[str, Any]) -> Iterator[str]:
    """Take what the forms of Qualtrics yield through `dkit`."""
    yielded = {name: each["yields"] for name, each in results.items() if each.get("yields")}
    for generator in GENERATORS:
        for message in filling.wrong_payloads(yielded, generator, CACHE):
            yield f"filled in with {generator}: {message}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
