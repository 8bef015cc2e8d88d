"""Texts of the forms by key, so that a translation replaces each of them.

A field has its key in `i18n`, as JSON Forms reads it: `KEY.label` and `KEY.description` are its
texts. A choice has one too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from destination_kit._json import as_array, as_object

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_KEY = "i18n"
_TEXTS = {
    "title": "label",
    "description": "description",
    "x-placeholder": "placeholder",
    "x-category": "category",
}


def add_text_keys(schema: JsonObject, key: str) -> dict[str, Any]:
    """Return the schema of a form with a key for each of its fields and choices."""
    keyed = {**schema, "properties": _add_to_fields(as_object(schema.get("properties")), key)}
    definitions = {
        name: _add_to_definition(name, choice)
        for name, choice in as_object(schema.get("definitions")).items()
    }
    if "properties" not in schema:
        del keyed["properties"]
    return keyed | ({"definitions": definitions} if definitions else {})


def _add_to_fields(fields: JsonObject, key: str) -> dict[str, Any]:
    return {
        name: _add_to_field(as_object(field), f"{key}.{name}") for name, field in fields.items()
    }


def _add_to_field(field: JsonObject, key: str) -> dict[str, Any]:
    keyed: dict[str, Any] = {_KEY: key, **field}
    if "oneOf" in field:
        keyed["oneOf"] = [
            _add_to_choice(as_object(choice), key) for choice in as_array(field["oneOf"])
        ]
    return keyed


def _add_to_choice(choice: JsonObject, key: str) -> dict[str, Any]:
    if "title" not in choice:
        return {**choice}
    keyed: dict[str, Any] = {_KEY: f"choice.{_slug(choice['title'])}", **choice}
    if "properties" in choice:
        keyed["properties"] = _add_to_fields(as_object(choice["properties"]), key)
    if isinstance(items := choice.get("items"), Mapping):
        keyed["items"] = _add_to_field(items, f"{key}.items")
    labelled = [as_object(branch) for branch in as_array(choice.get("oneOf"))]
    if labelled and all("const" in branch for branch in labelled):
        keyed["oneOf"] = [{_KEY: f"{key}.{branch['const']}", **branch} for branch in labelled]
    return keyed


def _add_to_definition(name: str, choice: Any) -> Any:
    # The grammar has no texts that a form shows.
    is_choice = isinstance(choice, Mapping) and "title" in choice and name[0].islower()
    if not is_choice or name in (
        "value",
        "composite",
        "directive",
        "branch",
        "branchComposite",
        "branchDirective",
        "alone",
    ):
        return choice
    return {_KEY: f"choice.{_slug(choice['title'])}", **choice}


def _slug(title: Any) -> str:
    return str(title).lower().replace(",", "").replace(" ", "-")


def collect_texts(published: Mapping[str, JsonObject]) -> dict[str, str]:
    """Return key -> text of all published forms."""
    texts: dict[str, str] = {}
    for name, document in published.items():
        if name.endswith((".form.schema.json", "settings.schema.json")):
            texts |= dict(_iter_texts(document))
    return dict(sorted(texts.items()))


def _iter_texts(schema: Any) -> Iterator[tuple[str, str]]:
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from _iter_texts(part)
    if not isinstance(schema, Mapping):
        return
    if isinstance(key := schema.get(_KEY), str):
        for keyword, suffix in _TEXTS.items():
            if isinstance(text := schema.get(keyword), str) and text:
                yield f"{key}.{suffix}", text
    for part in schema.values():
        yield from _iter_texts(part)
