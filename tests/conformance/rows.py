"""What a request and its answers must be like for a row of the policy (D1, D2, …) to apply.

These conditions are necessary, not sufficient: whoever claims a row has looked closer. They stand
apart from the claims so that no claim rests on one look alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tests.conformance.values import equal, settled, unordered

Request: TypeAlias = dict[str, Any]
Message: TypeAlias = dict[str, Any]

_DATA = frozenset({"data", "event", "obj", "payload", "value"})
_CALL = re.compile(r"\bmatch\s*\(")
_LARGEST_SAFE = 2**53
_LONG_DIGITS = re.compile(r"\d{16}")
_INTEGER_KEY = re.compile(r'(?:^|")(?:0|[1-9]\d*)(?:$|")')
_NOT_BASIC = re.compile(r"[\ud800-\udfff\U00010000-\U0010ffff]|\\u[dD][89a-fA-F]")
_INHERITED_NAMES = """
    __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ __proto__ anchor apply
    arguments at big bind blink bold call caller charAt charCodeAt codePointAt concat constructor
    copyWithin endsWith entries every fill filter find findIndex findLast findLastIndex fixed flat
    flatMap fontcolor fontsize forEach hasOwnProperty includes indexOf isPrototypeOf isWellFormed
    italics join keys lastIndexOf link localeCompare map match matchAll normalize padEnd padStart
    pop propertyIsEnumerable push reduce reduceRight repeat replace replaceAll reverse search
    shift slice small some sort splice split startsWith strike sub substr substring sup
    toExponential toFixed toLocaleLowerCase toLocaleString toLocaleUpperCase toLowerCase
    toPrecision toReversed toSorted toSpliced toString toUpperCase toWellFormed trim trimEnd
    trimLeft trimRight trimStart unshift valueOf values with
"""
_INHERITED = frozenset(_INHERITED_NAMES.split())


def applies(row: str, request: Request) -> bool:
    """Return whether the request gives this row a reason to apply. An unknown row never does."""
    return row in _REASONS and _REASONS[row](request)


def prescribes(row: str, request: Request, theirs: Message, ours: Message) -> bool:
    """Return whether our answer differs from theirs in the way that the row lets it differ."""
    return row not in _PRESCRIPTIONS or _PRESCRIPTIONS[row](request, theirs, ours)


def parts(value: object) -> Iterator[object]:
    """Yield every key and every scalar of a value."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from parts(each)
    elif isinstance(value, list):
        for each in value:
            yield from parts(each)
    else:
        yield value


def _texts(request: Request, without: frozenset[str] = frozenset()) -> Iterator[str]:
    content = {key: each for key, each in request.items() if key not in {"id", "op", *without}}
    return (each for each in parts(content) if isinstance(each, str))


def _has_large_integer(request: Request) -> bool:
    numbers = (each for each in parts(request) if isinstance(each, int | float))
    return any(abs(each) >= _LARGEST_SAFE for each in numbers) or any(
        _LONG_DIGITS.search(each) for each in _texts(request)
    )


def _names_something_inherited(request: Request) -> bool:
    texts = (_CALL.sub("", each) for each in _texts(request, without=_DATA))
    words = (word for each in texts for word in re.split(r"\W+", each))
    return any(word in _INHERITED for word in words)


def _has_integer_key(request: Request) -> bool:
    return any(_INTEGER_KEY.search(each) for each in _texts(request))


def _leaves_the_basic_plane(request: Request) -> bool:
    return any(_NOT_BASIC.search(each) for each in _texts(request))


def _is_a_batch_with_empty_text(request: Request) -> bool:
    return bool(request.get("batch")) and "" in parts(request["payload"])


def _configures_something(request: Request) -> bool:
    return not request.keys().isdisjoint({"mapping", "fields", "fql", "ast"})


def _field_values(request: Request, name: str) -> set[object]:
    """Return what the field definitions, nested ones too, say for one attribute."""
    found: set[object] = set()
    pending = [*(request.get("fields") or {}).values()]
    while pending:
        field = pending.pop()
        found.add(str(field.get(name)))
        pending += (field.get("properties") or {}).values()
    return found


def _uses_liquid(request: Request) -> bool:
    return "@liquid" in parts(request.get("mapping"))


_REASONS: dict[str, Callable[[Request], bool]] = {
    "D1": _has_large_integer,
    "D2": _names_something_inherited,
    "D3": _has_integer_key,
    "D4": _leaves_the_basic_plane,
    "D5": lambda request: "fql" in request,
    "D6": _is_a_batch_with_empty_text,
    "D7": _configures_something,
    "D9": lambda request: request["op"] == "mappingAfter",
    "D10": lambda request: "datetime" in _field_values(request, "type"),
    "D11": lambda request: "regex" in _field_values(request, "format"),
    "D12": _uses_liquid,
}


def _differs_in_order(request: Request, theirs: Message, ours: Message) -> bool:
    """Return whether keys are in another order, also where a list follows the order of fields."""
    if request["op"] == "fieldsToJsonSchema":
        theirs, ours = unordered(theirs), unordered(ours)
    return _differs_in_precision_order_or_halves(request, theirs, ours)


def _differs_in_precision_order_or_halves(_: Request, theirs: Message, ours: Message) -> bool:
    pair = (settled({key: each.get(key) for key in ("ok", "undefined")}) for each in (theirs, ours))
    return "error" not in theirs and "error" not in ours and equal(*pair)


def _is_refused(_: Request, __: Message, ours: Message) -> bool:
    """Return whether we refused; a trigger that is refused matches nothing."""
    return "error" in ours or ours["ok"] is False or "error" in ours["ok"]


_PRESCRIPTIONS: dict[str, Callable[[Request, Message, Message], bool]] = {
    "D1": _differs_in_precision_order_or_halves,
    "D3": _differs_in_order,
    "D4": _differs_in_precision_order_or_halves,
    "D7": _is_refused,
    "D9": lambda request, _, ours: "ok" in ours and equal(request["mapping"], ours["ok"]),
}
