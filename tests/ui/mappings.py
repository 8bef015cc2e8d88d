"""Mappings and settings as they are saved: what a form loads, and must give back as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from destination_kit import Catalog, ConfigurationError
from destination_kit.mapping import DIRECTIVES
from destinations.qualtrics import QUALTRICS

Json = dict[str, Any]

_PATH = {"@path": "$.properties.required"}
_VALUES: Json = {"number": 1, "integer": 1, "boolean": True, "array": [], "object": {}}
#: Values of a field that a form has to keep, whatever the kit makes of them.
_ODD = (
    "two\nlines",
    "  blanks around  ",
    {"@path": "$.a", "_metadata": {"kept": True}},
    {"@if": {"else": "EN", "then": {"@path": "$.a"}, "exists": {"@path": "$.a"}}},
    {"@if": {"exists": {"@path": "$.a"}, "then": {"@template": "x"}, "else": ""}},
    {"@arrayPath": ["$.products"]},
    {"@arrayPath": ["$.products", {}]},
    {"@arrayPath": ["$.products", {"sku": {"@path": "$.id"}, "n": 1.5, "deep": {"a": [1]}}]},
    {"@literal": {"@path": "$.a"}},
    5,
    True,
    ["one"],
)


def defaults(fields: Json) -> Json:
    """Return what a new mapping starts with."""
    properties = fields.get("properties", {}).items()
    return {
        name: field["default"] for name, field in properties if field.get("default") is not None
    }


def saved(
    fields: Json, presets: Sequence[Any], *, of_qualtrics: bool, slug: str
) -> Iterator[tuple[str, str, Json]]:
    """Yield (name, role of its form, mapping) of saved mappings of an action."""
    start = defaults(fields)
    yield "defaults", "form", _complete(fields, start)
    for number, preset in enumerate(presets):
        yield (
            f"preset {number}",
            "form",
            _complete(fields, json.loads(json.dumps(preset, default=dict))),
        )
    missing = {name: _PATH for name in fields.get("required", ()) if name not in start}
    yield "nothing but what has no default", "partial", missing
    optional = [name for name in start if name not in fields.get("required", ())]
    yield "defaults taken away", "partial", missing | dict.fromkeys(optional)
    yield "defaults written out", "partial", _complete(fields, start)
    if of_qualtrics:
        yield from _of_qualtrics(fields, slug)


def _of_qualtrics(fields: Json, slug: str) -> Iterator[tuple[str, str, Json]]:
    base = _complete(fields, {})
    [text] = [name for name in ("firstName", "workflowUrl") if name in fields["properties"]]
    [open_map] = [
        name
        for name in ("embeddedData", "transactionData", "eventPayload")
        if name in fields["properties"]
    ][:1]
    examples = [
        example.mapping for directive in DIRECTIVES.values() for example in directive.examples
    ]
    for number, value in enumerate([*examples, *_ODD]):
        if slug == "addContactToXmd" and _is_taken(slug, base | {text: value}):
            yield f"text {number}", "form", base | {text: value}
        yield f"open map {number}", "form", base | {open_map: {"x": value, "list": [value]}}
    document = json.loads(
        (files("destinations.qualtrics") / "samples" / "instance.json").read_text(encoding="utf-8")
    )
    for subscription in document["subscriptions"]:
        if subscription["action"] == slug:
            role = "partial" if subscription.get("useDefaultMapping") else "form"
            yield "samples/instance.json", role, subscription["mapping"]


def _is_taken(slug: str, mapping: Json) -> bool:
    subscription = {"action": slug, "trigger": 'type = "track"', "mapping": mapping}
    settings = {"apiToken": "made-up", "datacenter": "iad1"}
    document = {
        "destination": QUALTRICS.slug,
        "settings": settings,
        "subscriptions": [subscription],
    }
    try:
        return not Catalog.of(QUALTRICS).configure(document).problems
    except ConfigurationError:
        return False


def _complete(fields: Json, mapping: Json) -> Json:
    required = {name: _PATH for name in fields.get("required", ()) if name not in mapping}
    return {**mapping, **required}


def settings(schema: Json) -> Iterator[Json]:
    """Yield settings with stored secrets, once those that are required, once all of them."""
    for names in (schema.get("required", ()), schema.get("properties", ())):
        fields = {name: schema["properties"][name] for name in names}
        yield {name: _setting(name, field) for name, field in fields.items()}


def _setting(name: str, field: Json) -> Any:
    if field.get("default") is not None:
        return field["default"]
    if options := field.get("oneOf"):
        return options[-1]["const"]
    if field.get("writeOnly") or "pattern" in field or "format" in field:
        return {"$secret": f"THE_{name}"}
    return _VALUES.get(str(field.get("type")), "a value")
