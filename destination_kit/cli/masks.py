"""Payloads as they may be shown: without secrets, and without the queries of URLs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from destination_kit._redact import MASK, shown_url
from destination_kit.cli.output import compact
from destination_kit.fields import secret_names

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject


def mask_payload(
    payload: JsonObject, fields: JsonObject, redact: Callable[[str], str]
) -> JsonObject:
    """Return a payload in which nothing gives access to anything.

    A field of format `uri` loses its query, since whoever has that of a webhook can call it.
    """
    secret, properties = secret_names(fields), fields.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    masked = {
        name: MASK if name in secret else _mask(value, known.get(name))
        for name, value in payload.items()
    }
    shown: JsonObject = json.loads(redact(compact(masked)))
    return shown


def _mask(value: Json, field: Json) -> Json:
    is_url = isinstance(field, Mapping) and field.get("format") == "uri"
    return shown_url(value) if is_url and isinstance(value, str) else value
