"""The ledger of facts names switches, code, tests and sources that exist, and misses none."""

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module

import pytest

from destinations.qualtrics.simulator import load_config
from destinations.qualtrics.simulator.config import Config, Directory, User
from destinations.qualtrics.simulator.record_loader import render_record
from tests.qualtrics.facts import (
    DOCUMENTED,
    LIVE,
    OTHERS,
    ROOT,
    UNKNOWN,
    Fact,
    address_of,
    count_marks,
    find_mark_problems,
    load_facts,
    switches_without_a_fact,
)
from tests.qualtrics.test_switches import CASES
from tests.qualtrics.vendor.contract import load_sources

FACTS = load_facts()
IDS = [fact.id for fact in FACTS]
TURNED = {case.switch for case in CASES}
URL = re.compile(r"https://[^\s)`\"'>]+")
DESTINATION = ROOT / "destinations" / "qualtrics"
BULK = ROOT / "destinations" / "qualtrics_bulk"
MODULES = [*DESTINATION.glob("*.py"), *(DESTINATION / "actions").glob("*.py"), *BULK.glob("*.py")]


def leaves(document, path=""):
    """Yield the place of each option of a configuration."""
    for name, value in document.items():
        place = f"{path}.{name}".lstrip(".")
        grouped = isinstance(value, Mapping) and value and "." not in place
        if grouped and name not in ("directories", "users", "tokens"):
            yield from leaves(value, place)
        else:
            yield place


def options():
    """Yield every option of the simulator; those of a directory and a user by their names."""
    yield from leaves(render_record(Config()))
    for group, record in (("directories.POOL_1", Directory()), ("users.*", User())):
        yield from (f"{group}.{name}" for name in render_record(record))


def resolve(reference):
    """Return what `module:name` of the destination names."""
    module, _, name = reference.partition(":")
    package = "destinations" if module.startswith("qualtrics_bulk.") else "destinations.qualtrics"
    found = import_module(f"{package}.{module}")
    for part in name.split("."):
        found = getattr(found, part)
    return found


def has_test(reference):
    path, _, name = reference.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    return f"def {name}(" in text if name else "def test_" in text


def without_www(address):
    return address.replace("://www.", "://").rstrip("/")


