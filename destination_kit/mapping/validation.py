"""What may stand where in a mapping: the reference's static rules, verdict for verdict.

A rule looks at one value and returns its problems. As in the reference, arrays and the values of
`@literal` and `@excludeWhenNull` are not looked into, and what an object holds is judged before
the object itself: wrong parts hide that others are absent.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from destination_kit._javascript import type_name, utf16_length
from destination_kit._json import MISSING, JsonObject, Value, pointer
from destination_kit.errors import Problem

INVALID_DIRECTIVE = "INVALID_DIRECTIVE"
METADATA_KEY = "_metadata"
MAX_REPLACE_LENGTH = 10  # UTF-16 code units in a pattern or a replacement


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a mapping, and the directives that are known there (None: any)."""

    names: Container[str] | None
    steps: tuple[str | int, ...] = ()

    def down(self, *steps: str | int) -> Location:
        """Return the place that these steps lead to."""
        return Location(self.names, (*self.steps, *steps))

    def problem(self, message: str) -> list[Problem]:
        """Return the one problem of this place."""
        return [Problem(pointer(*self.steps), INVALID_DIRECTIVE, message)]


Rule: TypeAlias = Callable[[Value, Location], list[Problem]]


def validate(value: Value, place: Location) -> list[Problem]:
    """Return what is wrong with a value of a mapping; scalars and arrays are always right."""
    if not isinstance(value, Mapping):
        return []
    return _directive(value, place) if has_directive_key(value) else _object(value, place)


def has_directive_key(value: Value) -> bool:
    """Return whether a directive is meant."""
    return isinstance(value, Mapping) and any(key.startswith("@") for key in value)


def directive_name(value: JsonObject) -> str | None:
    """Return the directive that an object runs, None where it is plain data at run time."""
    names = [key for key in value if key.startswith("@")]
    others = any(not key.startswith("@") and key != METADATA_KEY for key in value)
    return None if others or not names else names[0]


def is_built_in(name: str) -> bool:
    """Return whether these rules know what the directive takes."""
    return name in _ARGUMENT_RULES


def unknown_directive(name: str) -> str:
    """Say that there is no such directive."""
    return f"there is no directive {name!r}"


def _directive(value: JsonObject, place: Location) -> list[Problem]:
    names = [key for key in value if key.startswith("@")]
    others = [key for key in value if not key.startswith("@") and key != METADATA_KEY]
    if len(names) > 1 or others:
        keys = ", ".join(map(repr, [*names, *others]))
        return place.problem(f"a directive stands alone in its object, here are {keys}")
    name = names[0]
    if place.names is not None and name not in place.names:
        return place.problem(unknown_directive(name))
    return _ARGUMENT_RULES[name](value[name], place.down(name)) if name in _ARGUMENT_RULES else []


def _object(value: JsonObject, place: Location) -> list[Problem]:
    return [problem for key in value for problem in validate(value[key], place.down(key))]


def _present(value: Value, place: Location) -> list[Problem]:
    if value is not MISSING:
        return []
    return place.problem("expected a JSON value or a directive, found undefined")


def _either(wanted: str) -> Rule:
    def rule(value: Value, place: Location) -> list[Problem]:
        found = type_name(value)
        if found == wanted or has_directive_key(value):
            return []
        return place.problem(f"expected {wanted} or a directive, found {found}")

    return rule


def _inside(rule: Rule) -> Rule:
    """Look into what the rule allows. Options need no second look, which would cost 2^depth."""
    return lambda value, place: rule(value, place) or validate(value, place)


def _raw(value: Value, place: Location) -> list[Problem]:
    """Allow any JSON value; look into directives only."""
    return _present(value, place) or (validate(value, place) if has_directive_key(value) else [])


def _only(wanted: str) -> Rule:
    def rule(value: Value, place: Location) -> list[Problem]:
        found = "directive" if wanted != "array" and has_directive_key(value) else type_name(value)
        return [] if found == wanted else place.problem(f"expected {wanted}, found {found}")

    return rule


def _one_of(*allowed: str) -> Rule:
    def rule(value: Value, place: Location) -> list[Problem]:
        if not isinstance(value, str):
            return _only("string")(value, place)
        if value.lower() in allowed:
            return []
        return place.problem(f"expected {' or '.join(allowed)}, found {value!r}")

    return rule


def _short(least: int) -> Rule:
    def rule(value: Value, place: Location) -> list[Problem]:
        if not isinstance(value, str):
            return _only("string")(value, place)
        if least <= utf16_length(value) <= MAX_REPLACE_LENGTH:
            return []
        return place.problem(
            f"expected {least} to {MAX_REPLACE_LENGTH} characters, found {value!r}"
        )

    return rule


def _options(required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Rule:
    """Allow objects with these options; other ones are looked into like any object."""

    def rule(value: Value, place: Location) -> list[Problem]:
        if not isinstance(value, Mapping) or has_directive_key(value):
            return _only("object")(value, place)
        if problems := validate(value, place):
            return problems
        absent = [name for name in required if value.get(name, MISSING) is MISSING]
        problems = [each for name in absent for each in place.problem(f"{name!r} is required")]
        for name, part in {**required, **optional}.items():
            if (given := value.get(name, MISSING)) is not MISSING:
                problems += part(given, place.down(name))
        return problems

    return rule


def _merge(value: Value, place: Location) -> list[Problem]:
    direction = {"direction": _one_of("left", "right")}
    problems = _options({"objects": _only("array")}, direction)(value, place)
    if problems or not isinstance(value, Mapping) or not isinstance(value["objects"], list | tuple):
        return problems
    rule = _inside(_either("object"))
    found = (rule(each, place.down("objects", at)) for at, each in enumerate(value["objects"]))
    return next((problems for problems in found if problems), [])


def _array_path(value: Value, place: Location) -> list[Problem]:
    if not isinstance(value, list | tuple):
        return _only("array")(value, place)
    if not value:
        return place.problem("expected a path, and perhaps a shape; found an empty array")
    shape = value[1] if len(value) > 1 else MISSING
    return _inside(_either("string"))(value[0], place.down(0)) or validate(shape, place.down(1))


_ARGUMENT_RULES: Mapping[str, Rule] = {
    "@path": _inside(_either("string")),
    "@template": _inside(_either("string")),
    "@literal": _raw,
    "@excludeWhenNull": _raw,
    "@if": _options({}, {"exists": _present, "then": _present, "else": _present}),
    "@case": _options({}, {"operator": _only("string"), "value": _either("string")}),
    "@replace": _options(
        {"pattern": _short(1), "value": _either("string")},
        {"replacement": _short(0), "ignorecase": _only("boolean"), "global": _only("boolean")},
    ),
    "@json": _options({"value": _present, "mode": _one_of("encode", "decode")}, {}),
    "@flatten": _options({"value": _present}, {"separator": _only("string")}),
    "@transform": _options({"apply": _either("object"), "mapping": _either("object")}, {}),
    "@merge": _merge,
    "@arrayPath": _array_path,
    "@liquid": _only("string"),
}
