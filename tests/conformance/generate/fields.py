"""Field definitions of the reference, and payloads that nearly fit them."""

from __future__ import annotations

from tests.conformance.generate.chance import UNDEFINED, Chance
from tests.conformance.generate.events import STRINGS, make_value
from tests.conformance.generate.fitting import FITTING, FITTING_FORMATS, UNBOUNDED, make_epoch

TYPES = ["string", "text", "number", "integer", "datetime", "boolean", "password", "object"]
FORMATS = [
    "date",
    "time",
    "date-time",
    "uri",
    "uri-reference",
    "uri-template",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "regex",
    "date-like",
    "int64",
    "uuid",
    "password",
    "text",
]
CHOICES = {
    "string": [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}],
    "number": [{"label": "One", "value": 1}, {"label": "Two", "value": 2}],
}


def _make_conditions(chance: Chance, names):
    conditions = []
    for _ in range(chance.pick([1, 1, 2])):
        condition = {"fieldKey": chance.pick(names), "operator": chance.pick(["is", "is_not"])}
        if chance.maybe(0.8):
            condition["value"] = chance.pick(["a", "b", 1, True, None, "x", ["a", "b"]])
        conditions.append(condition)
    out = {"conditions": conditions}
    if chance.maybe(0.6):
        out["match"] = chance.pick(["any", "all"])
    return out


def _make_field(chance: Chance, names, depth=1):
    kind = chance.pick(TYPES if depth > 0 else TYPES[:-1])
    field = {
        "label": chance.pick(["Field", "The label", "Étiquette"]),
        "description": "d",
        "type": kind,
        **_make_presence(chance, names),
        **_make_limits(chance, kind),
    }
    if chance.maybe(0.25):
        field["default"] = chance.pick(["dflt", 1, {"@path": "$.userId"}, True, None])
    if chance.maybe(0.1):
        field["depends_on"] = _make_conditions(chance, names)
    return field | (_make_nested(chance, depth) if kind == "object" else {})


def _make_presence(chance: Chance, names):
    found = {}
    if chance.maybe(0.2):
        found["allowNull"] = chance.pick([True, True, False])
    if chance.maybe(0.25):
        found["multiple"] = chance.pick([True, True, False])
    if chance.maybe(0.2):
        found["required"] = True
    elif chance.maybe(0.15):
        found["required"] = chance.pick(
            [False, _make_conditions(chance, names), _make_conditions(chance, names)]
        )
    return found


def _make_limits(chance: Chance, kind):
    found = {}
    if kind in ("string", "number") and chance.maybe(0.25):
        texts = chance.pick([["a", "b"], CHOICES["string"]])
        found["choices"] = texts if kind == "string" else CHOICES["number"]
    if kind == "string" and chance.maybe(0.3):
        found["format"] = chance.pick(FORMATS)
    if kind in ("string", "number", "integer") and chance.maybe(0.3):
        found["minimum"] = chance.pick([0, 1, 3, -2])
    if kind in ("string", "number") and chance.maybe(0.3):
        found["maximum"] = chance.pick([0, 5, 10, 1.5] if kind == "number" else [0, 5, 10])
    return found


def _make_nested(chance: Chance, depth):
    found = {}
    if chance.maybe(0.7):
        found["properties"] = {
            key: _make_field(chance, ["p", "q"], depth - 1)
            for key in chance.random.sample(["p", "q", "r"], chance.random.randint(1, 3))
        }
    if chance.maybe(0.4):
        found["additionalProperties"] = chance.pick([True, False])
    return found


def make_fields(chance: Chance):
    names = chance.random.sample(
        ["f1", "f2", "f3", "f4", "first name", "f5", "1"], chance.random.randint(1, 4)
    )
    targets = [*names, "f1.p", "other"]
    return {name: _make_field(chance, targets) for name in names}


def _near_choices(choices):
    values = [each.get("value") if isinstance(each, dict) else each for each in choices]
    near = ["a", "b", 1, 2, "1", "c", ""]
    return [*near, *(each for each in values if each not in near)]


def _make_fitting(chance: Chance, field):
    """A value that is nearly right for the field. Attributes may be null, as in documents."""
    kind, fmt = field.get("type"), field.get("format")
    if field.get("choices") and chance.maybe(0.7):
        return chance.pick(_near_choices(field["choices"]))
    good = FITTING_FORMATS.get(fmt, STRINGS) if kind == "string" else FITTING.get(kind, STRINGS)
    if kind == "object":
        props = field.get("properties") or {}
        value = {k: make_field_value(chance, f) for k, f in props.items() if chance.maybe(0.8)}
        if chance.maybe(0.4):
            value["extra"] = make_value(chance, 1)
        return value
    if kind in ("number", "integer", "datetime") and chance.maybe(0.08):
        return chance.pick(UNBOUNDED)
    if kind == "datetime" or fmt == "date-like":
        return make_epoch(chance) if chance.maybe(0.15) else chance.pick(FITTING["datetime"])
    return chance.pick(good)


def make_field_value(chance: Chance, field):
    if chance.maybe(0.12):
        return chance.pick(
            [
                None,
                "",
                [],
                {},
                UNDEFINED,
                True,
                5,
                "x",
                [None],
                [[]],
                ["5"],
                ["a", "b"],
                [{}],
                {"p": ""},
            ]
        )
    if field.get("multiple") and chance.maybe(0.8):
        return [
            _make_fitting(chance, field)
            if chance.maybe(0.9)
            else chance.pick([None, "", UNDEFINED])
            for _ in range(chance.random.randint(0, 3))
        ]
    value = _make_fitting(chance, field)
    return [value] if chance.maybe(0.08) else value


def make_payload(chance: Chance, fields):
    out = {k: make_field_value(chance, f) for k, f in fields.items() if chance.maybe(0.85)}
    if chance.maybe(0.3):
        out[chance.pick(["extra", "f5", "dynamicAuthSettings"])] = make_value(chance, 1)
    return out