def cited_addresses():
    """Yield the addresses in the destination's comments, with the module that cites each."""
    for path in MODULES:
        for line in re.findall(
            r"^\s*#.*(?:\n\s*#.*)*", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            comment = re.sub(r"\n\s*# ?", " ", line)
            yield from ((path.name, found.rstrip(".,;")) for found in URL.findall(comment))


def test_ids_and_statements_are_unique():
    assert len(set(IDS)) == len(FACTS) == len({fact.statement for fact in FACTS})


@pytest.mark.parametrize("fact", FACTS, ids=IDS)
def test_a_fact_is_named_by_a_switch_or_a_test(fact):
    assert fact.switch or fact.tests
    assert all(map(has_test, fact.tests))


@pytest.mark.parametrize("fact", FACTS, ids=IDS)
def test_a_fact_without_documentation_has_a_switch(fact):
    assert fact.mark == DOCUMENTED or fact.switch


@pytest.mark.parametrize("fact", FACTS, ids=IDS)
def test_every_switch_exists_and_is_turned_both_ways(fact):
    known = {re.sub(r"^users\.\*", "users.UR_000000000000001", place) for place in options()}
    modules = [
        ROOT / "tests/qualtrics/test_switches.py",
        ROOT / "tests/qualtrics/simulator/test_imports.py",
        *(ROOT / "tests/qualtrics_bulk").glob("test_*.py"),
    ]
    text = "".join(path.read_text(encoding="utf-8") for path in modules)
    for switch in fact.switch:
        assert switch in known
        assert switch in TURNED or f"`{switch}`" in text


@pytest.mark.parametrize("fact", FACTS, ids=IDS)
def test_the_code_exists_and_what_goes_wrong_is_said(fact):
    assert fact.code
    for reference in fact.code:
        resolve(reference)
    assert fact.if_false.endswith(".")
    assert fact.statement.endswith(".")


@pytest.mark.parametrize("fact", FACTS, ids=IDS)
def test_a_mark_has_what_it_demands(fact):
    assert list(find_mark_problems(fact)) == []
    assert all(source in load_sources() or URL.fullmatch(source) for source in fact.where)


def test_every_switch_plays_a_fact_or_says_why_not():
    played = {switch for fact in FACTS for switch in fact.switch}
    excused = switches_without_a_fact()
    places = {place for place in options() if not place.startswith(("directories", "users."))}
    assert places - played == set(excused)
    assert not played & set(excused)
    assert played >= TURNED


def test_every_source_that_the_code_cites_is_in_the_ledger():
    known = [without_www(address_of(source)) for fact in FACTS for source in fact.where]
    cited = list(cited_addresses())
    assert len(cited) > 20
    missing = [
        (module, address)
        for module, address in cited
        if not any(source.startswith(without_www(address)) for source in known)
    ]
    assert missing == []


def test_every_module_that_doubts_its_source_is_in_the_ledger():
    relied = {reference.partition(":")[0] for fact in FACTS for reference in fact.code}
    doubts = re.compile(
        r"public source|documents no|do not know|We (guess|assume|know)|are guesses", re.IGNORECASE
    )
    for path in MODULES:
        if doubts.search(path.read_text(encoding="utf-8")):
            root = BULK.parent if BULK in path.parents else DESTINATION
            name = path.relative_to(root).with_suffix("").as_posix().replace("/", ".")
            assert name in relied, name


@pytest.fixture
def observed(tmp_path):
    """Return a fact that was observed live, and the folder of its recording."""
    (tmp_path / "merge.yaml").write_text("uri: https://fra1.qualtrics.com/API/v3/whoami\n")
    fact = Fact(
        id="x",
        statement="X.",
        mark=LIVE,
        where=(),
        if_false="Y.",
        code=(),
        date="2026-11-30",
        version="0.1.0",
        recording="merge.yaml",
        recorded_from="account",
    )
    return fact, tmp_path


def test_an_observation_with_its_recording_is_accepted(observed):
    fact, folder = observed
    assert list(find_mark_problems(fact, folder)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"recording": ""}, "needs a recording of a real account"),
        ({"recording": "", "recorded_from": ""}, "needs a recording of a real account"),
        ({"recording": "none.yaml"}, "none.yaml is missing"),
        ({"recorded_from": "simulator"}, "needs a recording of a real account"),
        ({"date": "yesterday"}, "the date of the observation is missing"),
        ({"version": ""}, "the version that made the observation is missing"),
        ({"mark": "certain"}, "the mark 'certain' is unknown"),
        ({"mark": DOCUMENTED}, "no source is a page or a model of Qualtrics"),
        ({"mark": DOCUMENTED, "where": ("w6w",)}, "no source is a page or a model of Qualtrics"),
        ({"mark": OTHERS}, "no source is named"),
    ],
)
def test_a_mark_without_what_it_demands_is_found(observed, changes, problem):
    fact, folder = observed
    problems = list(find_mark_problems(replace(fact, **changes), folder))
    assert any(problem in found for found in problems)


@pytest.mark.parametrize("trace", ["SIM_VALIDATION", "simulated-token", "http://127.0.0.1:4000/"])
def test_a_recording_of_the_simulator_never_counts_as_live(observed, trace):
    fact, folder = observed
    (folder / "merge.yaml").write_text(f"uri: https://fra1.qualtrics.com/\nbody: {trace}\n")
    assert list(find_mark_problems(fact, folder))
    played = replace(fact, mark=UNKNOWN, recorded_from="simulator")
    assert list(find_mark_problems(played, folder)) == []
    assert count_marks([played])[LIVE] == 0


def test_the_configuration_of_each_switch_loads():
    for case in CASES:
        assert case.expected
    assert load_config({})
