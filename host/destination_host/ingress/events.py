"""Events of a request: each item becomes an event to keep, or is rejected with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from destination_host.ingress.json_text import ParsedJson, write_any
from destination_host.ingress.timestamps import Arrival, set_times
from destination_host.queue import NewEvent, RejectedItem, Route
from destination_kit.delivery import read_id

if TYPE_CHECKING:
    from destination_kit import JsonObject

#: The part of a path behind `/v1/` -> the type of its events; None where each item has its own.
EVENT_TYPES: Final[dict[str, str | None]] = {
    **dict.fromkeys(("batch", "b", "import")),
    **dict.fromkeys(("identify", "i"), "identify"),
    **dict.fromkeys(("track", "t"), "track"),
    **dict.fromkeys(("page", "p"), "page"),
    **dict.fromkeys(("screen", "s"), "screen"),
    **dict.fromkeys(("group", "g"), "group"),
    **dict.fromkeys(("alias", "a"), "alias"),
}
# Without `delete`: the write key of a web page is public, and would delete any user.
_TYPES: Final = frozenset(EVENT_TYPES.values()) - {None}
#: Levels of nested objects and arrays; the kit reads no deeper event.
_MAX_LEVELS: Final = 100
_INVALID: Final = "INVALID_EVENT"
# A body of 500 KB can hold 250,000 items that are none. Each would be a row of the queue.
_MOST_ROWS: Final = 100
_WRITE_KEY: Final = "writeKey"
#: Values of a batch that hold for its items.
_SHARED_OBJECTS: Final = ("context", "integrations")


class InvalidBodyError(ValueError):
    """A body that holds no events; the message says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReader:
    """What the items of a request have in common."""

    source: str
    arrival: Arrival
    event_bytes: int
    #: event -> its deliveries.
    find_routes: Callable[[JsonObject], Sequence[Route]] = field(repr=False)
    #: Writes an item as JSON text.
    write: Callable[[object], bytes] = field(repr=False)
    #: The type of each item; None where each has its own.
    event_type: str | None = None
    #: The object around the items; empty for a single event.
    batch: JsonObject = field(default_factory=dict, repr=False)

    def read(self, given: object) -> NewEvent | RejectedItem:
        """Return the event of an item, or the item with the reason why it is none."""
        item = without_write_key(given)
        problem = self._find_problem(item)
        if problem:
            return self._reject(item, problem)
        event = self._complete(item)
        try:
            body = self.write(event)
        except ValueError:
            return self._reject(item, "the event holds NaN, Infinity or a number beyond them")
        if len(body) > self.event_bytes and len(self.write(item)) > self.event_bytes:
            limit = f"{self.event_bytes:,} bytes"
            return self._reject(item, f"the event is larger than {limit}: send less in it")
        return NewEvent(
            source=self.source,
            body=body,
            received_at=self.arrival.moment.timestamp(),
            routes=self.find_routes(event),
            message_id=read_id(event, "messageId"),
        )

    def _find_problem(self, item: Any) -> str | None:
        if not isinstance(item, dict):
            return "an event is a JSON object"
        event_type = self.event_type or item.get("type")
        if not isinstance(event_type, str) or event_type not in _TYPES:
            return f"the type {event_type!r:.60} is none of {', '.join(sorted(map(str, _TYPES)))}"
        if is_too_deep(item):
            return f"the event is nested deeper than {_MAX_LEVELS} levels"
        return None

    def _complete(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return an item with its type, its times, and what its batch and the host add."""
        event = dict(item)
        if self.event_type:
            event["type"] = self.event_type
        for name in _SHARED_OBJECTS:
            self._merge(event, name)
        if read_id(event, "messageId") is None:
            event["messageId"] = f"host-{uuid4()}"
        sent_at = event.get("sentAt")
        set_times(event, self.batch.get("sentAt") if sent_at is None else sent_at, self.arrival)
        return event

    def _merge(self, event: dict[str, Any], name: str) -> None:
        """Add the keys of a batch's object that the item's own object has not."""
        shared, own = self.batch.get(name), event.get(name)
        if isinstance(shared, dict) and (own is None or isinstance(own, dict)):
            event[name] = {**shared, **(own or {})}

    def _reject(self, item: object, reason: str) -> RejectedItem:
        return RejectedItem(
            source=self.source,
            body=write_any(item),
            received_at=self.arrival.moment.timestamp(),
            code=_INVALID,
            reason=reason,
        )


def without_write_key(value: Any) -> Any:
    """Return a value without its write key, which must not be kept."""
    if isinstance(value, dict) and _WRITE_KEY in value:
        return {name: value[name] for name in value if name != _WRITE_KEY}
    return value


def list_items(
    parsed: ParsedJson | InvalidBodyError, event_type: str | None
) -> tuple[list[Any], JsonObject]:
    """Return the items of a body, and the object around them; a single event has none.

    Raises `InvalidBodyError`, the given one where the body could not be parsed.
    """
    if isinstance(parsed, InvalidBodyError):
        raise parsed
    if not isinstance(parsed.value, dict):
        raise InvalidBodyError("the body is no JSON object")
    if event_type:
        return [parsed.value], {}
    items = parsed.value.get("batch")
    if not isinstance(items, list):
        raise InvalidBodyError('the body has no list of events: send {"batch": [event, …]}')
    return items, parsed.value


def pack_rejected(rejected: Sequence[RejectedItem]) -> list[RejectedItem]:
    """Return at most `_MOST_ROWS` rejected items; the last one holds all that are left."""
    if len(rejected) <= _MOST_ROWS:
        return [*rejected]
    kept, packed = rejected[: _MOST_ROWS - 1], rejected[_MOST_ROWS - 1 :]
    first = packed[0]
    reason = f"{len(packed):,} further items of the same request; of the first one: {first.reason}"
    body = b"[%s]" % b",".join(item.body for item in packed)
    rest = RejectedItem(
        source=first.source,
        body=body,
        received_at=first.received_at,
        code=first.code,
        reason=reason,
    )
    return [*kept, rest]


def is_too_deep(event: dict[str, Any]) -> bool:
    """Return whether an event has more than `_MAX_LEVELS` levels of objects and arrays."""
    level: list[Any] = [event]
    for _ in range(_MAX_LEVELS):
        # Values of parsed JSON have exactly these types.
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True
