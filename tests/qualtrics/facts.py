"""Ledger of the facts about Qualtrics that the destination relies on, and its rules."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.qualtrics.vendor.contract import load_sources

ROOT = Path(__file__).parents[2]
LEDGER = Path(__file__).with_name("facts.toml")
DOCUMENTED, OTHERS, LIVE, UNKNOWN = (
    "documented",
    "observed by others",
    "observed live",
    "unknown",
)
MARKS = (DOCUMENTED, OTHERS, LIVE, UNKNOWN)
#: Kinds of sources that are Qualtrics' own word.
VENDOR_KINDS = ("vendor model", "vendor page")
#: Traces that a recording has of the simulator.
_SIMULATOR_TRACES = re.compile(r"\bSIM_[A-Z]|simulated|127\.0\.0\.1|localhost|/_sim/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact about Qualtrics that the destination relies on."""

    id: str
    statement: str
    mark: str
    #: Keys of the vendor's sources, or addresses.
    where: Sequence[str]
    #: What goes wrong if the fact is false.
    if_false: str
    #: `module:name` of the code that relies on it.
    code: Sequence[str]
    #: Places in the simulator's configuration that play it.
    switch: Sequence[str] = ()
    #: Further tests, as `path::name`.
    tests: Sequence[str] = ()
    #: The date of our observation, and the version of this project.
    date: str = ""
    version: str = ""
    #: A recording of exchanges, and what it was made of: `account` or `simulator`.
    recording: str = ""
    recorded_from: str = ""


def load_areas() -> Mapping[str, Sequence[Fact]]:
    """Return the facts of the ledger by the title of their area."""
    areas = tomllib.loads(LEDGER.read_text(encoding="utf-8"))["area"]
    return {area["title"]: [Fact(**fact) for fact in area["fact"]] for area in areas}


def load_facts() -> list[Fact]:
    """Return all facts of the ledger."""
    return [fact for facts in load_areas().values() for fact in facts]


def switches_without_a_fact() -> Mapping[str, str]:
    """Return the switches that play no fact, with the reason."""
    return tomllib.loads(LEDGER.read_text(encoding="utf-8"))["no_fact"]


def find_mark_problems(fact: Fact, root: Path = ROOT) -> Iterator[str]:
    """Yield what a fact's mark lacks: a page of the vendor, a source, or a recording."""
    if fact.mark not in MARKS:
        yield f"the mark {fact.mark!r} is unknown"
    if fact.mark == DOCUMENTED and not any(map(_is_of_the_vendor, fact.where)):
        yield "no source is a page or a model of Qualtrics"
    if fact.mark == OTHERS and not fact.where:
        yield "no source is named"
    if fact.recording:
        yield from _find_recording_problems(fact, root)
    if fact.mark == LIVE:
        yield from _find_live_problems(fact)


def address_of(source: str) -> str:
    """Return the address of a source."""
    known = load_sources().get(source)
    if known is None:
        return source
    if repository := known.get("repository"):
        return f"https://github.com/{repository}/blob/{known.get('commit', 'HEAD')}/{known['path']}"
    return known.get("address", "")


def count_marks(facts: Sequence[Fact]) -> Mapping[str, int]:
    """Return how many facts have each mark; a recording of the simulator changes none."""
    counts = Counter(fact.mark for fact in facts)
    return {mark: counts[mark] for mark in MARKS}


def _find_live_problems(fact: Fact) -> Iterator[str]:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", fact.date):
        yield "the date of the observation is missing"
    if not fact.version:
        yield "the version that made the observation is missing"
    if not fact.recording or fact.recorded_from != "account":
        yield "an observation needs a recording of a real account"


def _find_recording_problems(fact: Fact, root: Path) -> Iterator[str]:
    path = root / fact.recording
    if fact.recorded_from not in ("account", "simulator"):
        yield "recorded_from is account or simulator"
    if not path.is_file():
        yield f"the recording {fact.recording} is missing"
        return
    trace = _SIMULATOR_TRACES.search(path.read_text(encoding="utf-8"))
    if trace and fact.recorded_from == "account":
        yield f"the recording was made against the simulator: it has {trace[0]}"


def _is_of_the_vendor(source: str) -> bool:
    kind = load_sources().get(source, {}).get("kind")
    return kind in VENDOR_KINDS or bool(re.match(r"https://([\w-]+\.)?qualtrics\.com/", source))
