"""Size of an event: a limit for all events, and how carefully a mapping has to treat this one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pickle import Pickler, PicklingError
from types import SimpleNamespace
from typing import Any, Final, NoReturn

from destination_kit._budget import UNMEASURED
from destination_kit._json import JsonObject

#: Bytes of the largest event as JSON; a line of `dkit deliver` has the same limit.
MAX_EVENT_BYTES: Final = 1_000_000
#: The most bytes that JSON takes for a byte of `EventMeter`: six for `false` and a comma.
MOST_JSON_BYTES: Final = 6
# A fraction takes nine bytes, and four in JSON with a comma.
_FEWEST_JSON_BYTES: Final = 0.4
_PROTOCOL: Final = 4


class EventMeter(Pickler):
    """Meter of the bytes of events, about, which sees every value; for use in one thread."""

    # Nothing in the standard library does that faster: 2 µs for an event of 1 KB and 14 µs for
    # 10 KB, a quarter of `json.dumps`. `marshal` writes a text that is one object in several places
    # once. A loop in Python would take longer than the payload.
    def __init__(self) -> None:
        self._written: list[bytes] = []
        super().__init__(SimpleNamespace(write=self._written.append), _PROTOCOL)
        self.fast = True  # no memory of the objects before

    def measure(self, event: Any) -> int:
        """Return the bytes of an event, at least half as many as its values.

        `UNMEASURED` stands for one with Python values beyond JSON.
        """
        try:
            self.dump(event)
            return sum(map(len, self._written))
        except (ValueError, TypeError, RecursionError, PicklingError):
            return UNMEASURED
        finally:
            self._written.clear()

    def reducer_override(self, value: object) -> NoReturn:
        """Refuse a value beyond JSON: what it becomes as JSON is unknown."""
        raise TypeError(type(value))


def check_event_size(event: JsonObject, size: int, limit: int) -> str | None:
    """Return why an event is too large, None if it is not; `size` is what `EventMeter` returned.

    An event whose size is at most `limit` / `MOST_JSON_BYTES` needs no check.
    """
    is_surely_larger = size != UNMEASURED and size * _FEWEST_JSON_BYTES > limit
    if not is_surely_larger and _count_json_bytes(event) <= limit:
        return None
    return f"the event is larger than {limit:,} bytes: send less in one event"


def _count_json_bytes(event: JsonObject) -> int:
    try:
        text = json.dumps(
            event,
            ensure_ascii=False,
            separators=(",", ":"),
            default=_to_json,
            skipkeys=True,
            check_circular=False,
        )
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - a host's own Mapping may raise anything
        # The mapping reads the event next. What it cannot read, or finds too deep, fails it there.
        return 0
    return len(text.encode(errors="surrogatepass"))


def _to_json(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)
