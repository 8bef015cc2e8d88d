from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from destination_kit.fields import FORMATS, load_metaschema
from destination_kit.fields.schema_files import read_metaschema
from destination_kit.schema_checks import load_metaschema_validator

SCHEMAS = Path(__file__).parents[2] / "schemas"
NAMES = (
    *("action", "choices", "destination", "event", "field"),
    *("host", "instance", "mapping", "result"),
)
ACTION = {"title": "Send", "fields": {"type": "object", "properties": {"a": {"type": "string"}}}}
SENT = {"line": 1, "lowWater": 1, "status": "delivered", "results": [{"subscription": "s", "action": "a", "status": "delivered"}]}  # fmt: skip
FAILED = {"subscription": "s", "action": "a", "status": "failed"}
INSTANCE = {
    "destination": "d",
    "settings": {"key": {"$secret": "KEY"}, "n": 1},
    "subscriptions": [{"action": "a", "mapping": {"x": {"@path": "$.x"}}}],
}
HOST = {
    "sources": {"web": {"writeKeys": [{"$secret": "KEY"}], "destinations": ["d", "f"]}},
    "destinations": {"d": INSTANCE, "f": {"file": "instance.json"}},
}
DESTINATION = {"slug": "acme-web", "name": "Acme", "settings": {"type": "object"}, "actions": {"a": ACTION}}  # fmt: skip

GOOD = [
    ("field", {"type": "string", "format": "date-like", "x-dynamic": True, "default": {"@path": "$.a"}}),
    ("field", {"type": "object", "properties": {"a": {"x-depends-on": {"conditions": [{"fieldKey": "b", "operator": "is"}]}}}}),
    ("field", {"type": "object", "x-dynamic": {"parts": ["__keys__", "sku"]}}),
    ("choices", {"request": {"field": "a", "settings": {}}, "response": {"choices": [], "next_page": None}}),
    ("action", ACTION),
    ("action", {**ACTION, "trigger": None, "batch": {"count": 10}, "syncMode": {"oneOf": [{"const": "add"}]}}),
    ("action", {**ACTION, "hooks": {"onSave": {"title": "Save", "inputs": {"type": "object"}}}}),
    ("destination", {**DESTINATION, "audience": {"mode": "synced", "fullSync": True}}),
    ("destination", DESTINATION),
    ("destination", {**DESTINATION, "presets": [{"name": "p", "action": "a", "mapping": {"a": 1}}]}),
    ("mapping", {"a": "x", "b": {"@if": {"exists": {"@path": "$.a"}, "then": 1, "else": [{"@literal": {}}]}}}),
    ("mapping", {"@path": "$.a", "__segment_internal_directive": {}}),
    ("mapping", {"b": {"@arrayPath": ["$.l", {"c": {"@template": "{{x}}"}}]}}),
    ("instance", INSTANCE),
    ("instance", {**INSTANCE, "name": "n", "allowedHosts": ["crm.example.com"], "consent": ["Ads"]}),
    ("host", HOST),
    ("host", {**HOST, "limits": {"bodyTimeout": "10s"}, "listen": {"ingress": {"port": 0}}}),
    ("event", {"type": "track", "event": "Done", "userId": None, "timestamp": "2024-01-02T03:04:05Z"}),
    ("event", {"type": "identify", "more": 1}),
    ("result", SENT),
    ("result", {**SENT, "status": "failed", "results": [{**FAILED, "code": "X", "message": "no", "retryAfter": None}]}),
    ("result", {"line": 2, "lowWater": 0, "status": "skipped", "results": [], "reason": "nothing matched"}),
]  # fmt: skip

