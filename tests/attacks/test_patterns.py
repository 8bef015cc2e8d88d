"""Bounds before patterns: no text of an event, a mapping or a trigger meets a pattern unbounded.

Each attempt is a text that took long, or that a pattern or parser should never have seen. All run
in one child process; its processor time is measured.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from re import _constants, _parser
from time import process_time
from types import ModuleType

import pytest

import destination_kit
import destinations.qualtrics
from destination_kit import ConfigurationError, IntegrationError, PayloadValidationError
from destination_kit._javascript import string_to_number
from destination_kit.catalog import Catalog
from destination_kit.errors import DefinitionError, TriggerError
from destination_kit.fields import FORMATS, compile_validator, dates, parse_date_like
from destination_kit.fields.dates import find_doubtful_epoch
from destination_kit.fql import compile_trigger, node_from_json, reading_warnings
from destination_kit.http import RequestPolicy, prepare_request
from destination_kit.mapping import compile_mapping
from destination_kit.schema_checks import check_schema
from destinations.qualtrics.workflows import check_workflow_url
from tests.attacks.measuring import ALLOWANCE, Meter, Runner

pytestmark = pytest.mark.attack

#: Seconds of processor time.
BOUND = 0.05
LONG = 950_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A text for one of the functions below, and what becomes of it."""

    #: Name of a function in this module.
    run: str
    #: What it is given: text is `prefix`, then `unit` up to the length, then `suffix`.
    name: str = ""
    prefix: str = ""
    unit: str = "a"
    suffix: str = ""
    length: int = LONG
    #: What the function returns.
    answer: object = False
    #: Whether it held before the bounds were set.
    held: bool = False

    def text(self) -> str:
        """Return the hostile text."""
        count = (self.length - len(self.prefix) - len(self.suffix)) // len(self.unit)
        return self.prefix + self.unit * count + self.suffix


def has_format(name: str, text: str) -> bool:
    return FORMATS[name](text)


def matches_pattern(pattern: str, text: str) -> object:
    """Return whether a field with this pattern takes a text, `"refused"` for a refused pattern."""
    schema = {"properties": {"f": {"type": "string", "pattern": pattern}}}
    try:
        return not compile_validator(schema)({"f": text})[1]
    except DefinitionError:
        return "refused"


def check_pattern(pattern: str, _text: str) -> bool:
    """Return whether `doctor`, `check` and `configure` take a definition with this pattern."""
    schema = {"type": "object", "properties": {"f": {"type": "string", "pattern": pattern}}}
    return not check_schema(schema)


def matches_key(pattern: str, text: str) -> bool:
    schema = {
        "properties": {"f": {"type": "object", "patternProperties": {pattern: {"type": "string"}}}}
    }
    return not compile_validator(schema)({"f": {text: 1}})[1]


def is_date(_name: str, text: str) -> bool:
    return parse_date_like(text) is not None


def is_doubtful(_name: str, text: str) -> bool:
    return find_doubtful_epoch(text) is not None


def is_number(_name: str, text: str) -> bool:
    number = string_to_number(text)
    return number == number  # noqa: PLR0124 - not a NaN


def is_trigger(_name: str, text: str) -> object:
    try:
        return compile_trigger(text) is not None
    except TriggerError as error:
        return error.problems[0].code


def reads_as_reference(_name: str, text: str) -> int:
    return len(reading_warnings(text))


def is_tree(_name: str, text: str) -> object:
    comparison = {"type": "event", "operator": "=", "value": "a"}
    tree = {"type": "group", "operator": "and", "children": [comparison] * len(text)}
    try:
        return node_from_json(tree) is not None
    except TriggerError as error:
        return error.problems[0].code


def matches_trigger(trigger: str, text: str) -> bool:
    return compile_trigger(trigger)({"type": "track", "event": text, "properties": {"t": text}})


def matches_list(trigger: str, text: str) -> bool:
    """Return whether a tuple, which is no list of JSON, matches a trigger."""
    event = {"type": "track", "properties": {"t": tuple(text)}}
    return compile_trigger(trigger)(event)


def is_tree_of_searches(_name: str, text: str) -> object:
    comparison = {"type": "event", "operator": "contains", "value": "a"}
    tree = {"type": "group", "operator": "or", "children": [comparison] * len(text)}
    try:
        return node_from_json(tree) is not None
    except TriggerError as error:
        return error.problems[0].code


