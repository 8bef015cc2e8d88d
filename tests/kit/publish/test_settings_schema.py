import pytest

from destination_kit.cli.rendering import render_json_line
from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish.settings_schema import build_settings_schema
from tests.kit.publish.forms import to_json

SETTINGS = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": {"type": "string", "title": "Token", "writeOnly": True, "format": "password"},
        "region": {
            "type": "string",
            "default": "eu",
            "oneOf": [{"const": "eu", "title": "Europe"}],
        },
    },
}
SCHEMA = to_json(build_settings_schema(SETTINGS))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"token": "x"}, True),
        ({"token": {"$secret": "TOKEN"}}, True),
        ({"token": {"$secret": "TOKEN"}, "region": "eu"}, True),
        ({"token": "x", "region": {"$secret": "REGION"}}, True),
        ({}, False),
        ({"token": {"$secret": ""}}, False),
        ({"token": {"$secret": "A", "b": 1}}, False),
        ({"token": "x", "region": "us"}, False),
    ],
)
def test_a_setting_is_a_value_or_a_stored_secret(settings, expected):
    assert build_schema_validator(SCHEMA).is_valid(settings) is expected


def test_settings_have_no_defaults_because_they_would_return_to_saved_settings():
    assert "default" not in render_json_line(SCHEMA)
