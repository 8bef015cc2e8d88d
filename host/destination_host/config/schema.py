"""JSON Schema of the configuration, which the distribution brings."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit import JsonObject


def load_schema() -> JsonObject:
    """Return the schema; its reference to `instance.schema.json` is to a schema of the kit."""
    text = (files("destination_host") / "schemas" / "host.schema.json").read_text(encoding="utf-8")
    schema: JsonObject = json.loads(text)
    return schema
