"""Rows D1, D2 and D3 inside the text that Liquid writes, where no value shows any more; and D9.

The reference is asked again with data in which the row has nothing to do: long integers as text,
keys that no prototype has, keys that look like no integer. For D9 it is asked field by field, since
its `increment` changes the event for the fields behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from typing import Any

from tests.conformance.cases import Case, Message
from tests.conformance.compare import agree
from tests.conformance.rows import mappings
from tests.conformance.values import LARGEST_SAFE, each_scalar, parts, settled

_MARK = "\u2060"  # nothing that a template looks for, and no blank
_CONVERTING = re.compile("toString|valueOf")  # what JavaScript turns an object into text with
_INTEGER = re.compile(r"0|[1-9]\d*")


def digits(case: Case) -> dict[str, Message]:
    """Ask with every long integer of the data as the text of its digits."""
    return _asked(case, "spelled", lambda key: key, _spelled)


def names(case: Case) -> dict[str, Message]:
    """Ask with keys that tell JavaScript how to convert an object made into other keys."""
    return _asked(case, "unconverted", lambda key: _CONVERTING.sub(rf"\g<0>{_MARK}", key))


def keys(case: Case) -> dict[str, Message]:
    """Ask with keys that look like integers made into others, which stay where they are."""
    return _asked(case, "unmoved", lambda key: f"{key}{_MARK}" if _INTEGER.fullmatch(key) else key)


def fields(case: Case) -> dict[str, Message]:
    """Ask for each field of a mapping alone."""
    mapping = case.request.get("mapping")
    if case.request["op"] not in ("transform", "transformBatch") or not isinstance(mapping, dict):
        return {}
    return {
        f"field {name}": {**case.request, "mapping": {name: each}} for name, each in mapping.items()
    }


def is_field_by_field(case: Case) -> bool:
    """Return whether our answer is what the reference makes of each field alone."""
    alone = [each["ok"] for name, each in case.asides.items() if name.startswith("field ")]
    together: Any = {}
    if case.request["op"] == "transformBatch":
        together = [
            dict(chain.from_iterable(map(dict.items, each))) for each in zip(*alone, strict=True)
        ]
    else:
        together = dict(chain.from_iterable(map(dict.items, alone)))
    return agree(settled({"ok": together}), settled(case.ours))


def is_of_liquid(request: Message) -> bool:
    """Return whether a request renders Liquid."""
    return "@liquid" in parts(mappings(request))


def holds(name: str) -> Callable[[Case], bool]:
    """Return whether our answer is the reference's to the question of this name."""

    def prescribes(case: Case) -> bool:
        theirs = case.asides.get(name)
        return theirs is not None and agree(settled(_unmarked(theirs)), settled(case.ours))

    return prescribes


def _asked(
    case: Case,
    name: str,
    rename: Callable[[str], str],
    change: Callable[[Any], Any] = lambda value: value,
) -> dict[str, Message]:
    if not is_of_liquid(case.request) or "data" not in case.request:
        return {}
    return {name: {**case.request, "data": _changed(case.request["data"], rename, change)}}


def _changed(value: Any, rename: Callable[[str], str], change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {rename(key): _changed(each, rename, change) for key, each in value.items()}
    if isinstance(value, list):
        return [_changed(each, rename, change) for each in value]
    return change(value)


def _spelled(value: Any) -> Any:
    is_long = isinstance(value, int) and abs(value) > LARGEST_SAFE
    return str(value) if is_long else value


def _unmarked(answer: Message) -> Any:
    return each_scalar(
        answer, lambda each: each.replace(_MARK, "") if isinstance(each, str) else each
    )
