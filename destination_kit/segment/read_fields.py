"""Reader of Segment's field definitions: they become JSON Schema."""

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
_KEYWORD_OF = {**KEYWORDS, "dynamic": "x-dynamic"}
_MEANINGFUL_WHEN_FALSE = frozenset({"default", "hidden", "readOnly"})


@dataclass(frozen=True, slots=True)
class FieldStyle:
    """How a document writes its fields."""

    #: The attributes that a field can have, in the order of the document.
    attributes: Sequence[str] = FIELD
    #: Whether the document leaves out attributes without a value.
    sparse: bool = True
    #: Whether a condition with an unknown operator raises `DefinitionError`.
    strict: bool = True


def fields_to_schema(fields: JsonObject, style: FieldStyle = FieldStyle()) -> JsonObject:
    """Return the schema (draft-07) that accepts and refuses the same payloads as the fields.

    An attribute that is null, false or absent has no meaning. An attribute that no keyword can
    express (a limit without effect, the wording of a condition, an unknown attribute) goes to the
    field's `x-segment`, and `fields_of_schema` writes it again.
    """
    return _Reader(style).object(fields) if fields else {"type": "object"}


@dataclass(frozen=True, slots=True)
class _Reader:
    style: FieldStyle

    def object(self, fields: JsonObject, *, more: bool = False, demands: bool = True) -> JsonObject:
        """Return the schema of an object with these fields; `more` admits other properties.

        An object that does not `demand` has no `required`.
        """
        definitions = {name: as_object(field) for name, field in fields.items()}
        schema: dict[str, Json] = {
            "type": "object",
            "properties": {
                name: self._field(field, demands=demands) for name, field in definitions.items()
            },
            "additionalProperties": more,
        }
        required = [name for name, field in definitions.items() if field.get("required") is True]
        conditions = [
            _conditional_requirement(name, condition)
            for name, condition in _conditions(definitions)
            if self.style.strict or _has_known_operators(condition)
        ]
        if demands and required:
            schema["required"] = required
        if demands and conditions:
            schema["allOf"] = conditions
        return schema

    def _field(self, field: JsonObject, *, demands: bool) -> JsonObject:
        given = {key: value for key, value in field.items() if self._is_given(key, value)}
        kind = str(given.get("type"))
        limits = dict(
            zip(LIMITS.get(kind, ()), (given.get("minimum"), given.get("maximum")), strict=False)
        )
        keywords = {word: given[name] for name, word in _KEYWORD_OF.items() if name in given}
        if "disabledInputMethods" in given:
            keywords["x-input-methods"] = {"disabled": given["disabledInputMethods"]}
        schema = {
            **keywords,
            **_TYPES.get(kind, {"type": kind}),
            **{name: limit for name, limit in limits.items() if limit},
            **self._shape(given, kind),
        }
        required = demands and given.get("required") is True
        others = difference(
            field_attributes(
                schema, self.style.attributes, required=required, sparse=self.style.sparse
            ),
            field,
        )
        return schema | ({"x-segment": others} if others else {})

    def _is_given(self, key: str, value: Json) -> bool:
        """Return whether an attribute has a meaning."""
        if value is None:
            # A definition that Segment published has null where a default is missing. A person
            # writes null only to make it the default.
            return key == "default" and self.style.sparse
        return value is not False or key in _MEANINGFUL_WHEN_FALSE

    def _shape(self, given: JsonObject, kind: str) -> JsonObject:
        """Return the keywords for the number of values, for choices and for properties."""
        types = _TYPES.get(kind, {"type": kind})["type"]
        choices = _choices(given)
        nested = self._properties(given)
        if "multiple" in given:
            return {"type": "array", "items": nested or {"type": types, **choices, **_open(given)}}
        if "allowNull" in given:
            types = [*([types] if isinstance(types, str) else as_array(types)), "null"]
        return {"type": types, **choices, **(nested or _open(given))}

    def _properties(self, given: JsonObject) -> JsonObject:
        if not _has_properties(given):
            return {}
        fields = as_object(given["properties"])
        # If one property of an object is required on a condition, the reference ignores that others
        # are always required (`omitRequiredSchemas` in fields-to-jsonschema.ts).
        is_conditional = any(
            isinstance(as_object(field).get("required"), Mapping) for field in fields.values()
        )
        more = "additionalProperties" in given
        return replace(self, style=replace(self.style, attributes=FIELD)).object(
            fields, more=more, demands=not is_conditional
        )


