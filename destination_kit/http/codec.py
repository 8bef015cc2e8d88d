"""Bodies of requests and answers: JSON as JavaScript writes it, and whatever a partner says."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, NoReturn

from destination_kit._json import MISSING, Json
from destination_kit._redact import masked
from destination_kit.http_interface import Response

if TYPE_CHECKING:
    from destination_kit._redact import Redact


def encode(value: Json) -> bytes:
    """Return JSON as JavaScript would send it: compact, undefined and non-finite numbers null."""
    try:
        text = _ENCODE(value)
    except ValueError:
        text = _ENCODE(_finite(value))
    return text.encode("utf-8", "replace")


def _plain(value: object) -> object:
    if value is MISSING:
        return None
    if isinstance(value, Mapping):
        return dict(value)
    msg = f"{type(value).__name__} is not JSON"
    raise TypeError(msg)


_ENCODE: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, default=_plain
).encode


def _finite(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read(status: int, headers: Mapping[str, str], content: bytes, redact: Redact) -> Response:
    """Return what an answer says: its JSON, else its text, with our own secrets masked."""
    body = _shown_body(content.decode("utf-8", "replace"), redact)
    shown = {name.lower(): redact(value) for name, value in headers.items()}
    return Response(status, shown, body, retry_after(headers.get("retry-after", "")))


def _shown_body(text: str, redact: Redact) -> Json:
    """Return the body without secrets, which is searched part by part only where that must be.

    A JSON text without escapes and fractions holds every part as it will be read.
    """
    if text and "\\" not in text and redact(text) == text:
        with suppress(ValueError, RecursionError):
            body: Json = _VERBATIM.decode(text)
            return body
    return masked(_body(text), redact)


def _refuse(number: str) -> NoReturn:
    raise ValueError(number)


_VERBATIM: Final = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)


def _body(text: str) -> Json:
    try:
        body: Json = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
    return body


def retry_after(text: str) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or as an HTTP date."""
    if not text:
        return None
    try:
        return max(0.0, float(text)) if math.isfinite(float(text)) else None
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
