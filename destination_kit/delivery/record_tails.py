"""Record tails: the end of a file of records, where a killed run can leave half a record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Final

from destination_kit.delivery.lines import MAX_LINE_BYTES

#: Bytes of the longest record that is read whole.
# A file of something else can be one line of gigabytes. The largest dead letter holds a line that
# was too long, with its quotes as escapes.
MAX_RECORD_BYTES: Final = 8 * MAX_LINE_BYTES

# `result_record` and `create_dead_letter` write the number of the line first.
_START: Final = b'{"line": '


def read_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file of records; a longer line than any record in pieces."""
    while line := file.readline(MAX_RECORD_BYTES):
        yield line


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
