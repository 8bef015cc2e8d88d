"""Warnings of numbers that can hardly be the date that they are read as, one per field."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from destination_kit.fields import find_doubtful_epoch

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.runtime.dispatch import CompiledSubscription

logger = logging.getLogger("destination_kit")


class DateWarnings:
    """The fields of an open instance that have been warned of.

    A day number of a spreadsheet is a valid epoch, as far as the reference and the schema can tell.
    So the event is delivered, and its operator is warned once, not for each event.
    """

    def __init__(self) -> None:
        self._warned: set[tuple[str, str]] = set()

    def check(self, compiled: CompiledSubscription, payload: JsonObject) -> None:
        """Log the date fields of a payload whose number is doubtful."""
        for field in compiled.date_fields:
            value = payload.get(field)
            # ISO 8601 begins with a year of four digits and a hyphen, and most dates are written so.
            if type(value) is str and value[4:5] == "-":
                continue
            key = (compiled.name, field)
            if key not in self._warned and (moment := find_doubtful_epoch(value)):
                self._warned.add(key)
                # Logs hold no values of payloads, so the number itself stays out.
                logger.warning(
                    "%s: %s has a number that is read as a date of the year %d. If it is a day"
                    " number of a spreadsheet or a date without hyphens, map it as YYYY-MM-DD."
                    " Later events are not checked for this.",
                    compiled.name,
                    field,
                    moment.year,
                )
