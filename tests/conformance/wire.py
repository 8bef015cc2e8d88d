"""The lines that the oracle and the port exchange: JSON, with tags for what JSON cannot say."""

from __future__ import annotations

import json
import math
from typing import Any

from destination_kit._json import MISSING

TAG = "$js"
_SPECIAL = {
    "undefined": MISSING,
    "NaN": math.nan,
    "Infinity": math.inf,
    "-Infinity": -math.inf,
    "-0": -0.0,
}
_TAG_SIZE = 2  # a tag stands alone or beside one `value`


def loads(line: str) -> Any:
    """Read one line as JavaScript would: `-0` stays negative. Integers keep all their digits."""
    return json.loads(line, parse_int=_integer)


def dumps(value: object) -> str:
    """Write one line in ASCII, so that nothing inside it can look like the end of a line."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def decode(value: object) -> Any:
    """Replace tags by the values they stand for. A tag unknown here is a `ValueError`."""
    if isinstance(value, list):
        return [decode(each) for each in value]
    if not isinstance(value, dict):
        return value
    tag = value.get(TAG)
    if not isinstance(tag, str) or len(value) > _TAG_SIZE:
        return {key: decode(each) for key, each in value.items()}
    if tag not in _SPECIAL:
        raise ValueError(f"a request cannot carry {TAG} {tag!r}")
    return _SPECIAL[tag]


def encode(value: object) -> Any:
    """Replace what JSON cannot say by tags; the reverse of `decode`. Tags stay what they are."""
    if value is MISSING:
        return {TAG: "undefined"}
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        return {key: encode(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [encode(each) for each in value]
    return value


def _integer(digits: str) -> float:
    return -0.0 if digits == "-0" else int(digits)


def _number(value: float) -> object:
    if math.isnan(value):
        return {TAG: "NaN"}
    if math.isinf(value):
        return {TAG: "Infinity" if value > 0 else "-Infinity"}
    return {TAG: "-0"} if value == 0 and math.copysign(1, value) < 0 else value
