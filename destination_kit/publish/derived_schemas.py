"""Schemas derived from an author's schema: one for payloads, one for mappings."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.fields import iter_fields
from destination_kit.mapping import DIRECTIVES
from destination_kit.mapping.root_directive import ROOT_KEY
from destination_kit.publish.form_schema import build_form_schema
from destination_kit.publish.grammar import HAS_DIRECTIVE_KEY, JsonDict, refer

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


def build_payload_schema(schema: JsonObject) -> JsonObject:
    """Return the schema of what `perform` receives: the author's schema without any `default`."""
    payload = {key: value for key, value in schema.items() if key != "default"}
    if "properties" in schema:
        payload["properties"] = {
            name: build_payload_schema(field) for name, field in iter_fields(schema)
        }
    if items := as_object(schema.get("items")):
        payload["items"] = build_payload_schema(items)
    return payload


def build_mapping_schema(
    schema: JsonObject, document: str, directives: Collection[str] = tuple(DIRECTIVES)
) -> JsonDict:
    """Return the schema of a mapping, for the document with this `$id`: it takes what a form takes.

    An editor completes directives in it, and finds each default. A directive may also make the
    whole mapping.
    """
    form = build_form_schema(schema, document, directives)
    properties = describe_fields(schema, as_object(form.get("properties")))
    keys: tuple[str, ...] = ("required", "properties", "additionalProperties", "not")
    rules = {key: form.pop(key) for key in keys if key in form} | (
        {"properties": properties} if properties else {}
    )
    # A reference to the URL of the mapping schema would make an editor load a second file. The
    # definitions of the document avoid that.
    return form | unless_root_directive(rules)


def describe_fields(schema: JsonObject, fields: JsonObject) -> JsonDict:
    """Return the fields of a form schema for an editor: with defaults, and all directives."""
    # Fields of an object have no defaults: the kit applies those of whole fields only.
    defaults = {name: field.get("default") for name, field in iter_fields(schema)}
    return {
        name: {
            **({"default": defaults[name]} if defaults[name] is not None else {}),
            **as_object(field),
            # From the choices, an editor would complete only the directives that they draw.
            "anyOf": [refer("composite"), {"not": {"type": "object"}}],
        }
        for name, field in fields.items()
    }


def unless_root_directive(rules: JsonDict) -> JsonDict:
    """Return rules for the fields of a mapping, which a directive for all of it has not."""
    return {"if": _IS_ROOT_DIRECTIVE, "then": {}, "else": rules}


_IS_ROOT_DIRECTIVE: JsonDict = {"anyOf": [HAS_DIRECTIVE_KEY, {"required": [ROOT_KEY]}]}
