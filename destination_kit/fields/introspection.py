"""Introspection of schemas: their fields, types and defaults, and the secrets in a payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject


def iter_fields(schema: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Yield the name and the schema of each property."""
    for name, field in as_object(schema.get("properties")).items():
        if isinstance(field, Mapping):
            yield name, field


def list_types(schema: JsonObject) -> tuple[str, ...]:
    """Return the schema's types in their order; none if it has no `type`."""
    types = schema.get("type") or ()
    return (types,) if isinstance(types, str) else tuple(map(str, as_array(types)))


def collect_defaults(schema: JsonObject) -> dict[str, Json]:
    """Return the default of each top-level field that has one; null counts as no default.

    For an action this is the default mapping. For settings it prefills a form.
    """
    return {
        name: field["default"]
        for name, field in iter_fields(schema)
        if field.get("default") is not None
    }


def collect_secret_names(schema: JsonObject) -> frozenset[str]:
    """Return the names of all write-only and password fields, nested ones included."""
    names: set[str] = set()
    for name, field in iter_fields(schema):
        if field.get("writeOnly") is True or field.get("format") == "password":
            names.add(name)
        names |= collect_secret_names(field) | collect_secret_names(as_object(field.get("items")))
    return frozenset(names)


def compile_secret_finder(schema: JsonObject) -> Callable[[JsonObject], list[str]]:
    """Compile the schema into payload -> the texts in it that no log may show.

    They are the values of write-only and password fields, and the queries of URLs: the query of a
    webhook's URL is often the token that lets a caller in.
    """
    secret_names = collect_secret_names(schema)
    url_names = [name for name, field in iter_fields(schema) if field.get("format") == "uri"]
    if not (secret_names or url_names):
        return lambda _: []

    def find_secrets(payload: JsonObject) -> list[str]:
        secrets = [payload.get(name) for name in secret_names]
        queries = [str(payload.get(name, "")).partition("?")[2] for name in url_names]
        return [text for text in (*secrets, *queries) if isinstance(text, str) and text]

    return find_secrets
