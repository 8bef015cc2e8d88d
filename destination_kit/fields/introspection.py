"""Introspection of schemas: their fields, types and defaults, and the secrets in a payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from destination_kit._json import as_array, as_object
from destination_kit._secrets import SecretNames, find_secret_texts

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject


_URL_FORMATS: Final = ("uri", "uri-reference", "iri", "iri-reference", "url")
#: Keywords of JSON Schema whose value maps names to schemas.
_NAMED_SCHEMAS: Final = ("properties", "patternProperties", "definitions", "dependencies")
#: Keywords whose value is data, in which a name such as `properties` is no keyword.
_DATA_KEYWORDS: Final = ("default", "examples", "const", "enum")


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
    return collect_secret_fields(schema).secrets


def collect_secret_fields(schema: JsonObject) -> SecretNames:
    """Return the names of all write-only and password fields, and of all URLs, nested ones too."""
    secrets, urls = set[str](), set[str]()
    for name, field in _iter_nested_fields(schema):
        if field.get("writeOnly") is True or field.get("format") == "password":
            secrets.add(name)
        elif field.get("format") in _URL_FORMATS or field.get("x-request-url") is True:
            urls.add(name)
    return SecretNames(secrets=frozenset(secrets), urls=frozenset(urls))


def _iter_nested_fields(schema: Json) -> Iterator[tuple[str, JsonObject]]:
    """Yield name and schema of each property at any depth, those of `items` or `oneOf` too."""
    if isinstance(schema, list | tuple):
        for branch in schema:
            yield from _iter_nested_fields(branch)
    if not isinstance(schema, Mapping):
        return
    yield from iter_fields(schema)
    for keyword, rule in schema.items():
        if keyword in _NAMED_SCHEMAS:
            yield from _iter_nested_fields(list(as_object(rule).values()))
        elif keyword not in _DATA_KEYWORDS:
            yield from _iter_nested_fields(rule)


def compile_secret_finder(schema: JsonObject) -> Callable[[JsonObject], list[str]]:
    """Compile the schema into payload -> the texts in it that no log may show.

    They are the values of write-only and password fields, and the queries of URLs: the query of a
    webhook's URL is often the token that lets a caller in.
    """
    # Most fields of a payload hold no secret. A search through all of them would take the longer,
    # the more of the event a mapping passes on.
    names = {
        name: found
        for name, field in iter_fields(schema)
        if (found := collect_secret_fields({"properties": {name: field}})) != SecretNames()
    }
    if not names:
        return lambda _: []
    return lambda payload: [
        text
        for name, found in names.items()
        if name in payload
        for text in find_secret_texts({name: payload[name]}, found)
    ]
