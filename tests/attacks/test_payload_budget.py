"""A budget per payload: no mapping makes more of an event than 50 ms and a few MB can carry.

Each attempt is a mapping and an event, sent through an open instance in a child process whose
processor time and memory are measured. The answer is the message of the failure, `""` where the
event is delivered, or the code of the problem for which `configure` refuses the mapping.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from destination_kit import Action, Catalog, ConfigurationError, Destination
from tests.attacks.measuring import ALLOWANCE, Meter, Runner

pytestmark = pytest.mark.attack

#: Seconds of processor time, and bytes of memory.
SETTINGS = {"type": "object", "properties": {}}
SECONDS, MEMORY = 0.05, 8_000_000
FIELDS = tuple("abcdefghijkl")
VALUES = "more than 50,000 values"
CHARACTERS = "more than 2,000,000 characters"
SIZE = "the event is larger than 1,000,000 bytes"
REFUSED = "TOO_LARGE"
P = {"@path": "$.properties.p"}
WHOLE = {"@path": "$."}
LIST_OF_TEXTS = {"type": "array", "items": {"type": "string"}}


async def perform(_context: object, _payload: object) -> Mapping[str, Any]:
    return {}


def destination(field: Mapping[str, Any]) -> Destination:
    fields = {"type": "object", "properties": dict.fromkeys(FIELDS, field)}
    action = Action(title="Act", description="Acts.", fields=fields, perform=perform)
    return Destination(
        slug="target",
        name="Target",
        description="A target.",
        settings=SETTINGS,
        actions={"act": action},
    )


def nested(levels: int, apply: Any, innermost: Any = WHOLE) -> Any:
    """Return `@transform`s in each other, each with this `apply`."""
    mapping = {"a": innermost}
    for _ in range(levels):
        mapping = {"a": {"@transform": {"apply": apply, "mapping": mapping}}}
    return mapping


def in_replacements(levels: int, value: Any) -> Any:
    for _ in range(levels):
        value = {"@replace": {"pattern": "x", "replacement": "xxxxxxxxxx", "value": value}}
    return value


def in_json(levels: int, value: Any) -> Any:
    for _ in range(levels):
        value = {"@json": {"mode": "encode", "value": value}}
    return value


def shared(
    levels: int, value: Any, share: Callable[[Any], Any] = lambda value: [value, value]
) -> Any:
    """Return a value that stands in two places of an object that stands in two places, and so on."""
    for _ in range(levels):
        value = share(value)
    return value


def in_itself() -> Any:
    value: list[Any] = [1]
    value.append(value)
    return value


def every_field(value: Any) -> Mapping[str, Any]:
    return dict.fromkeys(FIELDS, value)


def case(operator: str, value: Any) -> Any:
    return {"@case": {"operator": operator, "value": value}}


def merge(*objects: Any) -> Any:
    return {"@merge": {"direction": "right", "objects": list(objects)}}


def flatten(value: Any, separator: str = ".") -> Any:
    return {"@flatten": {"separator": separator, "value": value}}


def deep(levels: int, value: Any) -> Any:
    for _ in range(levels):
        value = {"k" * 100: value}
    return value


def deep_list(levels: int, value: Any) -> Any:
    for _ in range(levels):
        value = [value]
    return value


EVENTS: Mapping[str, Callable[[], Any]] = {
    "small": lambda: "x",
    "text": lambda: "x" * 900_000,
    "quotes": lambda: '"' * 450_000,
    "accents": lambda: "\u0390" * 400_000,
    "braces": lambda: "{{properties.s}}" * 55_000,
    "closing": lambda: "}" * 900_000,
    "lists": lambda: [[] for _ in range(320_000)],
    "objects": lambda: [{} for _ in range(320_000)],
    "numbers": lambda: [1] * 480_000,
    "nulls": lambda: [None] * 190_000,
    "pairs": lambda: [{"a": 1} for _ in range(100_000)],
    "keys": lambda: {str(number): 1 for number in range(90_000)},
    "one long key": lambda: {"k" * 900_000: 1},
    "repeated key": lambda: [{"k" * 5_000: number} for number in range(190)],
    "deep": lambda: [deep(8, number) for number in range(900)],
    "chain": lambda: deep(95, "x"),
    "json": lambda: "[" + ",".join(["[]"] * 300_000) + "]",
    "fractions": lambda: [number + 0.5 for number in range(100_000)],
    "many": lambda: [{"a": "x"}] * 9_000 + [{"a": {"b": 1}}],
    "too large": lambda: "x" * 1_000_001,
    "too many": lambda: [1] * 600_000,
    "huge": lambda: "x" * 20_000_000,
    "one text": lambda: ["x" * 1_000] * 1_200,
    "one object": lambda: [dict.fromkeys("abcdefghij", "x" * 20)] * 4_500,
    "digits": lambda: 10**100_000,
    "distinct": lambda: [f"{number:05}" for number in range(40_000)],
    "chains": lambda: [deep_list(90, number) for number in range(4_900)],
    "open brackets": lambda: "[" * 900_000,
    "shared lists": lambda: shared(40, "x"),
    "shared objects": lambda: shared(40, 1, lambda value: {"a": value, "b": value}),
    "shared tuples": lambda: shared(40, None, lambda value: (value, value)),
    "shared text": lambda: shared(20, "x" * 900_000),
    "a wide share": lambda: shared(3, "x", lambda value: [value] * 2_000),
    "shared dates": lambda: shared(40, datetime.now(UTC)),
    "shared proxies": lambda: shared(
        40, 1, lambda value: MappingProxyType({"a": value, "b": value})
    ),
    "a list in itself": in_itself,
    "a date in a list in itself": lambda: [datetime.now(UTC), in_itself()],
    "exponents": lambda: ["1e999"] * 20_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A mapping and an event, and what becomes of them."""

    name: str
    mapping: Any
    #: What `$.properties.p` of the event is.
    event: str = "small"
    #: Part of the answer.
    answer: str = VALUES
    #: Where the message says that it is, if it says so.
    place: str = ""
    of_field: Mapping[str, Any] = field(default_factory=dict)
    #: Whether it held before there was a budget.
    held: bool = False


