"""From a line of text to an event, or to why it is none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from destination_kit.cli.lines import MOST_BYTES, Line
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

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
