"""Coercion of a clean payload: values get the types of their fields, unknown properties go.

The rules are those of Ajv with `coerceTypes: "array"` and `removeAdditional`:
https://ajv.js.org/coercion.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from destination_kit import _javascript
from destination_kit._json import MISSING
from destination_kit._python_values import is_decimal
from destination_kit.fields.introspection import list_types

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value

Coercer: TypeAlias = "Callable[[Json], Json]"
EarlyCoercer: TypeAlias = "Callable[[dict[str, Json]], None]"
Conversion: TypeAlias = "Callable[[Json], Value]"
"""A value -> the value of another type, `MISSING` where Ajv has no rule for it."""

PYTHON_TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
}
"""The Python types of each JSON type. A float without a fraction is an integer too."""


class UnboundedNumber(float):
    """An infinite number or NaN that was given as a number; no type accepts it.

    Text that coercion turns into an infinite number is accepted, as in the reference. Such a
    number stays a plain float.
    """


def list_python_types(types: Iterable[str]) -> frozenset[type]:
    """Return the Python types of these JSON types; unknown names have none."""
    return frozenset[type]().union(*(PYTHON_TYPES.get(name, ()) for name in types))


def compile_coercer(schema: JsonObject) -> Coercer:
    """Compile the schema into a function that gives a clean value one of the schema's types.

    A value that no rule can convert stays as it is, for the checker to refuse. An object whose
    schema lists properties loses all others, unless `additionalProperties` allows them.
    """
    convert = _compile_conversion(list_types(schema))
    coerce_object = _compile_object_coercer(schema)
    coerce_array = _compile_array_coercer(schema.get("items"))
    if coerce_object is None and coerce_array is None:
        return convert

    def coerce(value: Json) -> Json:
        value = convert(value)
        if coerce_object and isinstance(value, dict):
            return coerce_object(value)
        return coerce_array(value) if coerce_array and isinstance(value, list) else value

    return coerce


def compile_early_coercer(arrays: Collection[str], nullable: Collection[str]) -> EarlyCoercer:
    """Compile what changes top-level fields, in place, before any condition is checked.

    A value of a field in `arrays` is put into a list unless it is one. A value of a field in
    `nullable` becomes null where Ajv can coerce it to null.
    """
    to_null = _compile_conversion(("null",))

    def coerce_early(payload: dict[str, Json]) -> None:
        for name in arrays:
            if name in payload and not isinstance(payload[name], list | None):
                payload[name] = [payload[name]]
        for name in nullable:
            if name in payload:
                payload[name] = to_null(payload[name])

    return coerce_early


def _compile_conversion(types: tuple[str, ...]) -> Coercer:
    if not types:
        return _keep
    # Ajv tries the types in the schema's order (`coerceToTypes` in
    # lib/compile/validate/dataType.ts). `true` becomes "true" for `["string", "number"]`, but 1 for
    # the reverse.
    conversions = tuple(_CONVERSIONS[name] for name in types if name in _CONVERSIONS)
    is_accepted = _compile_type_test(types)
    refuse = _keep if {"number", "integer"}.isdisjoint(types) else _mark_unbounded

    def convert(value: Json) -> Json:
        if is_accepted(value):
            return value
        original = value
        if conversions and isinstance(value, list) and len(value) == 1:
            [value] = value
            # For a field of several types Ajv wants the item to be of all types at once. So it never
            # accepts one (`checkDataTypes` in dataType.ts joins the tests by `and`).
            if len(types) == 1 and is_accepted(value):
                return value
        for convert_to_type in conversions:
            converted = convert_to_type(value)
            if converted is not MISSING:
                return converted
        return refuse(original)

    return convert


def _compile_type_test(types: tuple[str, ...]) -> Callable[[Json], bool]:
    accepted_types = list_python_types(types)
    accepts_whole = "integer" in types

    def is_accepted(value: Json) -> bool:
        if isinstance(value, float):
            is_of_type = float in accepted_types or (accepts_whole and not value % 1)
            return math.isfinite(value) and is_of_type
        return type(value) in accepted_types or (float in accepted_types and is_decimal(value))

    return is_accepted


def _mark_unbounded(value: Json) -> Json:
    if isinstance(value, float) and not math.isfinite(value):
        return UnboundedNumber(value)
    return value


def _compile_object_coercer(schema: JsonObject) -> Callable[[dict[str, Json]], Json] | None:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return None
    coercers = {
        name: compile_coercer(field) if isinstance(field, Mapping) else _keep
        for name, field in properties.items()
    }
    unchanged_types = {name: _list_unchanged_types(field) for name, field in properties.items()}
    coerce_unknown = _compile_unknown_coercer(schema.get("additionalProperties", False))
    keeps_unknown = coerce_unknown is not None or "patternProperties" in schema

    def coerce(members: dict[str, Json]) -> Json:
        if keeps_unknown:
            return {
                name: coercers.get(name, coerce_unknown or _keep)(value)
                for name, value in members.items()
            }
        return {
            name: value if type(value) in unchanged_types[name] else coercers[name](value)
            for name, value in members.items()
            if name in coercers
        }

    return coerce


def _list_unchanged_types(field: Json) -> frozenset[type]:
    """Return the scalar types whose values the field never changes."""
    types = list_types(field) if isinstance(field, Mapping) else ()
    # Conversion must see floats: an infinite one is marked, and a field of the types integer and
    # string turns 1.5 into "1.5".
    return list_python_types(types) - {dict, list, float}


def _compile_unknown_coercer(additional: Json) -> Coercer | None:
    if isinstance(additional, Mapping):
        return compile_coercer(additional)
    return _keep if additional else None


def _compile_array_coercer(items: Json) -> Callable[[list[Json]], Json] | None:
    if not isinstance(items, Mapping):
        return None
    coerce = compile_coercer(items)
    return lambda values: [coerce(value) for value in values]


def _keep(value: Json) -> Json:
    return value


def _equals_number(value: Json, number: int) -> bool:
    # In Python `True == 1`, so a bool would count as a number. Ajv compares by `===` (`coerceData`
    # in dataType.ts).
    return isinstance(value, int | float) and not isinstance(value, bool) and value == number


def _to_string(value: Json) -> Value:
    if value is None:
        return ""
    is_number = isinstance(value, int | float) or is_decimal(value)
    return _javascript.to_string(value) if is_number else MISSING


def _to_number(value: Json) -> Value:
    if value is None or isinstance(value, bool):
        return int(bool(value))
    # Ajv turns blanks into 0, as JavaScript does. It leaves empty text alone, because it tests the
    # text for truth first (`coerceData` in dataType.ts).
    if not isinstance(value, str) or not value:
        return MISSING
    number = _javascript.string_to_number(value)
    return MISSING if math.isnan(number) else number


def _to_integer(value: Json) -> Value:
    number = _to_number(value)
    is_fraction = isinstance(number, float) and math.isfinite(number) and number % 1
    return MISSING if is_fraction else number


def _to_boolean(value: Json) -> Value:
    if value is None or value == "false" or _equals_number(value, 0):
        return False
    return True if value == "true" or _equals_number(value, 1) else MISSING


def _to_null(value: Json) -> Value:
    return None if value == "" or value is False or _equals_number(value, 0) else MISSING


def _to_array(value: Json) -> Value:
    return MISSING if isinstance(value, dict) else [value]


_CONVERSIONS: Mapping[str, Conversion] = {
    "string": _to_string,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "null": _to_null,
    "array": _to_array,
}
