"""Segment's field definitions as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import MISSING
from destination_kit.errors import DefinitionError

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value

_TYPES: Mapping[str, JsonObject] = {
    "string": {"type": "string"},
    "text": {"type": "string", "format": "text"},
    "password": {"type": "string", "format": "password", "writeOnly": True},
    "datetime": {"type": ["string", "number"], "format": "date-like"},
}
_KEYWORDS = {
    "label": "title",
    "description": "description",
    "format": "format",
    "default": "default",
    "category": "x-category",
    "defaultObjectUI": "x-object-editor",
    "depends_on": "x-depends-on",
    "displayMode": "x-display",
    "dynamic": "x-dynamic",
    "hidden": "x-hidden",
    "placeholder": "x-placeholder",
    "readOnly": "readOnly",
}
_LIMITS = {
    "string": {"minimum": "minLength", "maximum": "maxLength"},
    "number": {"minimum": "minimum", "maximum": "maximum"},
}
_OWN_FORMATS = frozenset({"text", "password", "date-like"})


def fields_to_schema(fields: JsonObject) -> JsonObject:
    """Return the schema, draft-07, of Segment field definitions, with the same verdicts.

    An attribute that is null, false or absent says nothing, except a `default` of null. What an
    attribute says that no keyword can (a limit that checks nothing, a condition's own wording)
    stands in the field's `x-segment`, so that the definition can be written again. A condition
    with an unknown operator is a `DefinitionError`.
    """
    return _object(fields) if fields else {"type": "object"}


def _object(fields: JsonObject, *, more: bool = False, demands: bool = True) -> JsonObject:
    """Return the schema of an object with these fields, and with `more` properties or without.

    Where a property of a nested object is required on a condition, the object `demands` nothing:
    the reference forgets the plain requirements beside it, and checks the condition further out.
    """
    definitions = {name: _mapping(field) for name, field in fields.items()}
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {name: _field(each, demands=demands) for name, each in definitions.items()},
        "additionalProperties": more,
    }
    required = [name for name, field in definitions.items() if field.get("required") is True]
    conditions = [_condition(name, each) for name, each in _conditions(definitions)]
    if demands and required:
        schema["required"] = required
    if demands and conditions:
        schema["allOf"] = conditions
    return schema


def _field(field: JsonObject, *, demands: bool) -> JsonObject:
    said = {key: each for key, each in field.items() if _is_said(key, each)}
    kind = str(said.get("type"))
    limits = {ours: said[name] for name, ours in _LIMITS.get(kind, {}).items() if said.get(name)}
    kept = {ours: said[name] for name, ours in _KEYWORDS.items() if name in said}
    if methods := said.get("disabledInputMethods"):
        kept["x-input-methods"] = {"disabled": methods}
    schema = {**kept, **_TYPES.get(kind, {"type": kind}), **limits, **_shape(said, kind)}
    unsaid = {
        key: each for key, each in said.items() if not _is_carried(key, said, demands=demands)
    }
    return schema | ({"x-segment": unsaid} if unsaid else {})


def _is_said(key: str, value: Json) -> bool:
    return key == "default" or not (value is None or value is False)


def _is_carried(key: str, said: JsonObject, *, demands: bool) -> bool:
    """Return whether the schema alone says what this attribute of the field says."""
    kind, has_properties = str(said.get("type")), _has_properties(said)
    match key:
        case "type":
            return kind != "string" or said.get("format") not in _OWN_FORMATS
        case "format":
            return "format" not in _TYPES.get(kind, {})
        case "minimum" | "maximum":
            return kind in _LIMITS and bool(said[key])
        case "allowNull":
            return not ("multiple" in said or has_properties)
        case "properties" | "additionalProperties":
            return has_properties
        case "required":
            return said[key] is True and demands
        case _:
            return key in _KEYWORDS or key in ("choices", "multiple", "disabledInputMethods")


def _shape(said: JsonObject, kind: str) -> JsonObject:
    """Return what says how many values there are, which ones, and what is in them."""
    types = _TYPES.get(kind, {"type": kind})["type"]
    choices = _choices(said)
    within = _properties(said)
    if "multiple" in said:
        return {"type": "array", "items": within or {"type": types, **choices}}
    if "allowNull" in said:
        types = [*([types] if isinstance(types, str) else _list(types)), "null"]
    return {"type": types, **choices, **within}


def _choices(said: JsonObject) -> JsonObject:
    choices = _list(said.get("choices"))
    null = [None] if "allowNull" in said else []
    if "choices" not in said or all(isinstance(each, str) for each in choices):
        return {"enum": [*choices, *null]} if "choices" in said else {}
    labelled = [_labelled(each) for each in choices] + [{"const": each} for each in null]
    return {"oneOf": labelled}


def _labelled(choice: Json) -> dict[str, Json]:
    if not isinstance(choice, Mapping):
        return {"const": choice}
    return {
        "const" if key == "value" else "title" if key == "label" else key: each
        for key, each in choice.items()
    }


def _properties(said: JsonObject) -> JsonObject:
    if not _has_properties(said):
        return {}
    fields = _mapping(said["properties"])
    is_conditional = any(
        isinstance(_mapping(each).get("required"), Mapping) for each in fields.values()
    )
    return _object(fields, more="additionalProperties" in said, demands=not is_conditional)


def _has_properties(said: JsonObject) -> bool:
    return said.get("type") == "object" and isinstance(said.get("properties"), Mapping)


def _conditions(fields: Mapping[str, JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    """Yield who is required on a condition, as `field` or `field.property`, and the condition."""
    for name, field in fields.items():
        inner = _mapping(field["properties"]) if _has_properties(field) else {}
        for key, each in inner.items():
            if said := _mapping(_mapping(each).get("required")):
                yield f"{name}.{key}", said
        if said := _mapping(field.get("required")):
            yield name, said


def _condition(name: str, said: JsonObject) -> JsonObject:
    """Return `if` and `then`. Several conditions require their `field.property` by that very name."""
    tests = [_mapping(each) for each in _list(said.get("conditions"))]
    for each in tests:
        if each.get("operator") not in ("is", "is_not"):
            raise DefinitionError(
                f"no condition has the operator {each.get('operator')!r}", where=name
            )
    if len(tests) == 1:
        return {"if": _test(tests[0], alone=True), "then": _demand(name)}
    word = "anyOf" if said.get("match") == "any" else "allOf"
    return {
        "if": {word: [_test(each, alone=False) for each in tests]},
        "then": {"required": [name]},
    }


def _demand(name: str) -> JsonObject:
    parent, *child = name.split(".")[:2]
    demand: JsonObject = {"required": [parent]}
    return {**demand, "properties": {parent: {"required": child}}} if child else demand


def _test(said: JsonObject, *, alone: bool) -> JsonObject:
    """Return the test of one condition; one without a value asks whether there is any."""
    name, is_wanted = str(said["fieldKey"]), said["operator"] == "is"
    value = said.get("value", MISSING)
    parent, *child = name.split(".")[:2]
    if child:
        return _has(parent, _has(child[0], _equality(value, is_wanted=is_wanted)))
    if value is not MISSING:
        return _has(name, _equality(value, is_wanted=is_wanted))
    present: JsonObject = {"required": [name]}
    null: JsonObject = {"properties": {name: {"type": "null"}}}
    if is_wanted:
        return {"anyOf": [{"not": present}, null]} if alone else {"not": present}
    return {"allOf": [present, {"not": null}]} if alone else present


def _has(name: str, test: JsonObject) -> JsonObject:
    return {"properties": {name: test}, "required": [name]}


def _equality(value: Value, *, is_wanted: bool) -> JsonObject:
    same: JsonObject = {} if value is MISSING else {"const": value}
    return same if is_wanted else {"not": same}


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, Mapping) else {}


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else []
