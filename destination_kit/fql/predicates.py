"""Predicates: from the nodes of a trigger to functions of an event.

The functions compare as the reference does, without coercion.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from destination_kit._javascript import code_unit_at, to_string, type_name
from destination_kit._json import MISSING
from destination_kit._python_values import JSON_TYPES, NotJsonError, to_json
from destination_kit._surrogates import to_well_formed, utf16_length
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
# `get` in destination-subscriptions splits at every dot and bracket: `a[b]` is two keys. `get` in
# actions-core, which reads the paths of mappings, takes `a[b]` for one key.
_KEY: Final = re.compile(r"[^\[.\]]+")
_NUMBER_TYPES: Final = frozenset({int, float})
# int() refuses more than 4,300 digits, and a predicate must not raise. An array index of JavaScript
# has at most ten digits (2^32 - 2, https://tc39.es/ecma262/#array-index).
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}")


def compile_node(node: Node) -> Predicate:
    """Return the predicate of a node. It raises for no event."""
    if isinstance(node, Comparison):
        return _compile_comparison(node)
    predicates = tuple(compile_node(child) for child in node.children)
    if node.operator == "not":
        return _negation(*predicates)
    if len(predicates) == 1:
        [predicate] = predicates
        return predicate
    return _conjunction(predicates) if node.operator == "and" else _disjunction(predicates)


def _conjunction(predicates: tuple[Predicate, ...]) -> Predicate:
    def all_hold(event: JsonObject) -> bool:
        for holds in predicates:  # noqa: SIM110 - `all` with a generator takes twice the time
            if not holds(event):
                return False
        return True

    return all_hold


def _disjunction(predicates: tuple[Predicate, ...]) -> Predicate:
    def any_holds(event: JsonObject) -> bool:
        for holds in predicates:  # noqa: SIM110 - `any` with a generator takes twice the time
            if holds(event):
                return True
        return False

    return any_holds


def _negation(predicate: Predicate) -> Predicate:
    return lambda event: not predicate(event)


def _compile_comparison(node: Comparison) -> Predicate:
    field = FIELD_BY_KIND[node.kind]
    if node.name is not None:
        test, read = _compile_test(node), _compile_path(field, node.name)
        return lambda event: test(read(event))
    # 41 of 56 triggers in 37 published definitions test `type = "..."`. With a call of a test, as
    # below, this takes 77 ns instead of 64 ns.
    if node.operator == "=" and field != "userId":
        expected = to_string(node.value)
        return lambda event: event.get(field) == expected
    test = _compile_test(node)
    return lambda event: test(event.get(field))


def _compile_test(node: Comparison) -> _Test:
    """Return the test of a field's value; an unknown operator holds for no value."""
    if node.operator in TEXT_OPERATORS:
        return _TEXT_TESTS[node.operator](to_string(node.value))
    if node.operator in NUMERIC_OPERATORS:
        return _NUMBER_TESTS[node.operator](operand_to_number(node.value))
    return _VALUE_TESTS.get(node.operator, lambda _: False)


def _to_json(value: object) -> Value:
    """Return the JSON value of a Python value, an object for one that has none and for a list."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {}  # no comparison holds for a list, and a copy of a long one takes long
    try:
        converted: Value = to_json(value)
    except NotJsonError:
        return {}
    return converted


_VALUE_TESTS: Final[dict[str, _Test]] = {
    "exists": lambda value: value is not None and value is not MISSING,
    "not_exists": lambda value: value is None or value is MISSING,
    "is_true": lambda value: value is True,
    "is_false": lambda value: value is False,
}


def _compile_equality(expected: str) -> _Test:
    return lambda value: (
        value == expected or (type(value) not in JSON_TYPES and _to_json(value) == expected)
    )


def _compile_inequality(expected: str) -> _Test:
    return lambda value: (
        value != expected and (type(value) in JSON_TYPES or _to_json(value) != expected)
    )


def _text_test(holds: Callable[[str, str], bool], *, is_true: bool) -> Callable[[str], _Test]:
    """Return the compiler of a test that no value but text passes."""

    def compile_test(part: str) -> _Test:
        def test(value: Value) -> bool:
            if not isinstance(value, str):
                value = None if type(value) in JSON_TYPES else _to_json(value)
                if not isinstance(value, str):
                    return False
            return holds(value, part) is is_true

        return test

    return compile_test


_TEXT_TESTS: Final[dict[str, Callable[[str], _Test]]] = {
    "=": _compile_equality,
    "!=": _compile_inequality,
    "contains": _text_test(str.__contains__, is_true=True),
    "not_contains": _text_test(str.__contains__, is_true=False),
    "starts_with": _text_test(str.startswith, is_true=True),
    "not_starts_with": _text_test(str.startswith, is_true=False),
    "ends_with": _text_test(str.endswith, is_true=True),
    "not_ends_with": _text_test(str.endswith, is_true=False),
}


def _number_test(compare: Callable[[Any, float], bool]) -> Callable[[float], _Test]:
    """Return the compiler of a test that no value but a number passes."""

    def compile_test(limit: float) -> _Test:
        def test(value: Value) -> bool:
            if type(value) in _NUMBER_TYPES:
                return compare(value, limit)
            # `validateValue` of the reference requires `typeof actual === "number"`, so true is no
            # number.
            number = _to_json(value)
            return type_name(number) == "number" and compare(number, limit)

        return test

    return compile_test


_NUMBER_TESTS: Final[dict[str, Callable[[float], _Test]]] = {
    "number_equals": _number_test(operator.eq),
    "number_not_equals": _number_test(operator.ne),
    "<": _number_test(operator.lt),
    "<=": _number_test(operator.le),
    ">": _number_test(operator.gt),
    ">=": _number_test(operator.ge),
}


def _compile_path(root: str, path: str) -> Callable[[JsonObject], Value]:
    """Return the function that reads a path below the root; empty keys do not count."""
    keys = _KEY.findall(path)
    if len(keys) == 1:
        return _compile_key(root, *keys)

    def read(event: JsonObject) -> Value:
        value: Value = event.get(root)
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else follow_step(value, key)
        return value

    return read


def _compile_key(root: str, key: str) -> Callable[[JsonObject], Value]:
    # The loop over keys would take 107 ns for a path of one key, such as `properties.plan`, instead
    # of 80 ns.
    def read(event: JsonObject) -> Value:
        value = event.get(root)
        return value.get(key) if type(value) is dict else follow_step(value, key)

    return read


def follow_step(value: Value, key: str) -> Value:
    """Return JavaScript's `value && value[key]`, without the properties of prototypes.

    So a falsy value is returned as it is. `length` and indices are known.
    """
    if isinstance(value, str):
        return _property_of_sequence(value, key) if value else value
    if isinstance(value, Mapping):
        return value.get(key, MISSING)
    if isinstance(value, Sequence):
        return _property_of_sequence(value, key)
    return MISSING if value else value


def _property_of_sequence(value: Sequence[Value], key: str) -> Value:
    """Return `length`, an item of an array, or a UTF-16 code unit of a text."""
    if key == "length":
        return utf16_length(value) if isinstance(value, str) else len(value)
    if not _INDEX.fullmatch(key):
        return MISSING
    index = int(key)
    if isinstance(value, str):
        unit = code_unit_at(value, index)
        return MISSING if unit is None else to_well_formed(unit)
    return value[index] if index < len(value) else MISSING