def any_of(comparison: str, count: int = 100) -> str:
    """Return a trigger of so many comparisons, none of which holds."""
    return " or ".join(comparison.format(number) for number in range(1000, 1000 + count))


def is_request(_name: str, text: str) -> object:
    try:
        return prepare_request(RequestPolicy(hosts=("*.example.com",)), "GET", text, {}) is not None
    except IntegrationError as error:
        return error.code


def is_request_with_params(name: str, text: str) -> object:
    policy = RequestPolicy(hosts=("*.example.com",))
    try:
        options = {"params": {name: text}}
        return prepare_request(policy, "GET", "https://a.example.com/x", options) is not None
    except IntegrationError as error:
        return error.code


def is_workflow_url(_name: str, text: str) -> bool:
    try:
        check_workflow_url(text)
    except PayloadValidationError:
        return False
    return True


def resolve(directive: str, text: str) -> object:
    """Return the length of what a directive makes of a text, `"refused"` for none."""
    value = {"@path": "$.t"}
    argument = {
        "@path": value,
        "@template": value,
        "@replace": {"pattern": "ab", "replacement": "$&", "ignorecase": True, "value": value},
        "@case": {"operator": "upper", "value": value},
        "@liquid": "{{ t | date: '%Y' }}",
    }[directive]
    try:
        return len(compile_mapping({"f": {directive: argument}})({"t": text}).get("f") or "")
    except PayloadValidationError:
        return "refused"


def configure_trigger(_name: str, text: str) -> object:
    document = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": "token", "datacenter": "iad1"},
        "subscriptions": [
            {"action": "addContactToXmd", "trigger": text, "useDefaultMapping": True}
        ],
    }
    try:
        Catalog.of(destinations.qualtrics.QUALTRICS).configure(document)
    except ConfigurationError as error:
        return sorted({problem.code for problem in error.problems} & {"FQL_TOO_LARGE"})
    return []


