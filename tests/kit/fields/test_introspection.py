from __future__ import annotations

from destination_kit.fields import collect_defaults, collect_secret_names
from destination_kit.fields.introspection import compile_secret_finder, list_types
from tests.kit.fields.sample_schema import SCHEMA


def test_defaults_are_those_of_the_top_level_and_null_is_none():
    assert collect_defaults(SCHEMA) == {"email": {"@path": "$.email"}}


def test_secrets_are_found_at_any_depth():
    nested = {"properties": {"list": {"items": {"properties": {"pin": {"writeOnly": True}}}}}}
    assert collect_secret_names(SCHEMA) == {"key"}
    assert collect_secret_names(nested) == {"pin"}


def test_only_the_secrets_of_a_payload_are_found_in_it():
    properties = {
        "pin": {"writeOnly": True},
        "word": {"format": "password"},
        "hook": {"format": "uri"},
        "asked": {"x-request-url": True},
        "open": {"writeOnly": False, "format": "date"},
    }
    payload = {"pin": "1234", "word": "s3cret", "hook": "https://a.test/?t=tok", "open": "x"}
    find = compile_secret_finder({"properties": properties})
    assert {"1234", "s3cret"} <= set(find(payload))
    assert any("tok" in text for text in find(payload))
    assert any("abc" in text for text in find({"asked": "https://a.test/?k=abc"}))
    assert find({"open": "x"}) == []
    assert compile_secret_finder({"properties": {"open": {}}})(payload) == []


def test_no_secret_is_sought_in_the_data_of_a_schema():
    lists = {"enum": [{"properties": {"pin": {"writeOnly": True}}}]}
    named = {"definitions": {"enum": {"properties": {"pin": {"writeOnly": True}}}}}
    assert collect_secret_names({"properties": {"a": lists}}) == frozenset()
    assert collect_secret_names(named) == {"pin"}
    assert collect_secret_names({"oneOf": [named]}) == {"pin"}


def test_types_keep_their_order():
    assert list_types({"type": ["string", "null"]}) == ("string", "null")
    assert list_types({"type": "string"}) == ("string",)
    assert list_types({}) == ()
