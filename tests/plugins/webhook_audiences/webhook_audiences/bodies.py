"""Bodies of requests: the extra fields of an audience, and the signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import NoReturn

from destination_kit import IntegrationError, Json, JsonObject, stringify_json


def parse_extras(text: Json) -> JsonObject:
    """Return the fields of an audience's setting `extras`, which holds a JSON object as text."""
    if not text:
        return {}
    try:
        extras = json.loads(str(text), parse_constant=_refuse)
    except ValueError:
        extras = None
    if not isinstance(extras, dict):
        raise IntegrationError("extras must be a JSON object", "INVALID_REQUEST_DATA", 400)
    return extras


def _refuse(constant: str) -> NoReturn:
    # JSON has no NaN and no Infinity; Python would take both.
    raise ValueError(constant)


def sign(secret: str, body: Json) -> str:
    """Return the HMAC of a body as the client sends it, in hexadecimal digits."""
    text = stringify_json(body) or ""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest()