NESTED = r"^(a+)+$"
ATTEMPTS = (
    # Dates: 1 MB of what each notation repeats.
    Attempt(run="is_date", unit="1"),
    Attempt(run="is_date", prefix="2024-01-15T10:30:00.", unit="0", suffix="x", held=True),
    Attempt(run="is_date", prefix="2024-01-15 10:30 ", unit="(a)", held=True),
    Attempt(run="is_date", prefix="15 Jan 2024 10:30 ", unit="(", suffix=")", held=True),
    Attempt(run="is_date", prefix="2024-01-15", unit=" ", suffix="Q", held=True),
    Attempt(run="is_date", prefix="Mon", unit="d", suffix=" Jan 15 2024"),
    Attempt(run="is_doubtful", unit="2", held=True),
    Attempt(run="has_format", name="date", prefix="2024-01-1", unit="5", held=True),
    Attempt(run="has_format", name="time", prefix="10:30:00.", unit="0", suffix="Z"),
    Attempt(run="has_format", name="date-time", unit="2024-01-15T", held=True),
    Attempt(run="has_format", name="duration", prefix="P", unit="1", suffix="Y"),
    Attempt(run="has_format", name="date-like", prefix="1", unit="7", held=True),
    # Names and addresses.
    Attempt(run="has_format", name="email", unit="a", suffix="@", held=True),
    Attempt(run="has_format", name="email", prefix="a@", unit="a.", suffix="!", held=True),
    Attempt(run="has_format", name="email", prefix="a@", unit="a-", suffix="@", held=True),
    Attempt(run="has_format", name="hostname", unit="a.", held=True),
    Attempt(run="has_format", name="ipv4", unit="1.", held=True),
    Attempt(run="has_format", name="ipv6", unit="1:", held=True),
    Attempt(run="has_format", name="uuid", unit="a", held=True),
    Attempt(run="has_format", name="uri", prefix="http://a/", unit="%41", suffix="|", held=True),
    Attempt(run="has_format", name="uri", prefix="http://", unit="a", suffix="@@"),
    Attempt(run="has_format", name="uri-reference", unit="/a", suffix="|"),
    Attempt(run="has_format", name="uri-template", unit="{a}", suffix="{", held=True),
    Attempt(run="has_format", name="uri-template", unit="é", suffix="{", held=True),
    Attempt(run="has_format", name="url", prefix="http://", unit="a-", suffix="!", held=True),
    Attempt(run="has_format", name="url", prefix="http://", unit="a@", held=True),
    Attempt(run="has_format", name="json-pointer", unit="/~0", suffix="~", held=True),
    Attempt(
        run="has_format",
        name="json-pointer-uri-fragment",
        prefix="#",
        unit="/~1",
        suffix="~",
        held=True,
    ),
    Attempt(run="has_format", name="relative-json-pointer", unit="9", suffix="!", held=True),
    Attempt(run="has_format", name="byte", unit="AAAA", suffix="!", held=True),
    # Regular expressions as values: to compile them takes longer than to match them.
    Attempt(run="has_format", name="regex", unit="(a)"),
    Attempt(run="has_format", name="regex", unit="[Ā-ź]"),
    Attempt(run="has_format", name="regex", unit="["),
    Attempt(run="has_format", name="regex", unit="a{1,9}"),
    # Patterns of authors.
    Attempt(run="matches_pattern", name=NESTED, suffix="!", length=40, answer="refused"),
    Attempt(run="matches_pattern", name=r"(x+x+)+y", unit="x", length=40, answer="refused"),
    Attempt(run="matches_pattern", name=r"^(\w+\s?)*$", suffix="!", length=50, answer="refused"),
    Attempt(run="matches_pattern", name=r"^(a|aa)+$", suffix="!", length=60, answer="refused"),
    Attempt(run="matches_pattern", name=r"(a?){40}a{40}", length=39, answer="refused"),
    Attempt(run="matches_pattern", name=r"^(.*)(.*)(.*)(.*)=", length=2_000, answer="refused"),
    Attempt(run="matches_pattern", name=r"^(?:a*)*b$", length=40, answer="refused"),
    Attempt(run="matches_pattern", name=r"a+b", length=300_000),
    Attempt(run="matches_pattern", name=r"^.*a.*b$", length=100_000),
    Attempt(run="matches_pattern", name=r"\s+$", unit=" ", suffix="x", length=200_000),
    Attempt(run="matches_pattern", name=r"^(.+)\1$", suffix="b", length=200_000),
    Attempt(run="matches_pattern", name=r"(?=.*b)", length=200_000),
    Attempt(run="check_pattern", name=r"^([a-z]+)*$", answer=False),
    Attempt(run="check_pattern", name=r"^(?:\d+|\d+\.)+$", answer=False),
    Attempt(run="check_pattern", name="(" * 12 + "a" + "{1,2})" * 12, answer=False),
    Attempt(run="check_pattern", name="(" * 16 + "a" + "c)*" * 16, answer=False),
    Attempt(run="check_pattern", name="a?" * 200, answer=False),
    Attempt(run="check_pattern", name="[ab]" * 20_000, answer=False),
    Attempt(run="check_pattern", name="(?:" * 30 + "a" + "b)?" * 30, answer=True, held=True),
    Attempt(run="check_pattern", name=r"^[a-z]+(?:-[a-z]+)*$", answer=True, held=True),
    Attempt(run="matches_key", name=r"^(a|ab)(b?c)*d$", length=200_000, answer=True, held=True),
    # Numbers in text.
    Attempt(run="is_number", unit="1", answer=False),
    Attempt(run="is_number", prefix="0x", unit="f", answer=False),
    Attempt(run="is_number", unit=" ", suffix="1", answer=True, held=True),
    # Triggers.
    Attempt(run="is_trigger", prefix='type = "', unit="a", suffix='"', answer="FQL_TOO_LARGE"),
    Attempt(run="is_trigger", unit='type = "a" and ', answer="FQL_TOO_LARGE"),
    Attempt(run="is_trigger", unit="(", answer="FQL_TOO_LARGE"),
    Attempt(run="is_trigger", prefix="properties", unit=" . a", answer="FQL_TOO_LARGE"),
    Attempt(run="configure_trigger", unit='event = "b" or ', answer=["FQL_TOO_LARGE"]),
    Attempt(run="reads_as_reference", unit='type = "a" OR ', answer=0),
    Attempt(run="is_tree", length=300_000, answer="FQL_TREE"),
    Attempt(run="matches_trigger", name='match(event, "a*")', answer=True, held=True),
    Attempt(run="matches_trigger", name='contains(properties.t, "aaab")', answer=False, held=True),
    Attempt(run="matches_trigger", name='properties.t.3 = "a"', answer=True, held=True),
    Attempt(run="matches_trigger", name=any_of('contains(properties.t, "{}b")'), held=True),
    Attempt(
        run="matches_trigger", name=any_of('contains(properties.t, "a{}")'), unit="é", held=True
    ),
    Attempt(
        run="matches_trigger",
        name=any_of("properties.t.length = {}"),
        held=True,
        unit="\U0001f600",
        length=240_000,
    ),
    Attempt(
        run="matches_trigger",
        name=any_of("properties.t.length = {}"),
        unit="\ud83d",
        length=320_000,
    ),
    Attempt(
        run="matches_trigger",
        name=any_of('properties.t.30{} = "z"'),
        unit="\U0001f600",
        length=240_000,
    ),
    Attempt(
        run="matches_trigger", name=any_of('properties.t.20{} = "z"'), unit="\ud83d", length=320_000
    ),
    Attempt(held=True, run="matches_list", name=any_of("properties.t > {}", 200), length=400_000),
    Attempt(
        run="is_trigger",
        unit='contains(event, "b") or ',
        suffix='type = "a"',
        length=4_000,
        answer="FQL_TOO_LARGE",
    ),
    Attempt(
        run="is_trigger",
        unit='!contains(event, "b") and ',
        suffix='type = "a"',
        length=4_000,
        answer="FQL_TOO_LARGE",
    ),
    Attempt(
        run="is_trigger",
        unit="traits.a.length > 1 or ",
        suffix='type = "a"',
        length=4_000,
        answer="FQL_TOO_LARGE",
    ),
    Attempt(
        run="is_trigger",
        unit='context.a.7 = "b" or ',
        suffix='type = "a"',
        length=4_000,
        answer="FQL_TOO_LARGE",
    ),
    Attempt(run="is_tree_of_searches", length=101, answer="FQL_TREE"),
    # URLs.
    Attempt(run="is_request", prefix="https://a.example.com/", answer="INVALID_URL", held=True),
    Attempt(run="is_request", prefix="https://", unit="a.", answer="INVALID_URL", held=True),
    Attempt(
        run="is_request",
        prefix="https://a.example.com/?",
        unit="%",
        answer="INVALID_URL",
        held=True,
    ),
    Attempt(run="is_request_with_params", name="q", unit="ä", answer="INVALID_URL", held=True),
    Attempt(run="is_workflow_url", prefix="https://a.qualtrics.com/inbound-event", unit="/a"),
    # Directives.
    Attempt(run="resolve", name="@path", unit="a.", answer="refused"),
    Attempt(run="resolve", name="@path", unit="['a']", answer="refused"),
    Attempt(run="resolve", name="@template", unit="}", answer="refused"),
    Attempt(run="resolve", name="@template", unit="{{t}}", answer="refused", held=True),
    Attempt(run="resolve", name="@replace", unit="aB", answer="refused"),
    Attempt(run="resolve", name="@replace", unit="é", length=400_000, answer=400_000, held=True),
    Attempt(run="resolve", name="@liquid", unit="2024 ", answer=LONG, held=True),
)


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner(__name__)
    runner.run("attempt", -1)  # imports, and the caches of patterns
    yield runner
    runner.close()


