"""Row D2: the names that JavaScript's prototypes bring are missing here, like any other name.

So the reference is asked again with names that no prototype knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from destination_kit._json import pointer
from tests.conformance.cases import Case, Message
from tests.conformance.compare import agree, failure
from tests.conformance.places import places
from tests.conformance.rows import INHERITED, INSTANCES
from tests.conformance.values import each_scalar, settled

_MARK = "_99_"  # letters would not survive `@case`
_OPTIONS = frozenset(
    {"apply", "match", "replace", "with", "at"}
)  # words with a meaning of their own
_PROTOTYPE = "__proto__"  # also a key that data and mappings of this test carry themselves
_NAMES = INHERITED - _OPTIONS - {_PROTOTYPE}
_DATA = frozenset({"data", "event", "events", "obj", "value", "payload"})
_KEPT = frozenset({"id", "op", "destination"})


def questions(case: Case) -> dict[str, Message]:
    """Return the request with every inherited name made one of nobody's, `__proto__` or not."""
    if case.request["op"] in INSTANCES:
        return {}
    return {
        "renamed": renamed(case.request),
        "all renamed": all_renamed(case.request),
    }


def renamed(request: Message) -> Message:
    """Return a request in which no name is inherited, but perhaps `__proto__`."""
    return _renamed(request, _pattern(_NAMES))


def all_renamed(request: Message) -> Message:
    """Return a request in which no name at all is inherited."""
    return _renamed(request, _pattern({*_NAMES, _PROTOTYPE}))


def _pattern(names: Collection[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![@\w])(?:{'|'.join(sorted(names))})\b")


def _renamed(request: Message, names: re.Pattern[str]) -> Message:
    """Rename what names something: all text of a request, but only the keys of its data."""

    def change(value: Any) -> Any:
        return names.sub(_marked, value) if isinstance(value, str) else value

    return {
        key: each
        if key in _KEPT
        else _keys_changed(each, change)
        if key in _DATA
        else _without_formats(each, change)
        if key == "fields"
        else each_scalar(each, change)
        for key, each in request.items()
    }


def _marked(found: re.Match[str]) -> str:
    """Mark a name, unless it is that of a Liquid filter."""
    is_filter = found.string[: found.start()].rstrip().endswith("|")
    return found[0] if is_filter else f"{_MARK}{found[0]}"


def _without_formats(value: Any, change: Callable[[Any], Any]) -> Any:
    """Rename what stands in field definitions, but for the formats: nobody looks those up."""
    if isinstance(value, dict):
        return {
            change(key): each
            if key == "format" and isinstance(each, str)
            else _without_formats(each, change)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_without_formats(each, change) for each in value]
    return change(value)


def inherited_formats(fields: object, *at: str) -> Iterator[str]:
    """Yield the place, in the schema of field definitions, of each format of an inherited name."""
    for name, field in fields.items() if isinstance(fields, dict) else ():
        here = (*at, "properties", name)
        if field.get("format") in INHERITED:
            yield pointer(*here, "format")
        inner = ("items",) if field.get("multiple") else ()
        yield from inherited_formats(field.get("properties"), *here, *inner)


def renamed_back(value: Any) -> Any:
    """Return an answer to such a request with the names that they were."""
    return each_scalar(
        value, lambda each: each.replace(_MARK, "") if isinstance(each, str) else each
    )


def is_missing(case: Case) -> bool:
    """Return whether our answer is the reference's for names that nobody inherits.

    With `__proto__` renamed its value stays, which else is lost on both sides. A format of such a
    name, which the reference finds and calls, is refused as one that there is not.
    """
    formats = set(inherited_formats(case.request.get("fields")))
    if formats and (error := failure(case.ours)):
        return places(error) == formats
    ours = settled(case.ours)
    theirs = [settled(renamed_back(case.asides[name])) for name in ("renamed", "all renamed")]
    lost = (without_prototype(each) for each in (theirs[1], ours))
    return agree(theirs[0], ours) or agree(theirs[1], ours) or agree(*lost)


def without_prototype(value: Any) -> Any:
    """Return the value without the keys that JavaScript loses when it copies an object.

    A key that `@flatten` makes holds the ones that it comes from.
    """
    if isinstance(value, dict):
        return {
            key: without_prototype(each) for key, each in value.items() if _PROTOTYPE not in key
        }
    return list(map(without_prototype, value)) if isinstance(value, list) else value


def _keys_changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {change(key): _keys_changed(each, change) for key, each in value.items()}
    return [_keys_changed(each, change) for each in value] if isinstance(value, list) else value
