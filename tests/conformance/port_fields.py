"""Answers about fields and payloads, and the reasons why one may differ.

`fieldsToJsonSchema` answers with our schema, written back in the reference's shape: whatever the
translation lost would show as a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from destination_kit._json import MISSING
from destination_kit.errors import ConfigurationError
from destination_kit.fields import check_fields, compile_fields
from destination_kit.fields.cleaning import compile_cleaner
from destination_kit.segment import fields_to_schema
from tests.conformance import compare

Message: TypeAlias = dict[str, Any]

EXEMPT = ("dynamicAuthSettings",)
_IN_MILLISECONDS = re.compile(r"\d{13,15}")
_NOTHING = re.compile(r"(?!)")
_DRAFT = "http://json-schema.org/schema#"
_LIMITS = ("minLength", "maxLength", "minimum", "maximum")
_ORDERED = ("required", "allOf")


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
    schema = fields_to_schema(request["fields"] or {})
    if problems := check_fields(schema):
        raise ConfigurationError(problems)
    payload, problems = compile_fields(schema, exempt=EXEMPT)(request["payload"])
    if problems:
        raise ConfigurationError(problems)
    return payload


def without_empty_values(request: Message) -> object:
    """Answer `removeEmptyValues`, whose schema is the reference's own."""
    clean = compile_cleaner(request.get("schema") or {}, root=bool(request.get("isRoot")))
    return clean(request["payload"])


OPS: Mapping[str, Callable[[Message], object]] = {
    "fieldsToJsonSchema": schema_in_their_shape,
    "validatePayload": valid_payload,
    "removeEmptyValues": without_empty_values,
}


def chosen(request: Message, theirs: Message, ours: Message) -> str | None:
    """Return the row of the policy that explains a difference, None where none does."""
    return next((row for row, explains in _ROWS.items() if explains(request, theirs, ours)), None)


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
        return {key: _with_absent_values(each) for key, each in condition.items()}
    if isinstance(condition, list):
        return [_with_absent_values(each) for each in condition]
    return condition


def _enumerated(field: Message) -> Message:
    labelled = field.get("oneOf")
    values = [each["const"] for each in labelled] if labelled else field.get("enum")
    return {} if values is None else {"enum": values}


def _add_code_type(field: Message, ours: Message) -> None:
    if field["format"] == "date-like":
        is_nullable = "null" in field["type"] or ours.get("x-segment", {}).get("allowNull")
        field["tsType"] = "string | number | null" if is_nullable else "string | number"


def _is_only_about_order(_: Message, theirs: Message, ours: Message) -> bool:
    """D3: the lists that follow the order of the fields hold the same, in another order."""
    values = [each["ok"] for each in (theirs, ours) if isinstance(each.get("ok"), dict)]
    return len(values) == 2 and compare.equal(*map(_sorted_lists, values))


def _sorted_lists(schema: Message) -> Message:
    return schema | {
        key: sorted(schema[key], key=repr) for key in _ORDERED if isinstance(schema.get(key), list)
    }


def _is_about_a_bad_schema(request: Message, *_: Message) -> bool:
    """D7: the definition itself is refused, at its own place."""
    return bool("fields" in request and check_fields(fields_to_schema(request["fields"])))


def _is_about_half_characters(_: Message, theirs: Message, ours: Message) -> bool:
    """D4: the answers are the same once theirs is put right."""
    return _agree(_mended(theirs), ours)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(key): _mended(each) for key, each in value.items()}
    return [_mended(each) for each in value] if isinstance(value, list) else value


def _is_about_large_integers(_: Message, theirs: Message, ours: Message) -> bool:
    """D1: the answers are the same once our integers are rounded."""
    return _agree(theirs, _rounded(ours))


def _rounded(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d{16,}", value):
        return f"{float(value):.0f}"
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value


def _is_about_empty_text_in_a_batch(request: Message, theirs: Message, ours: Message) -> bool:
    """D6: the answers are the same but for the fields that were empty text, which are not there."""
    empty = _emptied(request)
    if "ok" in theirs and "ok" in ours:
        kept = {name: each for name, each in theirs["ok"].items() if name not in empty}
        return kept != theirs["ok"] and compare.equal(kept, ours["ok"])
    return {_root(place) for place in _places(theirs) ^ _places(ours)} <= empty


def _emptied(request: Message) -> set[str]:
    """Return the fields of a batch's payload that are empty text."""
    payload = request.get("payload")
    if not request.get("batch") or not isinstance(payload, dict):
        return set()
    return {name for name, each in payload.items() if each == ""}


def _root(place: str) -> str:
    return place.split("/")[1] if place else ""


def _agree(theirs: Message, ours: Message) -> bool:
    return next(compare.differences(theirs, ours), None) is None


def _is_about(
    kind: Callable[[Message], bool], more: re.Pattern[str] = _NOTHING
) -> Callable[[Message, Message, Message], bool]:
    """Say whether all places of which one side alone complains belong to fields of a kind.

    Here such fields take less than there, but for the texts that match `more`.
    """

    def explains(request: Message, theirs: Message, ours: Message) -> bool:
        if request["op"] != "validatePayload":
            return False
        refused = _places(ours) - _places(theirs)
        only_theirs = _places(theirs) - _places(ours)
        taken = {place for place in only_theirs if _root(place) not in _emptied(request)}
        fields = [_field_at(request["fields"], place) for place in refused | taken]
        values = [str(_value_at(request["payload"], place)) for place in taken]
        return (
            bool(fields)
            and all(field is not None and kind(field) for field in fields)
            and all(more.fullmatch(value) for value in values)
        )

    return explains


def _value_at(payload: Any, place: str) -> object:
    for step in place.split("/")[1:]:
        payload = payload[int(step)] if isinstance(payload, list) else payload[step]
    return payload


def _places(answer: Message) -> frozenset[str]:
    error = compare.failure(answer)
    return compare.places(error) if error else frozenset()


def _field_at(fields: Message, place: str) -> Message | None:
    field: Message = {"properties": fields}
    for step in place.split("/")[1:]:
        if not step.isdecimal() or step in (field.get("properties") or {}):
            field = (field.get("properties") or {}).get(step, {})
    return field or None


_ROWS: Mapping[str, Callable[[Message, Message, Message], bool]] = {
    "D3": _is_only_about_order,
    "D7": _is_about_a_bad_schema,
    "D4": _is_about_half_characters,
    "D1": _is_about_large_integers,
    "D6": _is_about_empty_text_in_a_batch,
    "D10": _is_about(lambda field: field.get("type") == "datetime", _IN_MILLISECONDS),
    "D11": _is_about(lambda field: field.get("format") == "regex"),
}