def _open(given: JsonObject) -> JsonObject:
    """Return the keyword of an object without listed properties that admits any."""
    is_open = given.get("type") == "object" and "additionalProperties" in given
    return {"additionalProperties": True} if is_open else {}


def _choices(given: JsonObject) -> JsonObject:
    choices = as_array(given.get("choices"))
    null = [None] if "allowNull" in given else []
    if "choices" not in given or all(isinstance(choice, str) for choice in choices):
        return {"enum": [*choices, *null]} if "choices" in given else {}
    labelled = [_labelled(choice) for choice in choices] + [{"const": value} for value in null]
    return {"oneOf": labelled}


def _labelled(choice: Json) -> dict[str, Json]:
    if not isinstance(choice, Mapping):
        return {"const": choice}
    return {
        "const" if key == "value" else "title" if key == "label" else key: value
        for key, value in choice.items()
    }


def _has_properties(given: JsonObject) -> bool:
    return given.get("type") == "object" and isinstance(given.get("properties"), Mapping)


def _conditions(fields: Mapping[str, JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    """Yield each `field` or `field.property` that is required on a condition, and the condition."""
    for name, field in fields.items():
        inner = as_object(field["properties"]) if _has_properties(field) else {}
        for key, nested in inner.items():
            if condition := as_object(as_object(nested).get("required")):
                yield f"{name}.{key}", condition
        if condition := as_object(field.get("required")):
            yield name, condition


def has_known_operators(field: JsonObject) -> bool:
    """Return whether the field's condition of `required`, if it has one, can become a schema."""
    return _has_known_operators(as_object(field.get("required")))


def _has_known_operators(condition: JsonObject) -> bool:
    tests = (as_object(test) for test in as_array(condition.get("conditions")))
    return all(
        test.get("operator") in ("is", "is_not") and isinstance(test.get("fieldKey"), str)
        for test in tests
    )


def _conditional_requirement(name: str, condition: JsonObject) -> JsonObject:
    """Return `if` and `then` for a field that is required on a condition."""
    tests = [as_object(test) for test in as_array(condition.get("conditions"))]
    for test in tests:
        if test.get("operator") not in ("is", "is_not"):
            message = (
                f"the operator {test.get('operator')!r} of a condition is neither is nor is_not"
            )
            raise DefinitionError(message, where=name)
    if len(tests) == 1:
        return {"if": _test(tests[0], alone=True), "then": _demand(name)}
    word = "anyOf" if condition.get("match") == "any" else "allOf"
    # With several tests the reference requires a property that is literally called `field.property`
    # (`singleFieldConditionsToJsonSchema` in fields-to-jsonschema.ts). `_demand` would require the
    # inner property.
    return {
        "if": {word: [_test(test, alone=False) for test in tests]},
        "then": {"required": [name]},
    }


def _demand(name: str) -> JsonObject:
    parent, *child = name.split(".")[:2]
    demand: JsonObject = {"required": [parent]}
    return {**demand, "properties": {parent: {"required": child}}} if child else demand


def _test(test: JsonObject, *, alone: bool) -> JsonObject:
    """Return the schema of one test; a test without a value asks whether the field has one."""
    name, is_wanted = str(test["fieldKey"]), test["operator"] == "is"
    value = test.get("value", MISSING)
    parent, *child = name.split(".")[:2]
    if child:
        return _has(parent, _has(child[0], _equality(value, is_wanted=is_wanted)))
    if value is not MISSING:
        return _has(name, _equality(value, is_wanted=is_wanted))
    present: JsonObject = {"required": [name]}
    null: JsonObject = {"properties": {name: {"type": "null"}}}
    # The reference counts null as missing only where a test stands alone
    # (`undefinedConditionValueToJSONSchema` in fields-to-jsonschema.ts).
    if is_wanted:
        return {"anyOf": [{"not": present}, null]} if alone else {"not": present}
    return {"allOf": [present, {"not": null}]} if alone else present


def _has(name: str, test: JsonObject) -> JsonObject:
    return {"properties": {name: test}, "required": [name]}


def _equality(value: Value, *, is_wanted: bool) -> JsonObject:
    same: JsonObject = {} if value is MISSING else {"const": value}
    return same if is_wanted else {"not": same}
