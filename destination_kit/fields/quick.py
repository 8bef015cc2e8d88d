"""A quick look at a payload that is valid as it came, as most are; it never says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from destination_kit._json import MISSING
from destination_kit.fields.cleaning import PLAIN, types_of
from destination_kit.fields.coercion import KINDS
from destination_kit.fields.conditions import (
    CONDITIONS,
    after_coercion,
    before_coercion,
    names_tested_for_null,
)
from destination_kit.fields.proof import always, compile_proof

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value

Look: TypeAlias = "Callable[[Value], dict[str, Json] | None]"
Shape: TypeAlias = "Mapping[str, Value]"
"""What every event makes of a mapping: its fields with their literals, `MISSING` for the others."""

_Take: TypeAlias = "Callable[[Any], Any]"

_UNSURE: Final = object()
_SCALARS: Final = frozenset({"string", "number", "integer", "boolean", "null"})
_AT_ROOT: Final = frozenset({"type", "properties", "required", "additionalProperties"})
_OF_OPEN_MAP: Final = frozenset({"type", "title", "description", "default"})
_NO_COPY: Final = "__proto__"  # a key that no payload ever has


def compile_look(schema: JsonObject) -> Callable[[Shape | None], Look]:
    """Compile the schema of a payload into a look at what a mapping of some shape resolves to.

    The look returns the payload that copying, cleaning, coercion and every check would let through
    unchanged but for what is absent; and None where that takes more than a look. What it is given
    has to have the fields of that shape, every one and no other, and its literals.
    """
    fields = schema.get("properties")
    if not isinstance(fields, Mapping) or not all(map(_is_known, schema)):
        return lambda _: _never
    tested = names_tested_for_null(schema)
    takes = {
        name: (take, _is_text(field))
        for name, field in fields.items()
        if name not in tested and isinstance(field, Mapping) and (take := _compile_take(field))
    }
    needed = schema.get("required")
    required = frozenset(map(str, needed if isinstance(needed, list | tuple) else ()))
    conditions = compile_proof(before_coercion(schema))

    def look_at(shape: Shape | None) -> Look:
        if shape is None or not required <= shape.keys():
            return _never
        return _conditional(_look(shape, takes, required), conditions)

    return look_at


def _look(shape: Shape, takes: Mapping[str, tuple[_Take, bool]], required: Collection[str]) -> Look:
    found = {name: takes.get(name, (_unsure, False)) for name in shape}
    fields = tuple(
        (name, take, is_text)
        for name, (take, is_text) in found.items()
        if shape[name] is MISSING or take(shape[name]) is not shape[name]
    )

    def look(resolved: Value) -> dict[str, Json] | None:
        if type(resolved) is not dict:
            return None
        payload: dict[str, Any] = resolved.copy()
        for name, take, is_text in fields:
            value = payload[name]
            if is_text and type(value) is str and value and value.isascii():
                continue
            taken = value if value is MISSING else take(value)
            if taken is _UNSURE or (taken is MISSING and name in required):
                return None
            if taken is MISSING:
                del payload[name]
            else:
                payload[name] = taken
        return payload

    return look


def _never(_: Value) -> None:
    """Be sure of nothing."""


def _conditional(look: Look, conditions: Callable[[Json], bool]) -> Look:
    def fitting(resolved: Value) -> dict[str, Json] | None:
        payload = look(resolved)
        return payload if payload is not None and conditions(payload) else None

    return look if conditions is always else fitting


def _is_known(keyword: str) -> bool:
    return keyword in _AT_ROOT or keyword in CONDITIONS or _is_silent(keyword)


def _is_silent(keyword: str) -> bool:
    return keyword in _OF_OPEN_MAP or keyword.startswith("x-")


def _is_text(field: Json) -> bool:
    return isinstance(field, Mapping) and field.get("type") == "string" and _proof(field) is always


def _proof(field: JsonObject) -> Callable[[Json], bool]:
    return compile_proof(
        {key: each for key, each in after_coercion(field).items() if key != "type"}
    )


def _compile_take(field: JsonObject) -> _Take | None:
    """Return what takes a value as it is, finds it absent, or is not sure."""
    types = types_of(field)
    if types == ("object",):
        return _open_map if all(map(_is_silent, field)) else None
    if not types or not _SCALARS.issuperset(types):
        return None
    kinds = frozenset[type]().union(*(KINDS[each] for each in types)) - {float}
    proof, without_null = _proof(field), "null" not in types

    def take(value: Any) -> Any:
        is_text = type(value) is str
        if (is_text and not value) or (value is None and without_null):
            return MISSING
        is_fit = type(value) in kinds and (not is_text or value.isascii() or _is_whole(value))
        return value if is_fit and proof(value) else _UNSURE

    return take


def _unsure(_: Any) -> Any:
    return _UNSURE


def _open_map(value: Any) -> Any:
    """Take a copy of a map of plain values."""
    if value is None:
        return MISSING
    if type(value) is not dict or _NO_COPY in value:
        return _UNSURE
    copied = value.copy()
    for key, each in value.items():
        if each is MISSING:
            del copied[key]
        elif type(each) is str:
            if not (each.isascii() or _is_whole(each)) or not key.isascii():
                return _UNSURE
        elif type(each) not in PLAIN or not key.isascii():
            return _UNSURE
    return copied


def _is_whole(text: str) -> bool:
    """Return whether a text has no half surrogates, which nothing could send."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
