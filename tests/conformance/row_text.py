"""Rows D2 and D3 inside the text of `@json`, which shows the order of keys and `__proto__`.

A directive such as `@replace` may change that text, so that it is no JSON any more and no keys can
be sorted in it. The reference is therefore asked again with keys that JavaScript neither moves nor
loses: each bears a mark, which is taken out of the answer. Where the mark stands, and whether
values bear it too, decides which patterns of `@replace` still find what they look for: so the
question is asked in several ways, and one answer must be ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.conformance.cases import Case, Message
from tests.conformance.compare import agree
from tests.conformance.row_inherited import without_prototype
from tests.conformance.rows import INHERITED, INSTANCES, mappings
from tests.conformance.values import each_scalar, parts, settled

_MARK = "\ue000"  # in no pattern, path or text of a request
_OPS = frozenset({"transform", "transformBatch", "mappingAfter"})
_INTEGER = r"(?:0|[1-9]\d*)"
_NAMES = rf"(?:{'|'.join([_INTEGER, *sorted(INHERITED - {'__proto__'})])})"
_ANY_NAME = rf"(?:{_NAMES}|__proto__)"
_PATHS = ("@path", "@template", "@arrayPath")
_SEGMENT = re.compile(r"[^.\[\]{}$ ]+")
_PLACE = re.compile(r"[\w.$\[\]-]+")
_NO_DEPTH, _OUTER, _ANY_DEPTH = 0, 3, 1000
# What bears a mark, and how deep in an event `__proto__` is left out, since it is lost there.
_NAMINGS = (
    (_INTEGER, _NO_DEPTH),
    (_NAMES, _NO_DEPTH),
    (_ANY_NAME, _NO_DEPTH),
    (_NAMES, _OUTER),
    (_NAMES, _ANY_DEPTH),
)
_WAYS = tuple(product((True, False), _NAMINGS, (True, False)))

_NONE: Message = {"ok": {"$js": "none"}}  # a field that is not there

Request = dict[str, Any]
Place = tuple[Any, ...]


def makes_text(request: Request) -> bool:
    """Return whether a mapping makes text of objects."""
    return not {"@json", "@template"}.isdisjoint(map(str, parts(mappings(request))))


def questions(case: Case) -> dict[str, Message]:
    """Return the request with marked keys, once for each way to mark them."""
    if case.request["op"] not in _OPS or not makes_text(case.request):
        return {}
    return {f"marked {number}": each for number, each in enumerate(marked(case.request))}


def is_in_order(case: Case) -> bool:
    """Return whether each field of our answer is the reference's to one of these questions."""
    answers = [each for name, each in case.asides.items() if name.startswith("marked ")]
    theirs = [_by_field(unmarked(each)) for each in (case.theirs, *answers)]
    ours = _by_field(case.ours)
    places = {place for each in (ours, *theirs) for place in each}
    return bool(answers) and all(
        any(is_same_text(each.get(place, _NONE), ours.get(place, _NONE)) for each in theirs)
        for place in places
    )


def is_same_text(theirs: Any, ours: Any) -> bool:
    """Return whether two answers without marks agree but for the other rows."""
    pair = settled(theirs), settled(ours)
    return agree(*pair) or agree(*map(_without_prototype, pair))


def _without_prototype(value: Any) -> Any:
    """Return a value without the keys that JavaScript loses, also in JSON text."""
    return each_scalar(without_prototype(value), _text_without_prototype)


