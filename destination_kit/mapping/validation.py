"""Static validation of a mapping: the reference's rules, with the same verdict for each mapping.

A rule checks one value and returns its problems. As in the reference, arrays and the values of
`@literal` and `@excludeWhenNull` are not checked. The parts of an object are checked before the
object itself: a wrong part hides that another one is absent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from destination_kit._javascript import type_name
from destination_kit._json import MISSING, Json, JsonObject, Value, pointer
from destination_kit._surrogates import utf16_length
from destination_kit.errors import Problem, did_you_mean

INVALID_DIRECTIVE = "INVALID_DIRECTIVE"
TOO_LARGE = "TOO_LARGE"
METADATA_KEY = "_metadata"
# The reference has the same limit for both texts (`MAX_PATTERN_LENGTH` and `MAX_REPLACEMENT_LENGTH`
# in mapping-kit/index.ts). Its `.length` counts UTF-16 code units.
MAX_REPLACE_LENGTH = 10
# A mapping of 65,536 bytes takes 30 to 110 ms to compile, and holds up the host's event loop for
# that time. It is 23 times as large as the largest preset of 37 published definitions.
MAX_BYTES: Final = 65_536
# Mappings of 37 published definitions have up to five levels. 100 levels take about 500 of the
# 1,000 frames that Python allows, which leaves half to the calls of the host.
MAX_DEPTH: Final = 100


@dataclass(frozen=True, slots=True)
class Location:
    """A location in a mapping."""

    #: Names of the directives that a mapping may use; None allows every name.
    directives: Collection[str] | None
    #: Keys and indices that lead to the location.
    steps: tuple[str | int, ...] = ()

    def child(self, *steps: str | int) -> Location:
        """Return the location that these steps lead to."""
        return Location(self.directives, (*self.steps, *steps))

    def problem(self, message: str) -> list[Problem]:
        """Return a list of one problem at this location."""
        return [Problem(pointer(*self.steps), INVALID_DIRECTIVE, message)]


Rule: TypeAlias = Callable[[Value, Location], list[Problem]]


def check_size(mapping: Json, max_bytes: int) -> tuple[Problem, ...]:
    """Return the problem of a mapping that is too deep or too large, or nothing."""
    if _is_deeper_than(mapping, MAX_DEPTH):
        return (Problem("", "TOO_DEEP", f"nested more than {MAX_DEPTH} levels deep"),)
    size = len(json.dumps(mapping, default=str, ensure_ascii=False).encode(errors="surrogatepass"))
    if size <= max_bytes:
        return ()
    return (Problem("", TOO_LARGE, f"{size:,} bytes of JSON; {max_bytes:,} are allowed"),)


def _is_deeper_than(value: Json, levels: int) -> bool:
    if isinstance(value, str) or not isinstance(value, Mapping | list | tuple):
        return False
    children = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(_is_deeper_than(child, levels - 1) for child in children)


def validate(value: Value, location: Location) -> list[Problem]:
    """Return the problems of a value in a mapping; scalars and arrays never have any."""
    if not isinstance(value, Mapping):
        return []
    if has_directive_key(value):
        return _validate_directive(value, location)
    return _validate_object(value, location)


def has_directive_key(value: Value) -> bool:
    """Return whether a value is an object with a key that starts with `@`."""
    return isinstance(value, Mapping) and any(key.startswith("@") for key in value)


def directive_name(value: JsonObject) -> str | None:
    """Return the directive that an object runs; None if the object is plain data."""
    names = [key for key in value if key.startswith("@")]
    # `validate` of the reference rejects an object with a directive and other keys, but not inside
    # an array. There, `isDirective` takes it for plain data.
    has_other_keys = any(not key.startswith("@") and key != METADATA_KEY for key in value)
    return None if has_other_keys or not names else names[0]


def is_built_in(name: str) -> bool:
    """Return whether this module knows the argument of a directive."""
    return name in _ARGUMENT_RULES


def unknown_directive(name: str, known: Iterable[str]) -> str:
    """Return the message for a directive that is not installed, with the nearest known name."""
    return f"there is no directive {name!r}{did_you_mean(name, known)}"


def _validate_directive(value: JsonObject, location: Location) -> list[Problem]:
    names = [key for key in value if key.startswith("@")]
    other_keys = [key for key in value if not key.startswith("@") and key != METADATA_KEY]
    if len(names) > 1 or other_keys:
        keys = ", ".join(map(repr, [*names, *other_keys]))
        return location.problem(f"a directive must be the only key of its object, found {keys}")
    name = names[0]
    if location.directives is not None and name not in location.directives:
        return location.problem(unknown_directive(name, location.directives))
    if name not in _ARGUMENT_RULES:
        return []
    return _ARGUMENT_RULES[name](value[name], location.child(name))


def _validate_object(value: JsonObject, location: Location) -> list[Problem]:
    return [problem for key in value for problem in validate(value[key], location.child(key))]


def _any_value(value: Value, location: Location) -> list[Problem]:
    if value is not MISSING:
        return []
    return location.problem("expected a JSON value or a directive, found undefined")


def _type_or_directive(expected: str) -> Rule:
    def rule(value: Value, location: Location) -> list[Problem]:
        actual = type_name(value)
        if actual == expected or has_directive_key(value):
            return []
        return location.problem(f"expected {expected} or a directive, found {actual}")

    return rule


def _with_children(rule: Rule) -> Rule:
    """Return the rule that also checks the parts of a value that `rule` allows.

    Options of directives do without it: `_options` checks their parts once already, and checking
    them twice at each level would take 2^depth steps.
    """
    return lambda value, location: rule(value, location) or validate(value, location)


def _literal_value(value: Value, location: Location) -> list[Problem]:
    """Allow any JSON value; check directives only."""
    return _any_value(value, location) or (
        validate(value, location) if has_directive_key(value) else []
    )


def _type(expected: str) -> Rule:
    def rule(value: Value, location: Location) -> list[Problem]:
        is_directive = expected != "array" and has_directive_key(value)
        actual = "directive" if is_directive else type_name(value)
        if actual == expected:
            return []
        return location.problem(f"expected {expected}, found {actual}")

    return rule


def _one_of(*allowed: str) -> Rule:
    def rule(value: Value, location: Location) -> list[Problem]:
        if not isinstance(value, str):
            return _type("string")(value, location)
        # `validateAllowedStrings` of the reference ignores case. A stricter test would refuse
        # mappings that the reference accepts.
        if value.lower() in allowed:
            return []
        return location.problem(f"expected {' or '.join(allowed)}, found another text")

    return rule


def _text_of_length(minimum: int) -> Rule:
    def rule(value: Value, location: Location) -> list[Problem]:
        if not isinstance(value, str):
            return _type("string")(value, location)
        length = utf16_length(value)
        if minimum <= length <= MAX_REPLACE_LENGTH:
            return []
        # A mapping can hold a secret, so that no message repeats a text of it.
        return location.problem(
            f"expected {minimum} to {MAX_REPLACE_LENGTH} characters, found {length:,}"
        )

    return rule


def _options(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    """Return the rule of an object with these options; other options are checked as plain values."""

    def rule(value: Value, location: Location) -> list[Problem]:
        if not isinstance(value, Mapping) or has_directive_key(value):
            return _type("object")(value, location)
        if problems := validate(value, location):
            return problems
        absent = [name for name in required if value.get(name, MISSING) is MISSING]
        problems = [
            problem for name in absent for problem in location.problem(f"{name!r} is required")
        ]
        for name, check in {**required, **optional}.items():
            if (option := value.get(name, MISSING)) is not MISSING:
                problems += check(option, location.child(name))
        return problems

    return rule


def _merge(value: Value, location: Location) -> list[Problem]:
    direction = {"direction": _one_of("left", "right")}
    problems = _options({"objects": _type("array")}, direction)(value, location)
    if problems or not isinstance(value, Mapping) or not isinstance(value["objects"], list | tuple):
        return problems
    rule = _with_children(_type_or_directive("object"))
    problems_by_object = (
        rule(operand, location.child("objects", index))
        for index, operand in enumerate(value["objects"])
    )
    # `data.forEach` in the reference throws at the first object with a problem. Problems of later
    # objects would be more than the reference reports.
    return next((problems for problems in problems_by_object if problems), [])


def _array_path(value: Value, location: Location) -> list[Problem]:
    if not isinstance(value, list | tuple):
        return _type("array")(value, location)
    if not value:
        return location.problem("expected a path and an optional shape, found an empty array")
    shape = value[1] if len(value) > 1 else MISSING
    rule = _with_children(_type_or_directive("string"))
    return rule(value[0], location.child(0)) or validate(shape, location.child(1))


_ARGUMENT_RULES: Mapping[str, Rule] = {
    "@path": _with_children(_type_or_directive("string")),
    "@template": _with_children(_type_or_directive("string")),
    "@literal": _literal_value,
    "@excludeWhenNull": _literal_value,
    "@if": _options({}, {"exists": _any_value, "then": _any_value, "else": _any_value}),
    "@case": _options({}, {"operator": _type("string"), "value": _type_or_directive("string")}),
    "@replace": _options(
        {"pattern": _text_of_length(1), "value": _type_or_directive("string")},
        {
            "replacement": _text_of_length(0),
            "ignorecase": _type("boolean"),
            "global": _type("boolean"),
        },
    ),
    "@json": _options({"value": _any_value, "mode": _one_of("encode", "decode")}, {}),
    "@flatten": _options({"value": _any_value}, {"separator": _type("string")}),
    "@transform": _options(
        {"apply": _type_or_directive("object"), "mapping": _type_or_directive("object")}, {}
    ),
    "@merge": _merge,
    "@arrayPath": _array_path,
    "@liquid": _type("string"),
}
