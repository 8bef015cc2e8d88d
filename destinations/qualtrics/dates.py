"""The one way in which Qualtrics takes a transaction's date."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from destination_kit import Json, PayloadValidationError, parse_date_like

_WITHOUT_ZONE: Final = len("YYYY-MM-DD HH:MM:SS")


def transaction_date(value: Json, taken: datetime) -> str:
    """Return a date as `YYYY-MM-DD HH:MM:SS` in UTC; None means `taken`, which is UTC.

    Raises `PayloadValidationError` where the value is no date: today would be a guess.
    """
    moment = taken if value is None else parse_date_like(value)
    if moment is None:
        raise PayloadValidationError(f"transactionDate {value!r:.60} cannot be read as a date.")
    return moment.isoformat(" ", "seconds")[:_WITHOUT_ZONE]
