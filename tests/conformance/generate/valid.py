"""Payloads that fit the field definitions of a published document, and such with a fault."""

from __future__ import annotations

from collections.abc import Mapping

from tests.conformance.generate.chance import Chance
from tests.conformance.generate.events import make_obj
from tests.conformance.generate.fields import make_field_value

_TEXTS = ["a", "Hello World", "user-1", "été", "42", "true", "日本語", "a,b", "x" * 12]
_OF_FORMAT = {
    "email": ["a@b.co", "first.last+tag@example.com"],
    "uri": ["https://example.com/a?b=c#d", "mailto:a@b.co"],
    "uri-reference": ["/a/b?c", "https://example.com/", "#x"],
    "uri-template": ["https://example.com/{id}", "/a"],
    "date": ["2024-02-29", "1999-12-31"],
    "time": ["12:34:56Z", "12:34:56+02:00"],
    "date-time": ["2024-02-29T12:34:56Z", "2024-02-29T12:34:56.789+02:00"],
    "hostname": ["example.com", "a-b.c"],
    "ipv4": ["8.8.8.8", "192.168.0.1"],
    "ipv6": ["::1", "2001:db8::8a2e:370:7334"],
    "uuid": ["550e8400-e29b-41d4-a716-446655440000"],
    "regex": ["a+", "^[a-z]{2,3}$"],
}
_OF_TYPE = {
    "number": [0, 1, 1.5, -3.7, 42, "2.5", "7"],
    "integer": [0, 1, 42, -5, "7"],
    "boolean": [True, False, True, False, "true", "false"],
    "datetime": ["2024-02-29T12:34:56Z", "2024-02-29", 1612137600, "1612137600"],
}


def make_valid_payload(chance: Chance, fields, share=0.75):
    """Make a payload with every field that may be required, and this share of the others."""
    payload = {
        name: _make_value(chance, field)
        for name, field in fields.items()
        if field.get("required") or chance.maybe(share)
    }
    _meet_conditions(chance, fields, payload)
    return payload


def make_spoiled_payload(chance: Chance, fields):
    """Make a payload that would fit, but that one value or two are left out or odd."""
    payload = make_valid_payload(chance, fields)
    for _ in range(chance.pick([1, 1, 2])):
        _spoil(chance, fields, payload)
    return payload


def _make_value(chance: Chance, field):
    if field.get("allowNull") and not field.get("multiple") and chance.maybe(0.1):
        return None
    if not field.get("multiple"):
        return _make_one(chance, field)
    if chance.maybe(0.1):
        return _make_one(chance, field)  # one value stands for a list of it
    return [_make_one(chance, field) for _ in range(chance.random.randint(1, 3))]


def _make_one(chance: Chance, field):
    kind = field.get("type")
    if field.get("choices"):
        return value_of_choice(chance.pick(field["choices"]))
    if kind == "object":
        return _make_object(chance, field)
    if kind in _OF_TYPE:
        return _within(field, chance.pick(_OF_TYPE[kind]))
    if kind == "string" and field.get("format") in _OF_FORMAT and not field.get("multiple"):
        return chance.pick(_OF_FORMAT[field["format"]])
    return _of_length(field, chance.pick(_TEXTS))


def value_of_choice(choice):
    """Return what a choice stands for."""
    return choice.get("value") if isinstance(choice, Mapping) else choice


def _make_object(chance: Chance, field):
    if field.get("properties"):
        more = {"extra": 1} if field.get("additionalProperties") and chance.maybe(0.3) else {}
        return make_valid_payload(chance, field["properties"]) | more
    return {"a": chance.pick(_TEXTS), **make_obj(chance, 1)}


def _within(field, value):
    """Return a number inside the limits of its field."""
    low, high = field.get("minimum"), field.get("maximum")
    if field.get("type") != "number" or not (low or high):
        return value
    return low if low and float(value) < low else high if high and float(value) > high else value


def _of_length(field, text):
    """Return a text of a length that its field allows."""
    low, high = field.get("minimum"), field.get("maximum")
    if field.get("type") != "string":
        return text
    longer = text * (int(low) // len(text) + 1) if low and len(text) < low else text
    return longer[: int(high)] if high else longer


def _meet_conditions(chance: Chance, fields, payload):
    """Make some of the conditions true on which fields are required."""
    for _, rule in conditional(fields):
        for condition in rule["conditions"]:
            if chance.maybe(0.4):
                _meet(fields, payload, condition)


def conditional(fields):
    """Return the place, at most two names, of each field required on conditions, and these."""
    known = [((name,), field) for name, field in fields.items()]
    for name, field in fields.items():
        known += [((name, key), each) for key, each in (field.get("properties") or {}).items()]
    return [(at, each["required"]) for at, each in known if _has_conditions(each)]


def _has_conditions(field):
    return isinstance(field.get("required"), Mapping) and "conditions" in field["required"]


def _meet(fields, payload, condition):
    name, *child = str(condition.get("fieldKey")).split(".")
    if child and "value" in condition:
        inner = payload.get(name)
        payload[name] = {**(inner if isinstance(inner, dict) else {}), child[0]: condition["value"]}
    elif "value" in condition:
        payload[name] = condition["value"]
    elif condition.get("operator") == "is" and fields.get(name, {}).get("required") is not True:
        payload.pop(name, None)


def _spoil(chance: Chance, fields, payload):
    """Leave out one value or make it odd, where there are rules often what one of them is about."""
    rules = conditional(fields)
    if rules and chance.maybe(0.3):
        leave_out(fields, payload, *chance.pick(rules))
    else:
        _spoil_any(chance, fields, payload)


def leave_out(fields, payload, at, rule):
    """Leave out a field that the conditions require, and make them true."""
    for condition in rule["conditions"]:
        _meet(fields, payload, condition)
    holder = payload.get(at[0]) if at[1:] else payload
    if isinstance(holder, dict):
        holder.pop(at[-1], None)


def limit_values(field):
    """Return values at the limits of a field, and just beyond them."""
    limits = [each for each in (field.get("minimum"), field.get("maximum")) if each]
    sizes = [each + more for each in limits for more in (-1, 0, 1)]
    is_text = field.get("type") in ("string", "text")
    values = ["x" * int(size) if is_text else size for size in sizes]
    return [[value] for value in values] if field.get("multiple") else values


def _spoil_any(chance: Chance, fields, payload):
    name = chance.pick(list(fields)) if fields else "extra"
    field, value = fields.get(name, {}), payload.get(name)
    inner = value[0] if isinstance(value, list) and value else value
    if field.get("properties") and isinstance(inner, dict) and chance.maybe(0.6):
        _spoil(chance, field["properties"], inner)
    elif chance.maybe(0.4):
        payload.pop(name, None)
    elif chance.maybe(0.1):
        payload["extra"] = 1
    else:
        payload[name] = make_field_value(chance, field)