URL = "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers"
TWICE = {"x": WHOLE, "y": WHOLE}
ATTEMPTS = (
    # Growth that no event escapes: `configure` refuses it.
    Attempt(name="22 transforms", mapping=nested(22, TWICE), answer=REFUSED),
    Attempt(
        name="a named part", mapping=nested(20, {"x": {"@path": "$.x"}, **TWICE}), answer=REFUSED
    ),
    Attempt(
        name="transforms that read a path twice",
        mapping=nested(20, {"p": {"l": {"@path": "$.p"}, "r": {"@path": "$.p"}}}, {"@path": "$.p"}),
        answer=REFUSED,
    ),
    Attempt(
        name="transforms of lists",
        mapping=nested(20, {"x": [WHOLE, WHOLE, WHOLE]}),
        answer=REFUSED,
    ),
    Attempt(
        name="transforms that merge", mapping=nested(20, {"x": merge(TWICE, TWICE)}), answer=REFUSED
    ),
    Attempt(
        name="transforms of JSON text",
        mapping=nested(24, {"x": in_json(1, WHOLE), "y": in_json(1, WHOLE)}),
        answer=REFUSED,
    ),
    Attempt(
        name="templates that double",
        mapping=nested(24, {"t": {"@template": "{{t}}{{t}}y"}}, {"@path": "$.t"}),
        answer=REFUSED,
    ),
    Attempt(
        name="replacements of replacements",
        mapping={"a": in_replacements(8, "x")},
        answer="ALWAYS_FAILS",
        held=True,
    ),
    Attempt(name="replacements of a path", mapping={"a": in_replacements(9, P)}, answer=REFUSED),
    Attempt(name="escapes of escapes", mapping={"a": in_json(26, P)}, answer=REFUSED),
    # One event, large or hostile, in an ordinary mapping.
    Attempt(
        name="every field", mapping=every_field(WHOLE), event="text", answer=CHARACTERS, place="/c"
    ),
    Attempt(name="every field of a text", mapping=every_field(P), event="text", answer=CHARACTERS),
    Attempt(name="one field", mapping={"a": P}, event="text", answer="", held=True),
    Attempt(name="a field of lists", mapping={"a": P}, event="lists", place="/a"),
    Attempt(name="a field of objects", mapping={"b": P}, event="objects", place="/b"),
    Attempt(name="a field of numbers", mapping={"a": P}, event="numbers"),
    Attempt(name="a field of keys", mapping={"a": {"in": P}}, event="keys", place="/a"),
    Attempt(name="a field in a list", mapping={"a": [P, P]}, event="nulls"),
    Attempt(
        name="a key in every field", mapping=every_field(P), event="one long key", answer=CHARACTERS
    ),
    Attempt(name="a repeated key", mapping=every_field(P), event="repeated key", answer=CHARACTERS),
    Attempt(name="texts of numbers", mapping={"a": P}, event="numbers", of_field=LIST_OF_TEXTS),
    Attempt(
        name="wrong items",
        mapping={"a": P},
        event="many",
        of_field=LIST_OF_TEXTS,
        answer="problems",
    ),
    Attempt(name="a chain", mapping=every_field(P), event="chain", answer="", held=True),
    # Directives that make more than they get.
    Attempt(
        name="a template of a list",
        mapping={"a": {"@template": "{{properties.p}}"}},
        event="numbers",
    ),
    Attempt(
        name="many templates",
        mapping=every_field({"@template": "{{properties.p}}!"}),
        event="text",
        answer=CHARACTERS,
    ),
    Attempt(name="a template of a template", mapping={"a": {"@template": P}}, event="braces"),
    Attempt(
        name="a template of braces",
        mapping={"a": {"@template": "{{{properties.p}}}"}},
        event="closing",
    ),
    Attempt(
        name="many cases", mapping=every_field(case("upper", P)), event="text", answer=CHARACTERS
    ),
    Attempt(
        name="a case that grows",
        mapping={"a": case("upper", P), "b": case("upper", P)},
        event="accents",
        answer=CHARACTERS,
    ),
    Attempt(
        name="one replacement",
        mapping={"a": in_replacements(1, P)},
        event="text",
        answer=CHARACTERS,
    ),
    Attempt(
        name="a replacement by match",
        mapping={
            "a": {"@replace": {"pattern": "X", "replacement": "$&", "ignorecase": True, "value": P}}
        },
        event="text",
    ),
    Attempt(name="JSON of a large list", mapping={"a": in_json(1, P)}, event="fractions"),
    Attempt(
        name="JSON of the whole event",
        mapping=every_field(in_json(1, WHOLE)),
        event="text",
        answer=CHARACTERS,
    ),
    Attempt(name="JSON of quotes", mapping={"a": in_json(2, P)}, event="quotes", answer=CHARACTERS),
    Attempt(
        name="JSON read", mapping={"a": {"@json": {"mode": "decode", "value": P}}}, event="json"
    ),
    Attempt(name="flat lists", mapping={"a": flatten(P)}, event="lists"),
    Attempt(name="flat keys", mapping={"a": flatten(P)}, event="deep", answer=CHARACTERS),
    Attempt(name="a flat separator", mapping={"a": flatten(P, "-" * 5_000)}, event="pairs"),
    Attempt(name="a merge of a text", mapping={"a": merge(P, {"z": 1})}, event="text"),
    Attempt(name="a merge of lists", mapping={"a": merge(P, P)}, event="numbers"),
    Attempt(name="a merge of keys", mapping={"a": merge(P)}, event="keys"),
    Attempt(
        name="an array with a shape",
        mapping={"a": {"@arrayPath": ["$.properties.p", {"n": {"@path": "$.a"}}]}},
        event="pairs",
    ),
    Attempt(
        name="a shape of literals",
        mapping={"a": {"@arrayPath": ["$.properties.p", {"n": "y" * 20_000}]}},
        event="nulls",
    ),
    Attempt(
        name="a shape of templates",
        mapping={"a": {"@arrayPath": ["$.properties.p", {"n": {"@template": "{{a}}"}}]}},
        event="objects",
    ),
    Attempt(name="an absent part", mapping={"a": {"@excludeWhenNull": P}}, event="keys"),
    Attempt(
        name="blank or not",
        mapping={"a": {"@if": {"blank": P, "then": 1}}},
        event="numbers",
        answer="",
        held=True,
    ),
    Attempt(
        name="a hundred templates of Liquid",
        mapping={
            "a": {
                str(n): {"@liquid": "{{ properties.p | upcase | downcase | size }}"}
                for n in range(300)
            }
        },
        event="accents",
        answer="Liquid",
        held=True,
    ),
    Attempt(
        name="Liquid in every item",
        mapping={"a": {"@arrayPath": ["$.properties.p", {"n": {"@liquid": "{{ a }}"}}]}},
        event="pairs",
    ),
    # The event itself.
    Attempt(
        name="an event of text", mapping={"a": {"@path": "$.type"}}, event="too large", answer=SIZE
    ),
    Attempt(
        name="an event of numbers",
        mapping={"a": {"@path": "$.type"}},
        event="too many",
        answer=SIZE,
    ),
    Attempt(name="an event of one text", mapping={"a": P}, event="one text", answer=SIZE),
    Attempt(
        name="one object many times",
        mapping={"a": {"@excludeWhenNull": P}},
        event="one object",
        answer=SIZE,
    ),
    Attempt(
        name="a number of digits",
        mapping={"a": case("upper", P)},
        event="digits",
        answer="",
        held=True,
    ),
    Attempt(
        name="a template of digits",
        mapping={"a": {"@template": "{{properties.p}}"}},
        event="digits",
        answer="4,300 digits",
    ),
    Attempt(
        name="digits in a list of texts",
        mapping={"a": [P]},
        event="digits",
        of_field=LIST_OF_TEXTS,
        answer="4,300 digits",
    ),
    Attempt(
        name="digits divided",
        mapping={"a": P},
        event="digits",
        of_field={"type": "number", "multipleOf": 0.5},
        answer="",
    ),
    Attempt(
        name="a long enumeration",
        mapping={"a": P},
        event="distinct",
        of_field={"type": "array", "items": {"enum": [f"#{number}" for number in range(3_000)]}},
        answer="problems",
    ),
    Attempt(
        name="an enumeration of objects",
        mapping={"a": P},
        event="distinct",
        of_field={"type": "array", "items": {"enum": [{"n": number} for number in range(400)]}},
        answer="problems",
    ),
    Attempt(
        name="items that differ",
        mapping={"a": P},
        event="distinct",
        of_field={**LIST_OF_TEXTS, "uniqueItems": True},
        answer="",
    ),
    Attempt(
        name="nested alternatives",
        mapping={"a": P},
        event="distinct",
        of_field={
            "type": "array",
            "items": {"anyOf": [{"oneOf": [{"type": "null"}, {"const": 5}]}]},
        },
        answer="problems",
    ),
    Attempt(
        name="names of keys",
        mapping={"a": P},
        event="pairs",
        of_field={"type": "array", "items": {"propertyNames": {"maxLength": 0}}},
    ),
    Attempt(name="chains in a list", mapping={"a": P}, event="chains"),
    Attempt(
        name="JSON of open brackets",
        mapping={"a": {"@json": {"mode": "decode", "value": P}}},
        event="open brackets",
    ),
    Attempt(
        name="numbers without an end",
        mapping={"a": P},
        event="exponents",
        of_field={"type": "array", "items": {"type": "number", "maximum": 1}},
        answer="2,000 items",
    ),
    Attempt(
        name="a transform of an array in a shape",
        mapping={
            "a": {
                "@arrayPath": [
                    "$.properties.p",
                    {"@transform": {"apply": TWICE, "mapping": {"z": WHOLE}}},
                ]
            }
        },
        event="pairs",
    ),
    Attempt(
        name="a shape in a shape",
        mapping={
            "a": {
                "@arrayPath": ["$.properties.p", {"b": {"@arrayPath": ["$.a", {"c": "y" * 500}]}}]
            }
        },
        event="pairs",
    ),
    Attempt(
        name="a path that an event names",
        mapping=every_field({"@path": {"@template": "$.properties.p"}}),
        event="keys",
    ),
    Attempt(
        name="JSON of a merge of a list",
        mapping={"a": in_json(3, merge(P, flatten(P)))},
        event="distinct",
    ),
    # One object in many places: a few lines of Python or YAML mean 10^12 values.
    *(
        Attempt(
            name=f"{event} that no path reads",
            mapping={"a": {"@path": "$.type"}},
            event=event,
            answer=SIZE,
        )
        for event in (
            "shared lists",
            "shared objects",
            "shared tuples",
            "shared text",
            "a wide share",
            "a list in itself",
        )
    ),
    *(
        Attempt(
            name=f"{event} in the whole event",
            mapping={"a": WHOLE},
            event=event,
            answer="more than 100,000 values",
        )
        for event in ("shared dates", "shared proxies", "a date in a list in itself")
    ),
    Attempt(name="a mapping of shared lists", mapping={"a": shared(30, P)}, answer="DOCUMENT"),
    Attempt(
        name="a mapping of shared objects",
        mapping={"a": shared(30, "x", lambda value: {"a": value, "b": value})},
        answer="DOCUMENT",
    ),
    Attempt(
        name="a mapping of a shared text",
        mapping={"a": shared(12, "x" * 60_000)},
        answer="DOCUMENT",
    ),
    Attempt(name="a huge event", mapping={"a": P}, event="huge", answer=SIZE),
    Attempt(
        name="an event below the limit",
        mapping={"a": {"@path": "$.type"}},
        event="lists",
        answer="",
        held=True,
    ),
)


