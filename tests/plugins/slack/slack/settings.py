"""The settings of Slack."""

from __future__ import annotations

from destination_kit import JsonObject

SETTINGS: JsonObject = {"type": "object", "properties": {}}
