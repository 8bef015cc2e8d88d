"""What a payload becomes before it is checked: values of the fields' types, and nothing unknown.

The rules are those of Ajv with `coerceTypes: "array"`: https://ajv.js.org/coercion.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeAlias

from destination_kit import _javascript
from destination_kit._json import MISSING
from destination_kit.fields.cleaning import list_types

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value

Coerce: TypeAlias = "Callable[[Json], Json]"
Prepare: TypeAlias = "Callable[[dict[str, Json]], None]"
Convert: TypeAlias = "Callable[[Json], Value]"

PYTHON_TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
}
"""The Python classes of each JSON type. A float without a fraction is an integer too."""


class Unbounded(float):
    """A number that was given as infinite, or as none at all: no type takes it.

    A text may still become infinite, as in the reference; that is a plain float.
    """


def compile_coercer(schema: JsonObject) -> Coerce:
    """Compile the schema into what turns a clean value into one of the schema's types.

    A value that no rule can turn stays as it is, for the check to refuse. Objects that list their
    properties lose all others, unless `additionalProperties` asks for them.
    """
    convert = _compile_conversion(list_types(schema))
    of_object = _object_coercer(schema)
    of_array = _array_coercer(schema.get("items"))
    if of_object is None and of_array is None:
        return convert

    def coerce(value: Json) -> Json:
        value = convert(value)
        if of_object and isinstance(value, dict):
            return of_object(value)
        return of_array(value) if of_array and isinstance(value, list) else value

    return coerce


def compile_preparation(arrays: Collection[str], nullable: Collection[str]) -> Prepare:
    """Compile what happens to top-level fields, in place, before any condition looks at them.

    The values of `arrays` are put into lists where they are none; those of `nullable` become null
    where coercion can take them for null.
    """
    to_null = _compile_conversion(("null",))

    def prepare(payload: dict[str, Json]) -> None:
        for name in arrays:
            if name in payload and not isinstance(payload[name], list | None):
                payload[name] = [payload[name]]
        for name in nullable:
            if name in payload:
                payload[name] = to_null(payload[name])

    return prepare


def _compile_conversion(types: tuple[str, ...]) -> Coerce:
    fitting = frozenset[type]().union(*(PYTHON_TYPES.get(each, ()) for each in types))
    rules = tuple(_RULES[each] for each in types if each in _RULES)
    whole = "integer" in types
    refuse = _marked if whole or float in fitting else _same

    def fits(value: Json) -> bool:
        if isinstance(value, float):
            return math.isfinite(value) and (float in fitting or (whole and not value % 1))
        return type(value) in fitting

    def convert(value: Json) -> Json:
        if fits(value):
            return value
        given = value
        if rules and isinstance(value, list) and len(value) == 1:
            value = value[0]
            # Ajv's test for several types at once is never true here, so only one type unwraps.
            if len(types) == 1 and fits(value):
                return value
        new = next((new for rule in rules if (new := rule(value)) is not MISSING), MISSING)
        return refuse(given) if new is MISSING else new

    return convert if types else lambda value: value


def _marked(value: Json) -> Json:
    if isinstance(value, float) and not math.isfinite(value):
        return Unbounded(value)
    return value


def _object_coercer(schema: JsonObject) -> Callable[[dict[str, Json]], Json] | None:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return None
    coercers = {
        name: compile_coercer(field) if isinstance(field, Mapping) else _same
        for name, field in properties.items()
    }
    settled = {name: _settled_kinds(field) for name, field in properties.items()}
    rest = _compile_rest(schema.get("additionalProperties", False))
    patterned = "patternProperties" in schema

    def coerce(value: dict[str, Json]) -> Json:
        if rest or patterned:
            return {name: coercers.get(name, rest or _same)(each) for name, each in value.items()}
        return {
            name: each if type(each) in settled[name] else coercers[name](each)
            for name, each in value.items()
            if name in coercers
        }

    return coerce


def _settled_kinds(field: Json) -> frozenset[type]:
    """Return the classes of the scalars that the field leaves as they are; floats may be none."""
    types = list_types(field) if isinstance(field, Mapping) else ()
    kinds = frozenset[type]().union(*(PYTHON_TYPES.get(each, ()) for each in types))
    return kinds - PYTHON_TYPES["object"] - PYTHON_TYPES["array"] - {float}


def _compile_rest(additional: Json) -> Coerce | None:
    if isinstance(additional, Mapping):
        return compile_coercer(additional)
    return _same if additional else None


def _array_coercer(items: Json) -> Callable[[list[Json]], Json] | None:
    if not isinstance(items, Mapping):
        return None
    coerce = compile_coercer(items)
    return lambda value: [coerce(each) for each in value]


def _same(value: Json) -> Json:
    return value


def _is(value: Json, number: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == number


def _to_string(value: Json) -> Value:
    if value is None:
        return ""
    return _javascript.to_string(value) if isinstance(value, int | float) else MISSING


def _to_number(value: Json) -> Value:
    if value is None or isinstance(value, bool):
        return int(bool(value))
    if not isinstance(value, str) or not value:
        return MISSING
    number = _javascript.string_to_number(value)
    return MISSING if math.isnan(number) else number


def _to_integer(value: Json) -> Value:
    number = _to_number(value)
    is_fraction = isinstance(number, float) and math.isfinite(number) and number % 1
    return MISSING if is_fraction else number


def _to_boolean(value: Json) -> Value:
    if value is None or value == "false" or _is(value, 0):
        return False
    return True if value == "true" or _is(value, 1) else MISSING


def _to_null(value: Json) -> Value:
    return None if value == "" or value is False or _is(value, 0) else MISSING


def _to_array(value: Json) -> Value:
    return MISSING if isinstance(value, dict) else [value]


_RULES: Mapping[str, Convert] = {
    "string": _to_string,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "null": _to_null,
    "array": _to_array,
}