def attempt(index: int, meter: Meter) -> object:
    """Run an attempt in the child process; imports and caches are made first."""
    if index < 0:
        return None
    described = ATTEMPTS[index]
    function, text = globals()[described.run], described.text()
    function(described.name, described.unit)
    meter.start()
    answer = function(described.name, text)
    meter.stop()
    return answer


def _label(described: Attempt) -> str:
    parts = (described.run, described.name, described.prefix, described.unit, described.suffix)
    return "-".join(part[:24] for part in parts if part)


@pytest.mark.parametrize("index", range(len(ATTEMPTS)), ids=map(_label, ATTEMPTS))
def test_a_text_is_bounded_before_a_pattern_sees_it(runner, index):
    measured = runner.run("attempt", index)
    assert measured.answer == ATTEMPTS[index].answer
    assert measured.seconds < BOUND * ALLOWANCE


def test_at_most_half_of_the_attempts_held_before():
    assert 2 * sum(described.held for described in ATTEMPTS) <= len(ATTEMPTS)


# Every compiled pattern of the packages, tried on texts made of its own characters.

SEARCHING = ("search", "sub", "split", "findall", "finditer")
BEGINNINGS = ("", "https://a.b/", "a@", "2024-01-15 10:30 ", '"', "{{", "(")
MORE_UNITS = (
    *("%41", "(a)", "\\a", "[a]", "[a](", "{{a}}", "{{a", "/a", "a=1,", '"a"', "type ", "1Y"),
    *("mon ", "x.y.", "a-", "-.", "a@", "\n ", "\n#", ". a", "''", "a\\", "\r\n", "é", "\u3000"),
)
ENDS = ("!", "\0")
SIZE = 2_000
#: Seconds that a linear pattern never takes for so many characters, on a slow machine either.
SUSPICIOUS = 0.004


