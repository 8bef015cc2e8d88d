"""A schema with a field of every kind, its form schema and its layouts, as plain JSON."""

import json

from destination_kit.cli.rendering import render_json_line
from destination_kit.fields.checker import build_schema_validator
from destination_kit.publish.form_schema import build_form_schema
from destination_kit.publish.jsonforms import build_form_uischema
from destination_kit.publish.rjsf import build_form_ui_schema


def to_json(document):
    return json.loads(render_json_line(document))


def validator_of(fields, **options):
    """Return the validator of the form of these fields."""
    return build_schema_validator({"$id": ID, **to_json(build_form_schema(fields, ID, **options))})


ID = "https://destination-kit.invalid/schemas/test/act.form.schema.json"
PATH = {"@path": "$.a"}
IF = {"@if": {"exists": PATH, "then": PATH, "else": PATH}}
FIELDS = {
    "type": "object",
    "required": ["email"],
    "additionalProperties": False,
    "properties": {
        "email": {"type": "string", "title": "Email", "description": "See [it](https://e.example).", "format": "email", "default": PATH},
        "note": {"type": "string", "format": "text", "x-placeholder": "Hello"},
        "key": {"type": ["string", "null"], "writeOnly": True},
        "count": {"type": "integer", "minimum": 1},
        "when": {"type": ["string", "number"], "format": "date-like"},
        "plan": {"type": "string", "oneOf": [{"const": "a", "title": "A"}, {"const": "5", "title": "B"}]},
        "tags": {"type": "array", "items": {"type": "string", "title": "Tag"}},
        "data": {"type": "object"},
        "address": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"pin": {"type": "string", "format": "password"}}, "additionalProperties": True}},
        "batch": {"type": "string", "x-hidden": True},
        "any": {"title": "Anything"},
        "source": {"type": "string", "readOnly": True, "default": PATH},
        "zip": {"type": "string", "x-category": "Place"},
        "town": {"type": "string", "x-category": "Place", "x-depends-on": {"conditions": [{"fieldKey": "plan", "operator": "is", "value": "a"}]}},
        "flag": {"type": "boolean"},
        "rate": {"type": "number"},
    },
    "allOf": [{"if": {"required": ["note"]}, "then": {"required": ["key"]}}],
}  # fmt: skip
FORM = to_json(build_form_schema(FIELDS, ID))
RJSF = to_json(build_form_ui_schema(FIELDS))
JSONFORMS = to_json(build_form_uischema(FIELDS))
