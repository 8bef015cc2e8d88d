"""Ids of events: `messageId`, `userId` and `anonymousId`, as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from destination_kit._javascript import to_string, type_name
from destination_kit._python_values import NotJsonError, to_json

if TYPE_CHECKING:
    from destination_kit._json import JsonObject


def read_id(event: JsonObject, name: str) -> str | None:
    """Return an id of an event as text, None where the event has none.

    A number is the id that JavaScript writes for it: 5 and "5" are equal. Empty text and 0 are no
    ids, since sources write them where they have none; nor are true, an object and an array.
    """
    value = event.get(name)
    if value is None or type(value) is str:
        return value or None
    try:
        converted = to_json(value)
    except NotJsonError:
        return None
    # A source that writes 0 in each event would otherwise lose all but the first as duplicates.
    is_number = type_name(converted) == "number" and math.isfinite(converted) and converted != 0
    return to_string(converted) if is_number or type_name(converted) == "string" else None