def list_patterns() -> list[tuple[str, re.Pattern[str], bool]]:
    """Return the name of each pattern, the pattern, and whether the code searches with it."""
    found = {pattern: (name, False) for name, pattern in _iter_hidden_patterns()}
    for module in _iter_modules():
        source = Path(module.__file__).read_text(encoding="utf-8")
        for name, value in vars(module).items():
            for pattern, method in _iter_patterns_in(value):
                searches = any(f"{name}.{search}" in source for search in SEARCHING)
                _, searched = found.get(pattern, ("", False))
                is_search = searched or searches or method in SEARCHING
                found[pattern] = (f"{module.__name__}.{name}", is_search)
    return [(name, pattern, searches) for pattern, (name, searches) in found.items()]


def _iter_patterns_in(value: object) -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield the patterns that a name of a module stands for, alone or in a container."""
    values = value.values() if isinstance(value, Mapping) else value
    for member in values if isinstance(values, list | tuple | set) else [value]:
        pattern = getattr(member, "__self__", member)
        if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str):
            yield pattern, getattr(member, "__name__", "")


def _iter_hidden_patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the patterns that are compiled at their first use."""
    for name, is_of_format in FORMATS.items():
        for cell in is_of_format.__closure__ or ():
            if hasattr(cell.cell_contents, "cache_info"):
                yield f"the format {name}", cell.cell_contents()
    strict, loose = dates._compile_strict_patterns(), dates._compile_loose_pattern()  # noqa: SLF001 - no other name leads to them
    for pattern in (*strict, loose):
        yield f"the date {pattern.pattern[:30]}", pattern


def _iter_modules() -> Iterator[ModuleType]:
    for package in (destination_kit, destinations.qualtrics):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not info.name.endswith("__main__"):
                yield importlib.import_module(info.name)


def list_units(pattern: re.Pattern[str]) -> list[str]:
    """Return texts to repeat: the characters of a pattern, alone and in pairs."""
    points: set[int] = set()
    pending: list[object] = [_parser.parse(pattern.pattern, pattern.flags)]
    for node in pending:
        if isinstance(node, list | tuple | _parser.SubPattern):
            pending.extend(node)
        elif isinstance(node, int) and not isinstance(node, type(_constants.LITERAL)):
            points.add(node)
    chars = sorted({chr(point) for point in points if 9 <= point < 0xD800} | set("a0 .-\n"))
    return [*chars, *map("".join, product(chars[:12], repeat=2)), *MORE_UNITS]


def grows_faster(pattern: re.Pattern[str], *, searches: bool) -> str:
    """Return a text whose double takes more than three times as long; empty without one."""
    run = pattern.search if searches else pattern.fullmatch
    for unit, end, beginning in product(list_units(pattern), ENDS, BEGINNINGS):
        text = beginning + unit * (SIZE // len(unit)) + end
        doubled = beginning + unit * (2 * SIZE // len(unit)) + end
        if _seconds(run, text) > SUSPICIOUS and _is_slower(run, text, doubled):
            return text[:40]
    return ""


def _is_slower(run: Callable[[str], object], text: str, doubled: str) -> bool:
    shortest = min(_seconds(run, text) for _ in range(3))
    return min(_seconds(run, doubled) for _ in range(3)) > 3 * shortest


def _seconds(run: Callable[[str], object], text: str) -> float:
    started = process_time()
    run(text)
    return process_time() - started


def test_every_pattern_of_the_packages_is_linear():
    patterns = list_patterns()
    found = {
        name: text
        for name, pattern, searches in patterns
        if (text := grows_faster(pattern, searches=searches))
    }
    assert found == {}
    assert len(patterns) > 90


@pytest.mark.parametrize(
    ("source", "searches"),
    [(r"[\w.]*\d[\w.]*", True), (r"\[([^]]+)\]", True), (r"(?:ab?)*(?:ac?)*d", False)],
)
def test_the_search_for_slow_patterns_finds_them(source, searches):
    assert grows_faster(re.compile(source), searches=searches)
