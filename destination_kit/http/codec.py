"""Bodies of requests and responses.

Requests are JSON as JavaScript writes it, in which half a surrogate pair is replaced. Responses are
JSON or text, in which secrets are masked.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, NoReturn

from destination_kit._backoff import LONGEST_WAIT
from destination_kit._javascript import stringify_json
from destination_kit._json import Json, Value
from destination_kit._redact import mask_json
from destination_kit.http_interface import Response

if TYPE_CHECKING:
    from destination_kit._redact import Redact


def encode_json(value: Value) -> bytes:
    """Return JSON as JavaScript's `JSON.stringify` writes it, in UTF-8.

    It is compact; undefined and numbers that are not finite are null. Raises `TypeError` for a
    value that is not JSON, `LongIntegerError` for an integer that Python does not write as text.
    """
    try:
        text = stringify_json(value) or "null"
    except ValueError as error:
        if is_of_long_integer(error):
            raise LongIntegerError(str(error)) from None
        raise
    # A text of JavaScript can hold half of a surrogate pair, which UTF-8 cannot encode. Without
    # "replace" it would fail the whole request.
    return text.encode("utf-8", "replace")


class LongIntegerError(ValueError):
    """An integer in a payload has more than 4,300 digits (sys.set_int_max_str_digits)."""


def is_of_long_integer(error: BaseException) -> bool:
    """Return whether Python refused to make text of an integer, or an integer of text."""
    return type(error) is ValueError and "integer string conversion" in str(error)


def decode_response(
    status: int, headers: Mapping[str, str], content: bytes, redact: Redact
) -> Response:
    """Return a response with its body as JSON, else as text, in which secrets are masked."""
    body = _decode_body(_decode_text(content), redact)
    shown = _mask_headers({name.lower(): value for name, value in headers.items()}, redact)
    retry_after = parse_retry_after(headers.get("retry-after", ""), headers.get("date", ""))
    return Response(status, shown, body, retry_after)


def _mask_headers(headers: Mapping[str, str], redact: Redact) -> Mapping[str, str]:
    # Most responses hold no secret, and one search is faster than one per header.
    text = "\n".join((*headers, *headers.values()))
    if redact(text) == text:
        return headers
    return {redact(name): redact(value) for name, value in headers.items()}


def _decode_text(content: bytes) -> str:
    """Return the text of a body: UTF-8, or what its byte order mark says."""
    # Only a body with a mark begins with one of these bytes. JSON has no mark (RFC 8259, section
    # 8.1), and its parser refuses a text with one, but servers on Windows write it.
    encoding = json.detect_encoding(content) if content[:1] in _MARKS else "utf-8"
    return content.decode(encoding, "replace")


_MARKS: Final = (b"\xef", b"\xfe", b"\xff")


def _decode_body(text: str, redact: Redact) -> Json:
    # A search of 900 characters takes 1 µs, masking each text of the body 18 µs. An escape or a
    # fraction could hide a secret from the search: 1e2 is read as 100.0.
    if text and "\\" not in text and redact(text) == text:
        with suppress(ValueError, RecursionError):
            body: Json = _VERBATIM.decode(text)
            return body
    return mask_json(_parse_body(text), redact)


def _refuse(number: str) -> NoReturn:
    raise ValueError(number)


_VERBATIM: Final = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)


def _parse_body(text: str) -> Json:
    try:
        body: Json = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
    return body


def parse_retry_after(text: str, date: str = "") -> float | None:
    """Return the seconds of a Retry-After header: a number or an HTTP date (RFC 9110, 10.2.3).

    A date is read against the header Date of the same response, so that a wrong clock on either
    side does not matter; without a readable one, against this machine's clock.

    Return None where it names no time to wait: it is missing, below a second or in the past, longer
    than `LONGEST_WAIT`, or any other text. The caller's own backoff applies then.
    """
    if not text:
        return None
    text = text[:_MAX_TIME_LENGTH].strip()
    seconds = float(text) if _SECONDS.fullmatch(text) else _seconds_between(date, text)
    return seconds if _SHORTEST_WAIT <= seconds <= LONGEST_WAIT else None


# The header counts whole seconds. A partner that sends 0 and refuses again would be called without
# a pause: 756 calls in 88 s instead of 16.
_SHORTEST_WAIT: Final = 1.0
# `float` reads "1_0", "1e5", "nan" and Arabic digits too, which are no delay of RFC 9110. Some
# partners send a fraction.
_SECONDS: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?")
# A longer text names no time, and a parser would take long for it. The longest form of an HTTP date
# has 33 characters (RFC 9110, section 5.6.7).
_MAX_TIME_LENGTH: Final = 64


def _seconds_between(date: str, later: str) -> float:
    end = _parse_date(later)
    start = _parse_date(date[:_MAX_TIME_LENGTH]) or datetime.now(UTC)
    return (end - start).total_seconds() if end else math.nan


def _parse_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    # The form of asctime has no zone, and is in UTC as every HTTP date is.
    return date if date.tzinfo else date.replace(tzinfo=UTC)