def attempt(index: int, meter: Meter) -> list[str]:
    """Run an attempt in the child process; return the code or message of its failure, and place."""
    described = ATTEMPTS[index]
    catalog = Catalog.of(destination(described.of_field))
    send(catalog, {"a": {"@liquid": "{{ type }}"}}, "small")
    event = {
        "type": "track",
        "event": "E",
        "properties": {"p": EVENTS[described.event](), "s": "x"},
    }
    document = instance_document(described.mapping)
    meter.start()
    answer = send(catalog, document, event)
    meter.stop()
    return answer


def instance_document(mapping: Any) -> dict[str, Any]:
    subscription = {"action": "act", "trigger": 'type = "track"', "mapping": mapping}
    return {"destination": "target", "settings": {}, "subscriptions": [subscription]}


def send(catalog: Catalog, document: Any, event: Any) -> list[str]:
    if event == "small":
        document, event = instance_document(document), {"type": "track"}
    try:
        instance = catalog.configure(document)
    except ConfigurationError as error:
        return [error.problems[0].code, error.problems[0].path]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
    [outcome] = instance.send_sync([event], transport=transport)
    [result] = outcome.results
    return [getattr(result.result, "message", ""), getattr(result.result, "code", "")]


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner(__name__)
    yield runner
    runner.close()


