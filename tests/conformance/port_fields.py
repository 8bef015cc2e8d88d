"""Answers about fields and payloads.

`fieldsToJsonSchema` answers with our schema, written back in the reference's shape: whatever the
translation lost would show as a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from destination_kit._json import MISSING
from destination_kit.errors import ConfigurationError
from destination_kit.fields import compile_validator
from destination_kit.fields.cleaning import compile_cleaner
from destination_kit.schema_checks import check_schema
from destination_kit.segment import fields_to_schema

Message: TypeAlias = dict[str, Any]

EXEMPT = ("dynamicAuthSettings",)
_DRAFT = "http://json-schema.org/schema#"
_LIMITS = ("minLength", "maxLength", "minimum", "maximum")


def schema_in_their_shape(request: Message) -> object:
    """Answer `fieldsToJsonSchema`."""
    options = request.get("options") or {}
    ours: Message = dict(fields_to_schema(request["fields"]))
    schema = _object(ours)
    if options.get("tsType"):
        for name, field in schema["properties"].items():
            _add_code_type(field, ours["properties"][name])
        del schema["allOf"]
    elif options.get("omitRequiredSchemas"):
        del schema["required"], schema["allOf"]
    schema["additionalProperties"] = options.get("additionalProperties") or False
    return {key: each for key, each in schema.items() if each != []} | (
        {"required": schema["required"]} if "required" in schema else {}
    )


def valid_payload(request: Message) -> object:
    """Answer `validatePayload`: the payload as `perform` would get it, or every problem of it."""
    return payload_maker(fields_to_schema(request["fields"] or {}))(request["payload"])


def payload_maker(schema: Message) -> Callable[[Any], Message]:
    """Compile a schema into the function that returns a payload as `perform` would get it."""
    if problems := check_schema(schema):
        raise ConfigurationError(problems)
    validate = compile_validator(schema, exempt=EXEMPT)

    def payload_of(given: Any) -> Message:
        payload, problems = validate(given)
        if problems:
            raise ConfigurationError(problems)
        return payload

    return payload_of


def without_empty_values(request: Message) -> object:
    """Answer `removeEmptyValues`, whose schema is the reference's own."""
    clean = compile_cleaner(request.get("schema") or {}, root=bool(request.get("isRoot")))
    return clean(request["payload"])


OPS: Mapping[str, Callable[[Message], object]] = {
    "fieldsToJsonSchema": schema_in_their_shape,
    "validatePayload": valid_payload,
    "removeEmptyValues": without_empty_values,
}


def _object(schema: Message) -> Message:
    fields = {name: _field(each) for name, each in schema.get("properties", {}).items()}
    return {
        "$schema": _DRAFT,
        "type": "object",
        "additionalProperties": schema.get("additionalProperties", False),
        "properties": fields,
        "required": schema.get("required", []),
        "allOf": [_with_absent_values(each) for each in schema.get("allOf", [])],
    }


def _field(field: Message) -> Message:
    told = {
        "title": field.get("title", MISSING),
        "description": field.get("description", MISSING),
        "type": field["type"],
        "format": field.get("format", MISSING),
        "default": field.get("default", MISSING),
        **{limit: field[limit] for limit in _LIMITS if limit in field},
        **_enumerated(field),
    }
    if "items" in field:
        told["items"] = {"type": field["items"]["type"], **_enumerated(field["items"])}
        if "properties" in field["items"]:
            told["items"] = _nested(field["items"])
    return told | (_nested(field) if "properties" in field else {})


def _nested(schema: Message) -> Message:
    """Return a nested object; one with a conditional requirement inside demands nothing itself."""
    told = _object(schema)
    kept = [field.get("x-segment", {}) for field in schema["properties"].values()]
    if any(isinstance(each.get("required"), dict) for each in kept):
        del told["required"]
    return {key: each for key, each in told.items() if key != "allOf" or each}


def _with_absent_values(condition: Any) -> Any:
    """Return a condition in which the test of a value that nobody named is theirs."""
    if condition in ({}, {"not": {}}):
        absent = {"const": MISSING}
        return {"not": absent} if condition else absent
    if isinstance(condition, dict):
        return {
            key: each if key == "const" else _with_absent_values(each)
            for key, each in condition.items()
        }
    if isinstance(condition, list):
        return [_with_absent_values(each) for each in condition]
    return condition


def _enumerated(field: Message) -> Message:
    labelled = field.get("oneOf")
    named = [each.get("const", MISSING) for each in labelled or ()]
    values = named if labelled else field.get("enum")
    return {} if values is None else {"enum": values}


def _add_code_type(field: Message, ours: Message) -> None:
    if field["format"] == "date-like" and "number" in ours.get("items", ours)["type"]:
        is_nullable = "null" in field["type"] or ours.get("x-segment", {}).get("allowNull")
        field["tsType"] = "string | number | null" if is_nullable else "string | number"
