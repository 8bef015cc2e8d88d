"""Size of an event: a limit for all events, and how carefully a mapping has to treat this one."""

from __future__ import annotations

import json
import marshal
import sys
from collections.abc import Mapping
from typing import Any, Final

from destination_kit._json import JsonObject

UNMEASURED: Final = sys.maxsize
"""The size of an event of which nothing is known."""

#: Bytes of the largest event as JSON; a line of `dkit deliver` has the same limit.
MAX_EVENT_BYTES: Final = 1_000_000
#: The most bytes that JSON takes for a byte of `measure_event`: six for `false` and a comma.
MOST_JSON_BYTES: Final = 6
# `marshal` takes five bytes for a number or a list that takes two in JSON.
_FEWEST_JSON_BYTES: Final = 0.4


def measure_event(event: Any) -> int:
    """Return the bytes of an event, about; `UNMEASURED` for one with Python values beyond JSON.

    A key or text that is one object in several places counts once.
    """
    # Nothing faster in the standard library sees every value: 1 µs for an event of 1 KB and 11 µs
    # for 10 KB, an eighth of `json.dumps`. A loop in Python would take longer than the payload.
    try:
        return len(marshal.dumps(event))
    except ValueError:
        return UNMEASURED


def check_event_size(event: JsonObject, size: int, limit: int) -> str | None:
    """Return why an event is too large, None if it is not; `size` is what `measure_event` returned.

    An event whose size is at most `limit` / `MOST_JSON_BYTES` needs no check.
    """
    is_surely_larger = size != UNMEASURED and size * _FEWEST_JSON_BYTES > limit
    if not is_surely_larger and _count_json_bytes(event) <= limit:
        return None
    return f"the event is larger than {limit:,} bytes: send less in one event"


def _count_json_bytes(event: JsonObject) -> int:
    try:
        text = json.dumps(
            event, ensure_ascii=False, separators=(",", ":"), default=_to_json, skipkeys=True
        )
    except (RecursionError, ValueError):  # too deep for a payload too, which has a limit of its own
        return 0
    return len(text.encode(errors="surrogatepass"))


def _to_json(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)