BAD = [
    ("field", {"type": "email"}, "/type"),
    ("field", {"type": "string", "x-dynmaic": True}, ""),
    ("field", {"properties": {"a": {"minLength": -1}}}, "/properties/a/minLength"),
    ("action", {"title": "x"}, ""),
    ("action", {**ACTION, "hooks": {"onSave": {"inputs": {"type": "object"}}}}, "/hooks/onSave"),
    ("action", {**ACTION, "fields": {"properties": {"a": {"type": "x"}}}}, "/fields/properties/a/type"),
    ("destination", {**DESTINATION, "slug": "No Slug"}, "/slug"),
    ("destination", {**DESTINATION, "actions": {"a": {}}}, "/actions/a"),
    ("mapping", {"@path": "$.a", "@template": "x"}, ""),
    ("mapping", {"@path": 5}, ""),
    ("mapping", {"a": {"@acme": 5}}, ""),
    ("mapping", {"@replace": {"pattern": "", "value": "x"}}, ""),
    ("instance", {**INSTANCE, "settings": {"key": {"$secret": 5}}}, "/settings/key/$secret"),
    ("instance", {**INSTANCE, "subscriptions": [{"action": "a"}] * 51}, "/subscriptions"),
    ("instance", {**INSTANCE, "subscriptions": [{}]}, "/subscriptions/0"),
    ("field", {"x-dynamic": {"part": ["a"]}}, "/x-dynamic"),
    ("choices", {"request": {"field": "a", "settings": {}, "hook": "save"}}, "/request"),
    ("choices", {"response": {"choices": []}}, "/response"),
    ("choices", {"response": {"choices": ["a"], "next_page": None}}, "/response/choices/0"),
    ("host", {}, ""),
    ("host", {**HOST, "sources": {"web": {"writeKeys": ["plain"]}}}, "/sources/web/writeKeys/0"),
    ("host", {**HOST, "destinations": {"d": {}}}, "/destinations/d"),
    ("event", {"type": "click"}, "/type"),
    ("event", {"type": "track"}, ""),
    ("result", {**SENT, "line": 0}, "/line"),
    ("result", {**SENT, "results": [FAILED]}, "/results/0"),
]  # fmt: skip


def test_these_are_all_the_metaschemas():
    assert {each.name for each in SCHEMAS.glob("*.schema.json")} == {
        f"{name}.schema.json" for name in NAMES
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_metaschema_is_valid_itself_and_names_itself(name):
    schema = load_metaschema(name)
    assert list(load_metaschema_validator("draft-07").iter_errors(schema)) == []
    assert schema["$id"] == f"https://destination-kit.invalid/schemas/{name}.schema.json"
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", NAMES)
def test_every_property_of_a_metaschema_is_explained(name):
    assert list(unexplained(load_metaschema(name))) == []


def unexplained(schema, *at):
    """Yield the places of properties that refer to nothing and have no title and description."""
    for name, each in schema.get("properties", {}).items():
        if not ("$ref" in each or {"title", "description"} <= each.keys()):
            yield (*at, name)
        yield from unexplained(each, *at, name)
    for name, each in schema.get("definitions", {}).items():
        yield from unexplained(each, *at, name)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from unexplained(schema[key], *at, key)


@pytest.mark.parametrize(("name", "document"), GOOD)
def test_a_metaschema_takes_a_good_document(name, document):
    assert [each.message for each in load_metaschema_validator(name).iter_errors(document)] == []


@pytest.mark.parametrize(("name", "document", "place"), BAD)
def test_a_metaschema_refuses_a_bad_document_at_its_place(name, document, place):
    errors = load_metaschema_validator(name).iter_errors(document)
    assert place in {"".join(f"/{step}" for step in each.absolute_path) for each in errors}


def test_the_field_metaschema_knows_exactly_our_formats():
    assert load_metaschema("field")["properties"]["format"]["enum"] == sorted(FORMATS)


@pytest.mark.parametrize("where", ["package/schemas", "schemas"])
def test_metaschemas_are_found_inside_a_wheel_and_beside_a_checkout(tmp_path, where):
    package = tmp_path / "package"
    package.mkdir()
    shutil.copytree(SCHEMAS, tmp_path / where)
    expected = json.loads((SCHEMAS / "event.schema.json").read_text(encoding="utf-8"))
    assert read_metaschema("event", package) == expected


def test_an_unknown_metaschema_is_not_found():
    with pytest.raises(FileNotFoundError):
        load_metaschema("nothing")