def _label(described: Attempt) -> str:
    return described.name


@pytest.mark.parametrize("index", range(len(ATTEMPTS)), ids=map(_label, ATTEMPTS))
def test_a_payload_has_a_budget(runner, index):
    described, measured = ATTEMPTS[index], runner.run("attempt", index, patience=20)
    assert measured.answer is not None, measured
    assert described.answer in measured.answer[0]
    assert bool(described.answer) == bool(measured.answer[0])
    assert described.place in "".join(measured.answer)
    assert measured.seconds < SECONDS * ALLOWANCE
    assert measured.memory < MEMORY * ALLOWANCE


def test_at_most_half_of_the_attempts_held_before():
    assert 2 * sum(described.held for described in ATTEMPTS) <= len(ATTEMPTS)


def _feed(process: subprocess.Popen[bytes], line: bytes) -> None:
    """Write events for as long as the process reads them."""
    assert process.stdin
    with suppress(OSError):
        while process.poll() is None:
            process.stdin.write(line)


def test_sigterm_ends_a_run_of_hostile_events(tmp_path):
    whole = {str(number): {"@flatten": {"separator": "-", "value": WHOLE}} for number in range(20)}
    mapping = {"workflowUrl": URL, "eventPayload": whole}
    subscription = {
        "action": "triggerXflowWorkflow",
        "trigger": 'type = "track"',
        "mapping": mapping,
    }
    instance = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": "token", "datacenter": "iad1"},
        "subscriptions": [subscription],
    }
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(instance), encoding="utf-8")
    event = {
        "type": "track",
        "event": "E",
        "properties": {"p": EVENTS["deep"](), "q": [[1]] * 9_000},
    }
    command = [sys.executable, "-m", "destination_kit.cli", "deliver", str(path), "-"]
    results = tmp_path / "results.jsonl"
    command += ["--results", str(results), "--dead-letters", str(tmp_path / "dead.jsonl")]
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1) as process:
        feeder = Thread(
            target=_feed, args=(process, json.dumps(event).encode() + b"\n"), daemon=True
        )
        feeder.start()
        started = time.monotonic()
        while time.monotonic() < started + 30 and not (results.exists() and results.stat().st_size):
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        stopped = time.monotonic()
        process.wait(timeout=20)
        assert time.monotonic() - stopped < 5
        feeder.join()
    assert CHARACTERS in results.read_text(encoding="utf-8")
