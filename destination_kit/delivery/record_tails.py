"""Record tails: the end of a file of records, where a killed run can leave half a record."""

from __future__ import annotations

import json
from typing import Final

# `result_record` and `create_dead_letter` write the number of the line first.
_START: Final = b'{"line": '


def is_whole_record(tail: bytes) -> bool:
    """Return whether bytes without a line break are a whole JSON object.

    An editor can take away the last line break of a file. No part of an object is an object, so
    nothing of such a record is missing.
    """
    try:
        return isinstance(json.loads(tail), dict)
    except (ValueError, RecursionError):
        return False


def is_half_record(tail: bytes) -> bool:
    """Return whether bytes without a line break are the start of a record.

    Anything else belongs to a file of something else, which nothing may be cut off from.
    """
    # Where the machine lost its power, a file can end in zero bytes.
    text = tail.rstrip(b"\0")
    return text.startswith(_START) or _START.startswith(text)
