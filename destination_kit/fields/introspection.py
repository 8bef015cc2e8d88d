"""What else can be read out of a schema: the payload's side, the mapping's side, the defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.fields.conditions import CONDITIONS
from destination_kit.fields.schema_files import load_metaschema

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

_ABOUT = ("title", "description", "default", "readOnly", "writeOnly")
_DIRECTIVE: JsonObject = {"$ref": "#/definitions/directive"}


def collect_defaults(schema: JsonObject) -> dict[str, Json]:
    """Return the default of each top-level field that has one; null is none.

    Of an action this is the default mapping, of settings what a form starts with.
    """
    return {
        name: field["default"]
        for name, field in iter_fields(schema)
        if field.get("default") is not None
    }


def build_payload_schema(schema: JsonObject) -> JsonObject:
    """Return the schema of what `perform` receives: the author's, without any `default`."""
    own = {key: each for key, each in schema.items() if key != "default"}
    if "properties" in schema:
        own["properties"] = {
            name: build_payload_schema(field) for name, field in iter_fields(schema)
        }
    if items := as_object(schema.get("items")):
        own["items"] = build_payload_schema(items)
    return own


def build_mapping_schema(schema: JsonObject) -> JsonObject:
    """Return the schema of what a person edits: each field a literal of its type, or a directive.

    Titles, defaults and `x-` annotations stay on the field. A required field is required here too.
    Conditions between fields are left out: whether they hold is known only for an event. What a
    directive may be stands in `definitions`, whole.
    """
    mapping = drop_conditions(schema)
    if "properties" in schema:
        mapping["properties"] = {name: _mappable(field) for name, field in iter_fields(schema)}
    return mapping | {"definitions": load_metaschema("mapping")["definitions"]}


def drop_conditions(schema: JsonObject) -> dict[str, Json]:
    """Return the schema without its rules between fields; they are about payloads only."""
    return {key: each for key, each in schema.items() if key not in CONDITIONS}


def collect_secret_names(schema: JsonObject) -> frozenset[str]:
    """Return the names of all fields, nested ones too, that are write-only or passwords."""
    found: set[str] = set()
    for name, field in iter_fields(schema):
        if field.get("writeOnly") is True or field.get("format") == "password":
            found.add(name)
        found |= collect_secret_names(field) | collect_secret_names(as_object(field.get("items")))
    return frozenset(found)


def compile_secret_finder(schema: JsonObject) -> Callable[[JsonObject], list[str]]:
    """Return payload -> the texts in it that no one may read in a log.

    They are the values of write-only and password fields, and the queries of URLs: whoever has
    that of a webhook can call it.
    """
    whole = collect_secret_names(schema)
    urls = [name for name, field in iter_fields(schema) if field.get("format") == "uri"]

    if not (whole or urls):
        return lambda _: []

    def secrets(payload: JsonObject) -> list[str]:
        hidden = [payload.get(name) for name in whole]
        queries = [str(payload.get(name, "")).partition("?")[2] for name in urls]
        return [each for each in (*hidden, *queries) if isinstance(each, str) and each]

    return secrets


def iter_fields(schema: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Yield the name and the schema of each property."""
    for name, field in as_object(schema.get("properties")).items():
        if isinstance(field, Mapping):
            yield name, field


def _mappable(field: JsonObject) -> JsonObject:
    about = {key: each for key, each in field.items() if key in _ABOUT or key.startswith("x-")}
    return about | {"anyOf": [_literal(field), _DIRECTIVE]}


def _literal(field: JsonObject) -> JsonObject:
    """Return what a literal must be; inside objects and lists there may be directives again."""
    literal = {
        key: each for key, each in field.items() if key not in _ABOUT and not key.startswith("x-")
    }
    if "properties" in literal:
        literal["properties"] = {name: _mappable(each) for name, each in iter_fields(field)}
    if items := as_object(field.get("items")):
        literal["items"] = _mappable(items)
    return literal
