"""Segment's field definitions as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from destination_kit._json import MISSING, as_array, as_object
from destination_kit.errors import DefinitionError
from destination_kit.segment.write_fields import (
    FIELD,
    KEYWORDS,
    LIMITS,
    difference,
    field_attributes,
)

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject, Value

_TYPES: Mapping[str, JsonObject] = {
    "string": {"type": "string"},
    "text": {"type": "string", "format": "text"},
    "password": {"type": "string", "format": "password", "writeOnly": True},
    "datetime": {"type": ["string", "number"], "format": "date-like"},
}
_KEYWORDS = {**KEYWORDS, "dynamic": "x-dynamic"}
_SAID_WHEN_FALSE = frozenset({"default", "hidden", "readOnly"})


@dataclass(frozen=True, slots=True)
class Form:
    """How a document writes its fields: with which attributes, those that say nothing or not.

    A condition with an unknown operator is refused only where one is `strict`.
    """

    attributes: Sequence[str] = FIELD
    sparse: bool = True
    strict: bool = True


def fields_to_schema(fields: JsonObject, form: Form = Form()) -> JsonObject:
    """Return the schema, draft-07, of Segment field definitions, with the same verdicts.

    An attribute that is null, false or absent says nothing. What a definition says in this form
    that no keyword can (a limit that checks nothing, a condition's own wording, an attribute that
    nobody knows) stands in the field's `x-segment`, so that `fields_of_schema` writes it again. A
    condition with an unknown operator is a `DefinitionError`.
    """
    return _Reading(form).object(fields) if fields else {"type": "object"}


@dataclass(frozen=True, slots=True)
class _Reading:
    form: Form

    def object(self, fields: JsonObject, *, more: bool = False, demands: bool = True) -> JsonObject:
        """Return the schema of an object with these fields, and with `more` properties or without.

        Where a property of a nested object is required on a condition, the object `demands`
        nothing: the reference forgets the plain requirements beside it, and checks the condition
        further out.
        """
        definitions = {name: as_object(field) for name, field in fields.items()}
        schema: dict[str, Json] = {
            "type": "object",
            "properties": {
                name: self._field(each, demands=demands) for name, each in definitions.items()
            },
            "additionalProperties": more,
        }
        required = [name for name, field in definitions.items() if field.get("required") is True]
        conditions = [
            _condition(name, each)
            for name, each in _conditions(definitions)
            if self.form.strict or _is_known(each)
        ]
        if demands and required:
            schema["required"] = required
        if demands and conditions:
            schema["allOf"] = conditions
        return schema

    def _field(self, field: JsonObject, *, demands: bool) -> JsonObject:
        said = {key: each for key, each in field.items() if self._is_said(key, each)}
        kind = str(said.get("type"))
        limits = dict(
            zip(LIMITS.get(kind, ()), (said.get("minimum"), said.get("maximum")), strict=False)
        )
        kept = {ours: said[name] for name, ours in _KEYWORDS.items() if name in said}
        if "disabledInputMethods" in said:
            kept["x-input-methods"] = {"disabled": said["disabledInputMethods"]}
        schema = {
            **kept,
            **_TYPES.get(kind, {"type": kind}),
            **{name: limit for name, limit in limits.items() if limit},
            **self._shape(said, kind),
        }
        required = demands and said.get("required") is True
        rest = difference(
            field_attributes(
                schema, self.form.attributes, required=required, sparse=self.form.sparse
            ),
            field,
        )
        return schema | ({"x-segment": rest} if rest else {})

    def _is_said(self, key: str, value: Json) -> bool:
        """Return whether an attribute says something; a default of null only if it need not stand."""
        if value is None:
            return key == "default" and self.form.sparse
        return value is not False or key in _SAID_WHEN_FALSE

    def _shape(self, said: JsonObject, kind: str) -> JsonObject:
        """Return what says how many values there are, which ones, and what is in them."""
        types = _TYPES.get(kind, {"type": kind})["type"]
        choices = _choices(said)
        within = self._properties(said)
        if "multiple" in said:
            return {"type": "array", "items": within or {"type": types, **choices, **_open(said)}}
        if "allowNull" in said:
            types = [*([types] if isinstance(types, str) else as_array(types)), "null"]
        return {"type": types, **choices, **(within or _open(said))}

    def _properties(self, said: JsonObject) -> JsonObject:
        if not _has_properties(said):
            return {}
        fields = as_object(said["properties"])
        is_conditional = any(
            isinstance(as_object(each).get("required"), Mapping) for each in fields.values()
        )
        more = "additionalProperties" in said
        return replace(self, form=replace(self.form, attributes=FIELD)).object(
            fields, more=more, demands=not is_conditional
        )


def _open(said: JsonObject) -> JsonObject:
    """Return the keyword of an object that lists no properties and takes any."""
    is_open = said.get("type") == "object" and "additionalProperties" in said
    return {"additionalProperties": True} if is_open else {}


def _choices(said: JsonObject) -> JsonObject:
    choices = as_array(said.get("choices"))
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


def _has_properties(said: JsonObject) -> bool:
    return said.get("type") == "object" and isinstance(said.get("properties"), Mapping)


def _conditions(fields: Mapping[str, JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    """Yield who is required on a condition, as `field` or `field.property`, and the condition."""
    for name, field in fields.items():
        inner = as_object(field["properties"]) if _has_properties(field) else {}
        for key, each in inner.items():
            if said := as_object(as_object(each).get("required")):
                yield f"{name}.{key}", said
        if said := as_object(field.get("required")):
            yield name, said


def has_known_operators(field: JsonObject) -> bool:
    """Return whether the condition on which a field is required, if any, can be tested."""
    return _is_known(as_object(field.get("required")))


def _is_known(condition: JsonObject) -> bool:
    tests = (as_object(each) for each in as_array(condition.get("conditions")))
    return all(
        each.get("operator") in ("is", "is_not") and isinstance(each.get("fieldKey"), str)
        for each in tests
    )


def _condition(name: str, said: JsonObject) -> JsonObject:
    """Return `if` and `then`. Several conditions require their `field.property` by that very name."""
    tests = [as_object(each) for each in as_array(said.get("conditions"))]
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
