from __future__ import annotations

from destination_kit.fields import collect_defaults, collect_secret_names
from tests.kit.fields.sample_schema import SCHEMA


def test_defaults_are_those_of_the_top_level_and_null_is_none():
    assert collect_defaults(SCHEMA) == {"email": {"@path": "$.email"}}


def test_secrets_are_found_at_any_depth():
    nested = {"properties": {"list": {"items": {"properties": {"pin": {"writeOnly": True}}}}}}
    assert collect_secret_names(SCHEMA) == {"key"}
    assert collect_secret_names(nested) == {"pin"}
