"""What a request must be like for a row of the policy (D1, D2, …) to apply to it.

These conditions look at the request alone, and they are necessary, not sufficient: what a row
then prescribes is looked up in `prescriptions`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tests.conformance import faults
from tests.conformance.values import LARGEST_SAFE, parts
from tests.conformance.wellformed import is_well_formed

Request: TypeAlias = dict[str, Any]

INSTANCES = ("onEvent", "onBatch")
_ROOT = "__segment_internal_directive"
_DATA = frozenset({"data", "event", "events", "obj", "payload", "value"})
_CALL = re.compile(r"\bmatch\s*\(")
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
INHERITED = frozenset(_INHERITED_NAMES.split())


def applies(row: str, request: Request) -> bool:
    """Return whether the request gives this row a reason to apply. An unknown row never does."""
    return row in _REASONS and _REASONS[row](request)


def subscriptions(request: Request) -> list[Any]:
    """Return the subscriptions of an instance, as the reference looks for them."""
    settings = request.get("settings") or {}
    alone, several = settings.get("subscription"), settings.get("subscriptions")
    return [alone] if alone else several if isinstance(several, list) else []


def definitions(request: Request) -> list[Any]:
    """Return every set of field definitions in a request: its own, or those of its actions."""
    actions = (request.get("destination") or {}).get("actions") or {}
    return [request.get("fields"), *(each["fields"] for each in actions.values())]


def triggers(request: Request) -> list[Any]:
    """Return what a request gives as triggers."""
    return [request["fql"]] if "fql" in request else _each(request, "subscribe")


def mappings(request: Request) -> list[Any]:
    """Return every mapping in a request."""
    return [request["mapping"]] if "mapping" in request else _each(request, "mapping")


def _each(request: Request, key: str) -> list[Any]:
    return [each.get(key) for each in subscriptions(request)]


def _texts(request: Request, without: frozenset[str] = frozenset()) -> Iterator[str]:
    content = {key: each for key, each in request.items() if key not in {"id", "op", *without}}
    return (each for each in parts(content) if isinstance(each, str))


def _has_large_integer(request: Request) -> bool:
    numbers = (each for each in parts(request) if isinstance(each, int | float))
    return any(abs(each) >= LARGEST_SAFE for each in numbers) or any(
        _LONG_DIGITS.search(each) for each in _texts(request)
    )


def _names_something_inherited(request: Request) -> bool:
    # Liquid writes objects of the data as text, and so asks them how
    data = frozenset() if "@liquid" in parts(mappings(request)) else _DATA
    texts = (_CALL.sub("", each) for each in _texts(request, without=data))
    words = (word for each in texts for word in re.split(r"\W+", each))
    return any(word in INHERITED for word in words) or "__proto__" in parts(request)


def _has_integer_key(request: Request) -> bool:
    return any(_INTEGER_KEY.search(each) for each in _texts(request))


def _leaves_the_basic_plane(request: Request) -> bool:
    return any(_NOT_BASIC.search(each) for each in _texts(request))


def _is_a_batch_with_empty_text(request: Request) -> bool:
    is_batch = request.get("batch") or request["op"] == "onBatch"
    return bool(is_batch) and "" in parts(request)


def _is_a_misread_trigger(request: Request) -> bool:
    return not all(map(is_well_formed, triggers(request)))


def _is_certain_to_fail(request: Request) -> bool:
    """Say whether a mapping, trigger, tree or field cannot work, whatever the event."""
    if "ast" in request:
        return any(faults.odd_parts(request["ast"]))
    if any(map(faults.bad_limits, definitions(request))):
        return True
    if request["op"] in INSTANCES and _is_badly_configured(request):
        return True
    found = (each for mapping in mappings(request) for _, each in faults.directives(mapping))
    return any(map(faults.is_faulty, found))


def _is_badly_configured(request: Request) -> bool:
    """Say whether an instance names no action, no trigger, or maps too little."""
    actions = request["destination"]["actions"]
    return _is_a_misread_trigger(request) or any(
        _is_badly_subscribed(each, actions) for each in subscriptions(request)
    )


def _is_badly_subscribed(subscription: Request, actions: Request) -> bool:
    if subscription.get("partnerAction") not in actions:
        return True
    fields = actions[subscription["partnerAction"]]["fields"]
    required = (name for name, each in fields.items() if each.get("required") is True)
    return any(leaves_out(subscription.get("mapping"), name) for name in required)


def leaves_out(mapping: object, name: str) -> bool:
    """Return whether a mapping fills a field for no event; a directive may fill any."""
    if not isinstance(mapping, dict):
        return True
    return name not in mapping and not any(key[:1] == "@" or key == _ROOT for key in mapping)


def _counts(request: Request) -> bool:
    """Say whether a template counts, which the reference does in the event itself."""
    return any("crement" in str(each) for each in parts(mappings(request)))


def _attributes(request: Request, name: str) -> set[object]:
    """Return what the field definitions, nested ones too, say for one attribute."""
    found: set[object] = set()
    pending = [field for each in definitions(request) for field in (each or {}).values()]
    while pending:
        field = pending.pop()
        found.add(str(field.get(name)))
        pending += (field.get("properties") or {}).values()
    return found


_REASONS: dict[str, Callable[[Request], bool]] = {
    "D1": _has_large_integer,
    "D2": _names_something_inherited,
    "D3": _has_integer_key,
    "D4": _leaves_the_basic_plane,
    "D5": _is_a_misread_trigger,
    "D6": _is_a_batch_with_empty_text,
    "D7": _is_certain_to_fail,
    "D8": lambda request: request["op"] in INSTANCES,
    "D9": lambda request: request["op"] in ("mappingAfter", *INSTANCES) or _counts(request),
    "D10": lambda request: (
        "datetime" in _attributes(request, "type") or "date-like" in _attributes(request, "format")
    ),
    "D11": lambda request: "regex" in _attributes(request, "format"),
    "D12": lambda request: "@liquid" in parts(mappings(request)),
}
