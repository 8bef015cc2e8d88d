"""From a line of text to an event, or to why it is none."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from destination_kit.delivery.source import MOST_BYTES, Line
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """An event to send; `only` names the subscriptions that shall get it, None is all of them.

    An earlier run has sent it `tries` times, `unknown` of them without knowing what became of it.
    """

    event: JsonObject = field(repr=False)
    only: Collection[str] | None = None
    tries: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that holds no event, as it was before it became a dead letter."""

    line: Line
    failed: Failed


def read_delivery_request(line: Line) -> DeliveryRequest | Broken:
    """Return what a line asks for: an event, a dead letter, or a line that was broken once."""
    found = read_event(line)
    if isinstance(found, Failed):
        return Broken(line, found)
    if "type" in found or not isinstance(found.get("failures"), list):
        return DeliveryRequest(found)
    event, text, names = found.get("event"), found.get("text"), _names(found)
    if isinstance(text, str):
        return _once_more(line, text)
    return (
        DeliveryRequest(event, names)
        if isinstance(event, Mapping) and names
        else DeliveryRequest(found)
    )


def _once_more(line: Line, text: str) -> DeliveryRequest | Broken:
    try:
        content = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # nothing that a dead letter of ours holds
        return Broken(line, Failed(INVALID_EVENT, "the text of the dead letter is not UTF-8"))
    return read_delivery_request(Line(line.number, content))


def _names(letter: JsonObject) -> frozenset[str]:
    """Return the subscriptions that failed."""
    failures = letter["failures"]
    return frozenset(
        str(each["subscription"])
        for each in (failures if isinstance(failures, list) else ())
        if isinstance(each, Mapping) and "subscription" in each
    )


INVALID_EVENT = "INVALID_EVENT"
MOST_LEVELS = 100
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_event(line: Line) -> JsonObject | Failed:
    """Return the event of a line, or a failure that says what is wrong and in which column."""
    if line.cut:
        return Failed(INVALID_EVENT, f"the event is larger than {MOST_BYTES:,} bytes")
    content = line.content.removeprefix(BYTE_ORDER_MARK) if line.number == 1 else line.content
    try:
        event = json.loads(content.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        return Failed(INVALID_EVENT, f"not UTF-8: see column {error.start + 1}")
    except json.JSONDecodeError as error:
        return Failed(INVALID_EVENT, f"not JSON: {error.msg} at column {error.colno}")
    except ValueError as error:
        return Failed(INVALID_EVENT, f"not JSON: {error}")
    except RecursionError:
        return _too_deep()
    if not isinstance(event, dict):
        return Failed(INVALID_EVENT, "an event is a JSON object")
    return _too_deep() if _is_too_deep(event, content) else event


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _too_deep() -> Failed:
    return Failed(INVALID_EVENT, f"the event is nested deeper than {MOST_LEVELS} levels")


def _is_too_deep(event: JsonObject, content: bytes) -> bool:
    if content.count(b"{") + content.count(b"[") <= MOST_LEVELS:
        return False
    level: list[Json] = [event]
    for _ in range(MOST_LEVELS):
        level = [each for container in level for each in _containers(container)]
    return bool(level)


def _containers(value: Json) -> list[Json]:
    if isinstance(value, Mapping):
        return [each for each in value.values() if isinstance(each, dict | list)]
    items = value if isinstance(value, Sequence) else ()
    return [each for each in items if isinstance(each, dict | list)]
