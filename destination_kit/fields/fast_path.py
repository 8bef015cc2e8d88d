"""A quick look at a payload that is valid as it came, as most are; it never says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from destination_kit._javascript import PROTOTYPE_KEY
from destination_kit._json import MISSING, as_array
from destination_kit.fields.cleaning import PLAIN, list_types
from destination_kit.fields.coercion import PYTHON_TYPES
from destination_kit.fields.conditions import (
    CONDITIONS,
    find_null_tests,
    select_rules_after_coercion,
    select_rules_before_coercion,
)
from destination_kit.fields.formats import FORMATS, compile_pattern

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value


Proof: TypeAlias = "Callable[[Json], bool]"

NUMBERS = frozenset({int, float})
SILENT = frozenset(
    {
        *("title", "description", "default", "examples", "readOnly", "writeOnly"),
        *("$schema", "$id", "$comment"),
        *("if", "then", "else", "required", "properties", "additionalProperties"),
    }
)
"""Keywords that assert nothing, or that another keyword of the table below reads."""


def compile_validity_test(schema: Json) -> Proof:
    """Compile the schema into a proof; one that never accepts where a keyword is beyond it."""
    if not isinstance(schema, Mapping):
        return always if schema is True else _never
    proofs = [prove(schema[keyword]) for keyword, prove in _PROVERS.items() if keyword in schema]
    if "required" in schema or "properties" in schema or "additionalProperties" in schema:
        proofs.append(_object(schema))
    if "if" in schema:
        proofs.append(_condition(schema))
    if any(_is_beyond(keyword) for keyword in schema):
        return _never
    return _all([each for each in proofs if each is not always] or [always])


def _is_beyond(keyword: str) -> bool:
    return not (keyword in SILENT or keyword in _PROVERS or keyword.startswith("x-"))


def always(_: Json) -> bool:
    """Prove everything: the proof where a schema demands nothing."""
    return True


def _never(_: Json) -> bool:
    return False


def _all(proofs: Sequence[Proof]) -> Proof:
    if len(proofs) == 1:
        return proofs[0]
    if len(proofs) == 2:  # noqa: PLR2004 - the usual number, and quicker than a loop
        first, second = proofs
        return lambda value: first(value) and second(value)
    return lambda value: all(proof(value) for proof in proofs)


def _type(types: Json) -> Proof:
    names = list_types({"type": types})
    kinds = frozenset[type]().union(*(PYTHON_TYPES.get(name, ()) for name in names))
    if "integer" in names and "number" not in names:
        return lambda value: (
            type(value) in kinds or (isinstance(value, float) and value.is_integer())
        )
    return lambda value: type(value) in kinds


def _enum(values: Json) -> Proof:
    options = values if isinstance(values, list | tuple) else ()
    scalars = frozenset(
        (type(each), each) for each in options if not isinstance(each, Mapping | list | tuple)
    )

    def prove(value: Json) -> bool:
        return type(value) not in (dict, list) and (type(value), value) in scalars

    return prove


def _const(value: Json) -> Proof:
    return _enum([value])


def _at_least(limit: Json, measure: Callable[[Json], float], kinds: frozenset[type]) -> Proof:
    if not isinstance(limit, int | float):
        return _never
    return lambda value: type(value) not in kinds or measure(value) >= limit


def _length(value: Json) -> float:
    return len(value) if isinstance(value, str | list | dict) else 0


def _size(value: Json) -> float:
    return value if isinstance(value, int | float) else 0


def _opposite(value: Json) -> float:
    return -_size(value)


def _shortness(value: Json) -> float:
    return -_length(value)


def _negated(limit: Json) -> Json:
    return -limit if isinstance(limit, int | float) else None


def _format(name: Json) -> Proof:
    return FORMATS.get(str(name), always)


def _pattern(pattern: Json) -> Proof:
    search = compile_pattern(str(pattern)).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _items(schema: Json) -> Proof:
    if not isinstance(schema, Mapping):
        return _never
    proof = compile_validity_test(schema)
    return lambda value: not isinstance(value, list) or all(map(proof, value))


def _all_of(schemas: Json) -> Proof:
    return _all([compile_validity_test(each) for each in as_array(schemas)] or [always])


def _any_of(schemas: Json) -> Proof:
    proofs = [compile_validity_test(each) for each in as_array(schemas)]
    return lambda value: any(proof(value) for proof in proofs)


def _one_of(schemas: Json) -> Proof:
    """Prove a labelled choice, whose branches exclude each other; leave other unions alone."""
    branches = [each for each in as_array(schemas) if isinstance(each, Mapping)]
    constants = [each.get("const") for each in branches if each.keys() <= {"const", "title"}]
    distinct = {(type(each), str(each)) for each in constants}
    plain = all(type(each) in (str, bool) or each is None for each in constants)
    is_choice = plain and len(distinct) == len(constants) == len(as_array(schemas))
    return _enum(constants) if is_choice else _never


def _condition(schema: JsonObject) -> Proof:
    """Where both outcomes hold, the condition does not matter."""
    return _all(
        [
            compile_validity_test(schema.get("then", True)),
            compile_validity_test(schema.get("else", True)),
        ]
    )


def _object(schema: JsonObject) -> Proof:
    required = frozenset(str(each) for each in as_array(schema.get("required")))
    properties = schema.get("properties")
    fields = properties.items() if isinstance(properties, Mapping) else ()
    proofs = {name: compile_validity_test(field) for name, field in fields}
    rest = compile_validity_test(schema.get("additionalProperties", True))

    def prove(value: Json) -> bool:
        if not isinstance(value, dict):
            return True
        for name, each in value.items():
            if not proofs.get(name, rest)(each):
                return False
        return required <= value.keys()

    return prove


_PROVERS: Mapping[str, Callable[[Json], Proof]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minLength": lambda limit: _at_least(limit, _length, PYTHON_TYPES["string"]),
    "maxLength": lambda limit: _at_least(_negated(limit), _shortness, PYTHON_TYPES["string"]),
    "minItems": lambda limit: _at_least(limit, _length, PYTHON_TYPES["array"]),
    "maxItems": lambda limit: _at_least(_negated(limit), _shortness, PYTHON_TYPES["array"]),
    "minProperties": lambda limit: _at_least(limit, _length, PYTHON_TYPES["object"]),
    "maxProperties": lambda limit: _at_least(_negated(limit), _shortness, PYTHON_TYPES["object"]),
    "minimum": lambda limit: _at_least(limit, _size, NUMBERS),
    "maximum": lambda limit: _at_least(_negated(limit), _opposite, NUMBERS),
    "format": _format,
    "pattern": _pattern,
    "items": _items,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
}


Look: TypeAlias = "Callable[[Value], dict[str, Json] | None]"
Shape: TypeAlias = "Mapping[str, Value]"
"""What every event makes of a mapping: its fields with their literals, `MISSING` for the others."""

_Take: TypeAlias = "Callable[[Any], Any]"

_UNSURE: Final = object()
_SCALARS: Final = frozenset({"string", "number", "integer", "boolean", "null"})
_AT_ROOT: Final = frozenset({"type", "properties", "required", "additionalProperties"})
_OF_OPEN_MAP: Final = frozenset({"type", "title", "description", "default"})


def compile_fast_path(schema: JsonObject) -> Callable[[Shape | None], Look]:
    """Compile the schema of a payload into a look at what a mapping of some shape resolves to.

    The look returns the payload that copying, cleaning, coercion and every check would let through
    unchanged but for what is absent; and None where that takes more than a look. What it is given
    has to have the fields of that shape, every one and no other, and its literals.
    """
    fields = schema.get("properties")
    if not isinstance(fields, Mapping) or not all(map(_is_known, schema)):
        return lambda _: _unproven
    tested = find_null_tests(schema)
    takes = {
        name: (take, _is_text(field))
        for name, field in fields.items()
        if name not in tested and isinstance(field, Mapping) and (take := _compile_take(field))
    }
    needed = schema.get("required")
    required = frozenset(map(str, needed if isinstance(needed, list | tuple) else ()))
    conditions = compile_validity_test(select_rules_before_coercion(schema))

    def look_at(shape: Shape | None) -> Look:
        if shape is None or not required <= shape.keys():
            return _unproven
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


def _unproven(_: Value) -> None:
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
    return compile_validity_test(
        {key: each for key, each in select_rules_after_coercion(field).items() if key != "type"}
    )


def _compile_take(field: JsonObject) -> _Take | None:
    """Return what takes a value as it is, finds it absent, or is not sure."""
    types = list_types(field)
    if types == ("object",):
        return _open_map if all(map(_is_silent, field)) else None
    if not types or not _SCALARS.issuperset(types):
        return None
    kinds = frozenset[type]().union(*(PYTHON_TYPES[each] for each in types)) - {float}
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
    if type(value) is not dict or PROTOTYPE_KEY in value:
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
