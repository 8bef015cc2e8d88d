"""Mappings of all kinds, right and wrong, and the verdicts that may differ between form and kit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from destination_kit import Action, Catalog, ConfigurationError, Destination
from destination_kit.fields import collect_defaults
from destination_kit.mapping import DIRECTIVES

Json = Any

_SCALARS = (
    *("", "a", "$.x.y", "{{a}}", "lower", "upper", "left", "right", "encode", "decode", "Encode"),
    *(0, 1, 5.5, True, False, None, "a long text of many", "5", "true", "a@b.co"),
)
_LITERALS: dict[str, tuple[Json, ...]] = {
    "string": ("a", "5", "", "true", "a@b.co", "https://x.co", "2020-01-01", " "),
    "number": (0, 1, 5, 2.5, 100, -1, "7"),
    "integer": (0, 1, 5, 2.5, 100, -1, "7"),
    "boolean": (True, False, "true", 0, 1),
    "null": (None,),
}


@dataclass(frozen=True, slots=True)
class Values:
    """Draws values of a mapping."""

    random: Random

    def mapping(self, fields: dict[str, Any]) -> tuple[str, Json]:
        """Return a field, and a mapping that is sound but perhaps for that field."""
        sound: dict[str, Json] = dict(collect_defaults(fields))
        for name in fields.get("required", ()):
            sound.setdefault(name, {"@path": "$.x"})
        name = self.random.choice([*(fields.get("properties") or {"more": {}})])
        draw = self.random.random()
        if draw < 0.05:
            return "unknown", sound | {"unknown": self.value(2)}
        if draw < 0.1:
            return name, {key: value for key, value in sound.items() if key != name}
        field = fields.get("properties", {}).get(name, {})
        drawn = self.literal(field) if draw < 0.5 else self.value(self.random.randint(0, 3))
        return name, sound | {name: drawn}

    def literal(self, field: dict[str, Any]) -> Json:
        """Return a literal of a type of the field, or nearly one."""
        given = field.get("type", ("string", "object", "number"))
        kind = self.random.choice([given] if isinstance(given, str) else [*given])
        if "oneOf" in field and self.random.random() < 0.7:
            return self.random.choice(field["oneOf"]).get("const")
        if kind == "array":
            items = field.get("items") or {}
            count = self.random.randint(0, 3)
            return [
                self.literal(items) if self.random.random() < 0.7 else self.value(1)
                for _ in range(count)
            ]
        return self._object(field) if kind == "object" else self.random.choice(_LITERALS[kind])

    def _object(self, field: dict[str, Any]) -> Json:
        members = {}
        for name, member in field.get("properties", {}).items():
            draw = self.random.random()
            if draw < 0.7:
                members[name] = self.literal(member) if draw < 0.5 else self.value(2)
        if not members or self.random.random() < 0.3:
            members["extra"] = self.value(1)
        return members

    def value(self, depth: int) -> Json:
        """Return a value of the mapping language, at most this deep."""
        draw = self.random.random()
        if depth <= 0 or draw < 0.3:
            return self.random.choice(_SCALARS)
        if draw < 0.4:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 3))]
        if draw < 0.5:
            names = self.random.sample("abc", self.random.randint(0, 3))
            return {name: self.value(depth - 1) for name in names}
        return self._directive(depth - 1)

    def _directive(self, depth: int) -> Json:
        name = self.random.choice([*DIRECTIVES]) if self.random.random() < 0.97 else "@nope"
        value = {name: self._argument(name, depth)}
        if self.random.random() < 0.05:
            value[self.random.choice(["_metadata", "other"])] = 1
        return value

    def _argument(self, name: str, depth: int) -> Json:
        if self.random.random() < 0.1:
            return self.value(depth)
        text = self.random.choice(["a", "$.x", self.value(depth)])
        value, other = self.value(depth), self.value(depth)
        options = {
            "@if": {"exists": value, "then": other, "else": text},
            "@case": {"operator": self._one_of("lower", "upper", "x"), "value": text},
            "@replace": {
                "pattern": self._one_of("a", "a long pattern"),
                "replacement": self._one_of("", "b"),
                "value": text,
                "global": self._one_of(True, False),
            },
            "@flatten": {"value": value, "separator": self._one_of(".", "")},
            "@json": {"value": value, "mode": self._one_of("encode", "Decode", "x")},
            "@merge": {
                "objects": [{"a": value}, other],
                "direction": self._one_of("left", "RIGHT"),
            },
            "@transform": {"apply": {"a": value}, "mapping": {"a": other}},
        }
        if name == "@arrayPath":
            return [text, value][: self.random.randint(0, 2)]
        if name == "@liquid":
            return self._one_of("{{a}}", "")
        if name in options:
            kept = {key: part for key, part in options[name].items() if self.random.random() < 0.9}
            return self.value(depth) if self.random.random() < 0.05 else kept
        return value if name in ("@literal", "@excludeWhenNull") else text

    def _one_of(self, *likely: Json) -> Json:
        return self.random.choice([*likely, self.random.choice(_SCALARS)])


def kit_problems(destination: Destination, catalog: Catalog, slug: str, mapping: Json) -> list[Any]:
    """Return what the kit finds wrong with a mapping of an action."""
    subscription = {"action": slug, "mapping": mapping, "trigger": 'type = "track"'}
    document = {"destination": destination.slug, "settings": {}, "subscriptions": [subscription]}
    try:
        found = catalog.configure(document).problems
    except ConfigurationError as error:
        found = error.problems
    return [each for each in found if each.path.startswith("/subscriptions")]


def explanation(action: Action, name: str, value: Json, problems: list[Any]) -> str | None:
    """Return why the verdicts on a field may differ; docs/ui.md has the same list."""
    field = action.fields.get("properties", {}).get(name, {})
    text = json.dumps(field, default=dict)
    if any(each.code == "format" for each in problems) and "date-like" in text:
        return "date-like"
    if any(each.code == "BATCH" for each in problems):
        return "batch controls"
    bounds = {"format", "pattern", "minimum", "maximum", "minLength", "maxLength", "oneOf", "enum"}
    if not problems and any(f'"{each}"' in text for each in bounds) and not _is_own(field, value):
        return "another type with bounds"
    if "allOf" in action.fields:
        return "other fields"
    fails = any(each.code == "ALWAYS_FAILS" for each in problems)
    return "computed at once" if fails and _has_constant(value) else None


def _is_own(field: dict[str, Any], value: Json) -> bool:
    types = {"string": str, "number": (int, float), "integer": int, "boolean": bool}
    given = field.get("type", ())
    kinds = [given] if isinstance(given, str) else [*given]
    if isinstance(value, bool):
        # In Python a bool is a number too.
        return "boolean" in kinds
    return any(isinstance(value, types.get(kind, ())) for kind in kinds)


def _has_constant(value: Json) -> bool:
    """Return whether a directive that converts a literal at once is in another value."""
    text = json.dumps(value)
    return any(f'"{name}"' in text for name in ("@case", "@replace", "@arrayPath"))


def drawn(destination: Destination, random: Random, count: int) -> Iterator[tuple[str, str, Json]]:
    """Yield (action, field, mapping) of actions of a destination."""
    values = Values(random)
    for _ in range(count):
        slug = random.choice([*destination.actions])
        yield (
            slug,
            *values.mapping(json.loads(json.dumps(destination.actions[slug].fields, default=dict))),
        )
