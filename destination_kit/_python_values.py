"""Python values that JSON lacks: what an event means by them, and which are refused.

A host builds events in Python, and their values reach payloads, texts and triggers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from destination_kit._json import Missing

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

JSON_TYPES: Final[frozenset[type]] = frozenset(
    {str, int, float, bool, type(None), dict, list, Missing}
)
"""Types of the values that are JSON as they are."""

_SCALAR_TYPES: Final = JSON_TYPES - {dict, list}
_ADVICE: Final = {
    "set": "make it a list",
    "frozenset": "make it a list",
    "bytes": "decode it to text",
    "bytearray": "decode it to text",
    "memoryview": "decode it to text",
}
_MAX_EXPONENT: Final = 308  # the largest exponent of a double


class NotJsonError(TypeError):
    """A Python value that stands for no JSON value."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        #: Keys that lead to the value; containers add theirs while the error rises.
        self.steps: tuple[str | int, ...] = ()


def to_json(value: object) -> Any:
    """Return the JSON value that a Python value stands for; members of containers stay.

    An aware `datetime` is ISO 8601 in UTC, a `date` YYYY-MM-DD, a `UUID` its text, and a sequence a
    list. A `Decimal` is an int or a float; one whose digits no float holds stays a `Decimal`.
    Raises `NotJsonError` for any other value that is not JSON.
    """
    if type(value) in JSON_TYPES or isinstance(value, Mapping):
        return value
    # A member of `StrEnum` or `IntEnum` is the text or number that it equals, as it is for `json`.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return list(value)
    return _convert(value)


def _convert(value: Any) -> Any:
    # `dkit list` needs none of these, and `decimal` and `uuid` would delay it by 5 ms.
    from datetime import date, datetime
    from uuid import UUID

    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return _format_datetime(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_decimal(value):
        return _convert_decimal(value)
    kind = type(value).__name__
    advice = _ADVICE.get(kind, "make it text, a number, a list or an object")
    raise NotJsonError(f"a Python {kind} is not JSON: {advice}")


def is_decimal(value: object) -> bool:
    """Return whether a value is a `Decimal`."""
    if type(value) in JSON_TYPES:
        return False
    from decimal import Decimal

    return isinstance(value, Decimal)


def _format_datetime(moment: datetime) -> str:
    from datetime import UTC

    if moment.utcoffset() is None:
        message = "a Python datetime without a time zone is not JSON: give it one, such as UTC"
        raise NotJsonError(message)
    try:
        return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
    except OverflowError:
        message = f"{moment.isoformat()} is beyond the years 1 to 9999 in UTC"
        raise NotJsonError(message) from None


def _convert_decimal(number: Any) -> int | float | Decimal:
    if not number.is_finite() or number.adjusted() > _MAX_EXPONENT:
        raise NotJsonError(
            f"the Decimal {str(number)[:40]} is no number that JSON readers can hold"
        )
    if (whole := int(number)) == number:
        return whole
    nearest = float(number)
    return nearest if type(number)(repr(nearest)) == number else number


def join_keys(members: Mapping[Any, object]) -> str:
    """Return the joined keys of an object; raise `NotJsonError` for a key that is no text."""
    try:
        return "".join(members)
    except TypeError:
        key = next(key for key in members if not isinstance(key, str))
        message = f"the key {key!r:.40} is of the type {type(key).__name__}, not text"
        raise NotJsonError(message) from None


def check_keys(value: object) -> None:
    """Raise `NotJsonError` for a key of an object, at any depth, that is no text."""
    if isinstance(value, Mapping):
        join_keys(value)
        value = list(value.values())
    if isinstance(value, list | tuple):
        for member in value:
            if type(member) not in _SCALAR_TYPES:
                check_keys(member)
