"""Nodes to predicates: closures that compare as the reference does, without its coercions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

from destination_kit._javascript import to_string, utf16_length
from destination_kit._json import MISSING
from destination_kit.fql.nodes import (
    FIELD_BY_KIND,
    NUMERIC_OPERATORS,
    TEXT_OPERATORS,
    Comparison,
    Node,
    operand_to_number,
)

if TYPE_CHECKING:
    from destination_kit._json import JsonObject, Predicate, Value

_Test: TypeAlias = "Callable[[Value], bool]"
_SEGMENT: Final = re.compile(r"[^\[.\]]+")
_NUMBERS: Final = frozenset({int, float})
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}")


def compile_node(node: Node) -> Predicate:
    """Return the predicate of a node. It never raises, whatever the event holds."""
    if isinstance(node, Comparison):
        return _comparison(node)
    parts = tuple(compile_node(each) for each in node.children)
    if node.operator == "not":
        return _not(*parts)
    if len(parts) == 1:
        return parts[0]
    return _all(parts) if node.operator == "and" else _any(parts)


def _all(parts: tuple[Predicate, ...]) -> Predicate:
    def every(event: JsonObject) -> bool:
        for holds in parts:  # noqa: SIM110 - a generator per event costs more than the clauses
            if not holds(event):
                return False
        return True

    return every


def _any(parts: tuple[Predicate, ...]) -> Predicate:
    def some(event: JsonObject) -> bool:
        for holds in parts:  # noqa: SIM110 - a generator per event costs more than the clauses
            if holds(event):
                return True
        return False

    return some


def _not(part: Predicate) -> Predicate:
    return lambda event: not part(event)


def _comparison(node: Comparison) -> Predicate:
    field = FIELD_BY_KIND[node.kind]
    if node.name is not None:
        test, read = _test(node), _path(field, node.name)
        return lambda event: test(read(event))
    if node.operator == "=":
        wanted = to_string(node.value)
        return lambda event: event.get(field) == wanted
    test = _test(node)
    return lambda event: test(event.get(field))


def _test(node: Comparison) -> _Test:
    """Return the test of a field's value; an operator that nobody knows holds for none."""
    if node.operator in TEXT_OPERATORS:
        return _TEXT_TESTS[node.operator](to_string(node.value))
    if node.operator in NUMERIC_OPERATORS:
        return _NUMBER_TESTS[node.operator](operand_to_number(node.value))
    return _VALUE_TESTS.get(node.operator, lambda _: False)


def _is_number(value: Value) -> TypeGuard[float]:
    return type(value) in _NUMBERS or (
        isinstance(value, int | float) and not isinstance(value, bool)
    )


_VALUE_TESTS: Final[dict[str, _Test]] = {
    "exists": lambda value: value is not None and value is not MISSING,
    "not_exists": lambda value: value is None or value is MISSING,
    "is_true": lambda value: value is True,
    "is_false": lambda value: value is False,
}
_TEXT_TESTS: Final[dict[str, Callable[[str], _Test]]] = {
    "=": lambda wanted: lambda value: value == wanted,
    "!=": lambda wanted: lambda value: value != wanted,
    "contains": lambda part: lambda value: isinstance(value, str) and part in value,
    "not_contains": lambda part: lambda value: isinstance(value, str) and part not in value,
    "starts_with": lambda part: lambda value: isinstance(value, str) and value.startswith(part),
    "not_starts_with": (
        lambda part: lambda value: isinstance(value, str) and not value.startswith(part)
    ),
    "ends_with": lambda part: lambda value: isinstance(value, str) and value.endswith(part),
    "not_ends_with": (
        lambda part: lambda value: isinstance(value, str) and not value.endswith(part)
    ),
}
_NUMBER_TESTS: Final[dict[str, Callable[[float], _Test]]] = {
    "number_equals": lambda wanted: lambda value: _is_number(value) and value == wanted,
    "number_not_equals": lambda wanted: lambda value: _is_number(value) and value != wanted,
    "<": lambda limit: lambda value: _is_number(value) and value < limit,
    "<=": lambda limit: lambda value: _is_number(value) and value <= limit,
    ">": lambda limit: lambda value: _is_number(value) and value > limit,
    ">=": lambda limit: lambda value: _is_number(value) and value >= limit,
}


def _path(root: str, name: str) -> Callable[[JsonObject], Value]:
    """Return the reader of a path: dots and brackets split it, and empty parts do not count."""
    keys = _SEGMENT.findall(name)
    if len(keys) == 1:
        return _key(root, keys[0])

    def read(event: JsonObject) -> Value:
        value: Value = event.get(root)
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else follow_step(value, key)
        return value

    return read


def _key(root: str, key: str) -> Callable[[JsonObject], Value]:
    """Return the reader of a path of one key, as most are."""

    def read(event: JsonObject) -> Value:
        value = event.get(root)
        return value.get(key) if type(value) is dict else follow_step(value, key)

    return read


def follow_step(value: Value, key: str) -> Value:
    """Return `value && value[key]` of JavaScript: what is falsy on the way is the answer.

    Of the properties that are not data only `length` and indices exist.
    """
    if isinstance(value, str):
        return _item(value, key) if value else value
    if isinstance(value, Mapping):
        return value.get(key, MISSING)
    if isinstance(value, Sequence):
        return _item(value, key)
    return MISSING if value else value


def _item(value: Sequence[Value], key: str) -> Value:
    """Read from an array, or from a text in UTF-16 code units."""
    length = utf16_length(value) if isinstance(value, str) else len(value)
    if key == "length":
        return length
    if not _INDEX.fullmatch(key) or int(key) >= length:
        return MISSING
    if not isinstance(value, str):
        return value[int(key)]
    units = value.encode("utf-16-le", "surrogatepass")
    return units[2 * int(key) :][:2].decode("utf-16-le", "replace")
