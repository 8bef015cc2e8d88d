"""Proofs that a value is valid, made once from a schema: quick to say yes, never sure of a no.

What a proof accepts, a validator for draft-07 accepts. What it does not accept may still be valid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from destination_kit.fields.cleaning import types_of
from destination_kit.fields.coercion import KINDS
from destination_kit.fields.formats import FORMATS
from destination_kit.fields.patterns import compile_pattern

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

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


def compile_proof(schema: Json) -> Proof:
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
    names = types_of({"type": types})
    kinds = frozenset[type]().union(*(KINDS.get(name, ()) for name in names))
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
    proof = compile_proof(schema)
    return lambda value: not isinstance(value, list) or all(map(proof, value))


def _all_of(schemas: Json) -> Proof:
    return _all([compile_proof(each) for each in _list(schemas)] or [always])


def _any_of(schemas: Json) -> Proof:
    proofs = [compile_proof(each) for each in _list(schemas)]
    return lambda value: any(proof(value) for proof in proofs)


def _one_of(schemas: Json) -> Proof:
    """Prove a labelled choice, whose branches exclude each other; leave other unions alone."""
    branches = [each for each in _list(schemas) if isinstance(each, Mapping)]
    constants = [each.get("const") for each in branches if each.keys() <= {"const", "title"}]
    distinct = {(type(each), str(each)) for each in constants}
    plain = all(type(each) in (str, bool) or each is None for each in constants)
    is_choice = plain and len(distinct) == len(constants) == len(_list(schemas))
    return _enum(constants) if is_choice else _never


def _list(schemas: Json) -> Sequence[Json]:
    return schemas if isinstance(schemas, list | tuple) else ()


def _condition(schema: JsonObject) -> Proof:
    """Where both outcomes hold, the condition does not matter."""
    return _all([compile_proof(schema.get("then", True)), compile_proof(schema.get("else", True))])


def _object(schema: JsonObject) -> Proof:
    required = frozenset(str(each) for each in _list(schema.get("required")))
    properties = schema.get("properties")
    fields = properties.items() if isinstance(properties, Mapping) else ()
    proofs = {name: compile_proof(field) for name, field in fields}
    rest = compile_proof(schema.get("additionalProperties", True))

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
    "minLength": lambda limit: _at_least(limit, _length, KINDS["string"]),
    "maxLength": lambda limit: _at_least(_negated(limit), _shortness, KINDS["string"]),
    "minItems": lambda limit: _at_least(limit, _length, KINDS["array"]),
    "maxItems": lambda limit: _at_least(_negated(limit), _shortness, KINDS["array"]),
    "minProperties": lambda limit: _at_least(limit, _length, KINDS["object"]),
    "maxProperties": lambda limit: _at_least(_negated(limit), _shortness, KINDS["object"]),
    "minimum": lambda limit: _at_least(limit, _size, NUMBERS),
    "maximum": lambda limit: _at_least(_negated(limit), _opposite, NUMBERS),
    "format": _format,
    "pattern": _pattern,
    "items": _items,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
}