def _text_without_prototype(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.dumps(_without_prototype(json.loads(value)), sort_keys=True)
    except ValueError:
        return value


def _by_field(answer: Message) -> dict[Place, Message]:
    """Return the fields of a payload, or of each one of a batch, as answers of their own."""
    payloads = answer.get("ok")
    listed = payloads if isinstance(payloads, list) else [payloads]
    if not listed or not all(isinstance(each, dict) for each in listed):
        return {(): answer}
    found: dict[Place, Message] = {
        (number, name): {"ok": each}
        for number, payload in enumerate(listed)
        for name, each in payload.items()
    }
    return found | {(len(listed),): {"ok": None}}


def marked(request: Request) -> Iterator[Request]:
    """Yield the request with marks at the keys that JavaScript moves, or also those it inherits.

    The mark stands before a key or behind it; whole texts that look like such a key bear it too or
    do not. The fields of an instance keep their names.
    """
    for is_prefix, naming, marks_values in _WAYS:
        mark = _Marking(naming, request, is_prefix=is_prefix, marks_values=marks_values)
        yield {key: mark.part(key, each) for key, each in request.items()}


def unmarked(answer: Any) -> Any:
    """Return an answer without marks."""
    return each_scalar(
        answer, lambda each: each.replace(_MARK, "") if isinstance(each, str) else each
    )


class _Marking:
    """One way to mark the keys of a request."""

    def __init__(
        self, naming: tuple[str, int], request: Request, *, is_prefix: bool, marks_values: bool
    ) -> None:
        names, self._depth = naming
        self._whole = re.compile(names)
        self._quoted = re.compile(rf'"({names})"')
        self._key_in_text = re.compile(rf'"({names})"(?=\s*:)')
        self._by = rf"{_MARK}\1" if is_prefix else rf"\1{_MARK}"
        self._marks_values = marks_values
        data = request.get("data", request.get("event", request.get("events")))
        self._events = data if isinstance(data, list) else [data]

    def part(self, name: str, value: Any) -> Any:
        """Return a part of a request with marks; parts that hold no data or mapping stay."""
        if name in ("data", "event", "events"):
            return self._data(value, 0)
        if name == "mapping":
            return self._mapping(value)
        return value

    def fields(self, mapping: Any) -> Any:
        """Return the mapping of an instance with marks, but for the names of its fields."""
        if not isinstance(mapping, dict):
            return mapping
        return {name: self._mapping(each) for name, each in mapping.items()}

    def _mark(self, text: str) -> str:
        is_name = self._whole.fullmatch(text)
        return re.sub(r"(.+)", self._by, text, flags=re.DOTALL) if is_name else text

    def _data(self, value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            return {
                self._mark(key): self._data(each, depth + 1)
                for key, each in value.items()
                if key != "__proto__" or depth >= self._depth
            }
        if isinstance(value, list):
            return [self._data(each, depth) for each in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        """Mark the keys of JSON text; and the text itself, if values are to be marked."""
        if text[:1] in ("{", "["):
            pattern = self._quoted if self._marks_values else self._key_in_text
            return pattern.sub(rf'"{self._by}"', text)
        return self._mark(text) if self._marks_values else text

    def _mapping(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._mark(key): self._argument(key, each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._mapping(each) for each in value]
        return self._text(value) if isinstance(value, str) else value

    def _argument(self, key: str, value: Any) -> Any:
        if key == "@literal":
            return self._data(value, 0)
        if key in _PATHS and isinstance(value, str):
            return _PLACE.sub(lambda found: self._path(found[0]), value)
        if key == "@arrayPath" and isinstance(value, list) and value:
            first = self._path(value[0]) if isinstance(value[0], str) else self._mapping(value[0])
            return [first, *map(self._mapping, value[1:])]
        if key in ("pattern", "pattern2") and isinstance(value, str):
            return self._quoted.sub(rf'"{self._by}"', value) if self._marks_values else value
        return self._mapping(value)

    def _path(self, path: str) -> str:
        """Mark the steps of a path that are keys; those into lists and texts are indices."""
        place: list[Any] = list(self._events)

        def change(found: re.Match[str]) -> str:
            nonlocal place
            step = found[0]
            is_index = any(isinstance(each, list | str) for each in place)
            place = [each[step] for each in place if isinstance(each, dict) and step in each] or [
                each[int(step)]
                for each in place
                if isinstance(each, list) and step.isdecimal() and int(step) < len(each)
            ]
            return step if is_index else self._mark(step)

        return _SEGMENT.sub(change, path)


def marked_subscription(
    request: Request, subscription: Message, event: Any
) -> Iterator[tuple[Message, Any]]:
    """Yield a subscription of an instance and an event with marks, in every way."""
    if request["op"] not in INSTANCES or not makes_text({"mapping": subscription.get("mapping")}):
        return
    for is_prefix, naming, marks_values in _WAYS:
        mark = _Marking(naming, {"event": event}, is_prefix=is_prefix, marks_values=marks_values)
        mapping = mark.fields(subscription["mapping"])
        yield {**subscription, "mapping": mapping}, mark.part("event", event)
