"""A schema with a part of each kind that the tests of this folder look for."""

from __future__ import annotations

SCHEMA = {
    "type": "object",
    "required": ["email"],
    "properties": {
        "email": {"type": "string", "title": "Email", "default": {"@path": "$.email"}, "x-category": "who"},
        "plan": {"type": "string", "enum": ["a", "b"], "default": None},
        "tags": {"type": "array", "items": {"type": "string", "default": "x"}},
        "address": {"type": "object", "properties": {"city": {"type": "string", "default": "Rome"}}},
        "key": {"type": "string", "format": "password", "writeOnly": True},
    },
    "allOf": [{"if": {"required": ["plan"]}, "then": {"required": ["tags"]}}],
}  # fmt: skip
