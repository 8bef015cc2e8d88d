"""Filters of base64 and hashes, which work on the UTF-8 of a text."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Final

from destination_kit._surrogates import to_surrogate_pairs, to_well_formed
from destination_kit.mapping.liquid.context import Filter, take_arguments
from destination_kit.mapping.liquid.limits import WorkLimiter
from destination_kit.mapping.liquid.values import LiquidValue, to_text

# `Buffer.from(text, "base64")` of Node reads both alphabets at once and skips other characters
# (https://nodejs.org/docs/latest-v20.x/api/buffer.html#buffers-and-character-encodings).
_URL_SAFE_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_NO_BASE64_DIGITS = re.sub(b"[A-Za-z0-9+/_-]", b"", bytes(range(256)))


def _create_bytes_filter(convert: Callable[[bytes], str]) -> Filter:
    """Return the filter of a function of UTF-8."""

    def apply(limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> str:
        return convert(_to_utf8(value, limiter))

    return apply


def _to_utf8(value: LiquidValue, limiter: WorkLimiter) -> bytes:
    """Return the UTF-8 of a text, with U+FFFD for a lone surrogate as Node writes it."""
    text = to_text(value, limiter)
    # A code unit takes up to three bytes of UTF-8, and three bytes take four characters of base64.
    limiter.reserve_text(len(text) * 4)
    return to_well_formed(text).encode()


def _decode_base64(limiter: WorkLimiter, value: LiquidValue, *_arguments: LiquidValue) -> str:
    text = to_text(value, limiter)
    limiter.reserve_text(len(text))
    # Node 20 reads the low byte of each code unit: `ŁA` (U+0141, U+0041) decodes as `AA`. An
    # encoding as ASCII would drop the `Ł`.
    low_bytes = text.encode("utf-16-le", "surrogatepass")[::2]
    digits = low_bytes.partition(b"=")[0].translate(_URL_SAFE_TO_STANDARD, _NO_BASE64_DIGITS)
    digits = digits[:-1] if len(digits) % 4 == 1 else digits
    decoded = base64.b64decode(digits + b"=" * (-len(digits) % 4)).decode("utf-8", "replace")
    if not decoded.isascii():
        limiter.spend_per_character(len(decoded))
    return to_surrogate_pairs(decoded)


def _hmac_sha256(limiter: WorkLimiter, value: LiquidValue, key: LiquidValue) -> str:
    return hmac.new(_to_utf8(key, limiter), _to_utf8(value, limiter), hashlib.sha256).hexdigest()


FILTERS: Final[Mapping[str, Filter]] = {
    "base64_encode": _create_bytes_filter(lambda content: base64.b64encode(content).decode()),
    "base64_decode": _decode_base64,
    "sha256": _create_bytes_filter(lambda content: hashlib.sha256(content).hexdigest()),
    "hmac_sha256": take_arguments(1, _hmac_sha256),
}
