"""The oracle's operations on mappings and JavaScript values, answered by this project."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from destination_kit._javascript import number_of, stringify, text, well_formed
from destination_kit._json import MISSING, pointer
from destination_kit.errors import (
    DestinationKitError,
    MappingError,
    PayloadValidationError,
    Problem,
)
from destination_kit.mapping import DIRECTIVES, compile_mapping
from destination_kit.mapping.directives.shaping import flatten
from destination_kit.mapping.grammar import Place, check
from destination_kit.mapping.paths import get, get_at
from destination_kit.mapping.payloads import copy_payload
from destination_kit.mapping.resolvers import ALWAYS_FAILS
from destination_kit.mapping.roots import MAPPING, ROOT, entries
from destination_kit.mapping.templates import render_template
from tests.conformance import wire
from tests.conformance.compare import equal, places

Request: TypeAlias = dict[str, Any]
Answer: TypeAlias = dict[str, Any]

_MARK = "\u2400"
_NEW = rf"{_MARK}\g<0>"
_INHERITED = re.compile(r"\b(?:toString|constructor|__proto__)\b")
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_MERGED = re.compile(r".*/@merge/objects/\d+")
_PARTS = re.compile(r"(/@arrayPath)/[01](?=/|$)")


def _transform(request: Request) -> object:
    data = request.get("data", MISSING)
    data = {} if data is MISSING else data
    if not isinstance(data, dict):
        raise PayloadValidationError("data must be an object")
    return _compiled(request)(data)


def _transform_batch(request: Request) -> object:
    data = request.get("data", MISSING)
    data = [] if data is MISSING else data
    if not isinstance(data, list):
        raise PayloadValidationError("data must be an array")
    resolve = _compiled(request)
    return [resolve(each) for each in data]


def _mapping_after(request: Request) -> object:
    _transform(request)
    return request.get("mapping", MISSING)


def _validate_mapping(request: Request) -> object:
    problems = check(request.get("mapping", MISSING), Place(DIRECTIVES))
    if problems:
        raise MappingError(replace(each, path=_in_their_words(each.path)) for each in problems)
    return "valid"


def _render(request: Request) -> object:
    if not isinstance(request.get("template"), str):
        raise PayloadValidationError("template must be a string")
    return render_template(request["template"], request.get("data", MISSING))


def _flatten(request: Request) -> object:
    separator = request.get("separator", MISSING)
    omit_arrays = bool(request.get("omitArrays", False))
    value = request.get("value", MISSING)
    return flatten(value, "." if separator is MISSING else separator, omit_arrays=omit_arrays)


def _get(request: Request) -> object:
    value, path = request.get("obj", MISSING), request.get("path", MISSING)
    if path is None or path is MISSING:
        return MISSING
    return get_at(value, path) if isinstance(path, str) else get(value, tuple(map(text, path)))


def _stringify(request: Request) -> object:
    encoded = stringify(request.get("value", MISSING))
    return MISSING if encoded is None else copy_payload(encoded)


OPS: dict[str, Callable[[Request], object]] = {
    "transform": _transform,
    "transformBatch": _transform_batch,
    "mappingAfter": _mapping_after,
    "validateMapping": _validate_mapping,
    "render": _render,
    "flatten": _flatten,
    "get": _get,
    "jsString": lambda request: text(request.get("value", MISSING)),
    "jsStringify": _stringify,
    "jsNumber": lambda request: number_of(request.get("value", MISSING)),
}


def _compiled(request: Request) -> Callable[[Any], object]:
    mapping = request.get("mapping", MISSING)
    try:
        return compile_mapping(mapping)
    except MappingError as error:
        raise MappingError(_as_they_place_it(each, mapping) for each in error.problems) from None


def _as_they_place_it(problem: Problem, mapping: object) -> Problem:
    """Place a problem where the reference does, which looks at what a root directive stands for."""
    path = problem.path
    if isinstance(mapping, Mapping) and ROOT in mapping:
        moved = pointer(*entries(mapping[ROOT]), MAPPING)
        inside = f"{path}/".startswith(f"{pointer(ROOT)}/")
        path = path.removeprefix(pointer(ROOT)) if inside else moved + path
    return replace(problem, path=_in_their_words(path))


def _in_their_words(path: str) -> str:
    """Say a place as the reference does: it starts anew in `@merge`, and counts no `@arrayPath`."""
    return _PARTS.sub(r"\1", _MERGED.sub("", path))


def chosen(request: Request, theirs: Answer, ours: Answer) -> str | None:
    """Return the row of the policy by which these answers may differ, None where there is none.

    Each row is proved by answering again: as JavaScript reads the numbers (D1), without the names
    that it inherits (D2), with text that says the same JSON (D3) or half characters replaced (D4).
    """
    if "error" in ours:
        return "D7" if _only_finds_more(request, theirs, ours) else None
    if "error" in theirs:
        return "D2" if _only_inherits_less(request, None, _value(ours)) else None
    if request["op"] == "mappingAfter":
        untouched = wire.encode(wire.decode(request["mapping"]))
        return "D9" if equal(ours["ok"], untouched) else None
    said, our_own, rounded = _value(theirs), _value(ours), _again(_as_doubles(request))
    for row, theirs_as, ours_as in (
        ("D1", said, rounded),
        ("D4", _well_formed(said), our_own),
        ("D3", _ordered(said), _ordered(our_own)),
        ("D3", _ordered(_well_formed(said)), _ordered(rounded)),
    ):
        if equal(theirs_as, _as_doubles(ours_as)):
            return row
    return "D2" if _only_inherits_less(request, said, our_own) else None


def _only_finds_more(request: Request, theirs: Answer, ours: Answer) -> bool:
    """Whether we only refuse in advance what fails for every event."""
    problems = ours["error"].get("errors", [])
    sure = {each["pointer"] for each in problems if each["name"] == ALWAYS_FAILS}
    if "error" not in theirs:
        return bool(sure) and request["op"] == "transformBatch" and not request.get("data")
    told = {each["pointer"] for each in problems} - sure
    found = places(theirs["error"])
    # inside an array the reference checks `apply` for each event, and places from there
    nested = not told and "@transform" in json.dumps(request["mapping"])
    return bool(sure) and (nested or told <= found <= told | sure)


def _only_inherits_less(request: Request, theirs: Any, ours: Any) -> bool:
    """Whether answers differ only in fields that name what JavaScript inherits, missing for us."""
    again = _again(_renamed(request))
    if _renamed(request) == request or not equal(copy_payload(ours), _renamed_back(again)):
        return False
    fields = request.get("mapping")
    if (
        theirs is None
        or not isinstance(fields, dict)
        or any(key.startswith(("@", ROOT)) for key in fields)
    ):
        return True
    same = [key for key, each in fields.items() if _renamed(each) == each]
    pair = theirs, _again(_as_doubles(request))
    return equal(*(_only(_as_doubles(_well_formed(each)), same) for each in pair))


def _only(value: Any, keys: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_only(each, keys) for each in value]
    return {key: each for key, each in value.items() if key in keys}


def _value(answer: Answer) -> Any:
    return {wire.TAG: "undefined"} if answer.get("undefined") else answer["ok"]


def _again(request: Request) -> Any:
    """Answer another request; an error is told apart from every value."""
    try:
        return wire.encode(OPS[request["op"]](wire.decode(request)))
    except DestinationKitError as error:
        return error


def _each_scalar(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {change(key): _each_scalar(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [_each_scalar(each, change) for each in value]
    return change(value)


def _as_doubles(value: Any) -> Any:
    return _each_scalar(value, lambda each: float(each) if type(each) is int else each)


def _well_formed(value: Any) -> Any:
    def change(each: object) -> object:
        return well_formed(_HALF_ESCAPED.sub("\ufffd", each)) if isinstance(each, str) else each

    return _each_scalar(value, change)


def _ordered(value: Any) -> Any:
    """Make any two JSON texts of one value the same text."""

    def change(each: object) -> object:
        try:
            return json.dumps(json.loads(each), sort_keys=True) if isinstance(each, str) else each
        except ValueError:
            return each

    return _each_scalar(value, change)


def _renamed(value: Any) -> Any:
    """Give the names that JavaScript inherits, wherever they stand, names that it does not."""
    return _each_scalar(value, lambda each: _INHERITED.sub(_NEW, each) if _is_text(each) else each)


def _renamed_back(value: Any) -> Any:
    back = _each_scalar(value, lambda each: each.replace(_MARK, "") if _is_text(each) else each)
    return copy_payload(back)  # which leaves out `__proto__`


def _is_text(value: object) -> bool:
    return isinstance(value, str)
