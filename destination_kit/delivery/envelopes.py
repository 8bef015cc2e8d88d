"""Envelopes of Segment's HTTP API: `{"batch": [event, …], "sentAt": …}` as single events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from destination_kit._json import as_object

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject

#: The key of an envelope that holds its events.
BATCH: Final = "batch"
#: Those of `SHARED_KEYS` that change what becomes of an event.
SHARED_OBJECTS: Final = ("context", "integrations")
_SHARED_VALUES: Final = ("sentAt",)
#: The keys of an envelope that are part of each event in it.
# https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#batch describes
# `context` and `integrations`; Segment's libraries send `sentAt` once for the whole envelope.
SHARED_KEYS: Final = (*SHARED_OBJECTS, *_SHARED_VALUES)


def is_envelope(document: Json) -> bool:
    """Return whether a JSON value is an envelope. An event has a `type`, and an envelope has none."""
    keys = as_object(document)
    return "type" not in keys and isinstance(keys.get(BATCH), list)


def open_envelope(envelope: JsonObject, event: Json) -> Json:
    """Return an event of an envelope with what the envelope says of each; the event's own counts."""
    if not isinstance(event, Mapping):
        return event
    shared = {
        name: {**as_object(envelope[name]), **as_object(event.get(name))}
        for name in SHARED_OBJECTS
        if as_object(envelope.get(name)) and isinstance(event.get(name, {}), Mapping)
    }
    values = {
        name: envelope[name] for name in _SHARED_VALUES if name in envelope and name not in event
    }
    return {**event, **shared, **values} if shared or values else event


def parse_envelope(text: str) -> JsonObject | None:
    """Return the envelope of a JSON text, None for any other text."""
    try:
        document: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and is_envelope(document) else None


def render_event(value: Json) -> str:
    """Return an event of an envelope as the JSON text of a line."""
    text = json.dumps(value, ensure_ascii=False)
    # Lone surrogates travel as escapes (RFC 8259, section 8.2); as characters they would look like
    # bytes that are not UTF-8.
    return text if text.isascii() or not _has_surrogate(text) else json.dumps(value)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
