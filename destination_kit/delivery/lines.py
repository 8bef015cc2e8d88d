"""Lines: the text of one event each, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

#: Bytes of the largest event.
# Segment accepts up to 32 KB an event
# (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size),
# so 1 MB refuses none of its events.
MAX_EVENT_BYTES = 1_000_000
#: Bytes of the longest line that is read whole.
# A line without end would fill the memory. A dead letter holds an event and why it failed, and JSON
# can write a character of two bytes as an escape of six.
MAX_LINE_BYTES = 8 * MAX_EVENT_BYTES


@dataclass(frozen=True, slots=True)
class Location:
    """Where an event stands in its file."""

    #: The line on which it starts, from 1.
    line: int
    #: The character of that line at which it starts, from 1.
    column: int = 1
    #: The path of the file; None where a run reads one input only.
    file: str | None = None
    #: JSON Pointer to the event in the array or envelope that holds it, else empty.
    pointer: str = ""

    def __str__(self) -> str:
        file = f"{self.file}, " if self.file else ""
        column = f", column {self.column}" if self.column > 1 else ""
        return f"{file}line {self.line}{f', {self.pointer}' if self.pointer else column}"


@dataclass(frozen=True, slots=True)
class Line:
    """The text of one event: a line of JSON lines, an element of an array or envelope."""

    #: Position in all inputs, from 1. It is the line where each event has a line of one file; blank
    #: lines count. In an array it is the place of the element.
    number: int
    #: The bytes without the line break, at most `MAX_LINE_BYTES` of them.
    content: bytes = field(repr=False)
    #: Whether the line is longer than `MAX_LINE_BYTES`, so that `content` is its start only.
    is_truncated: bool = False
    #: Where the event stands; None for the line `number`.
    location: Location | None = None
    #: What is wrong with the event, where that shows before its text is parsed; else empty.
    fault: str = ""
    #: Whether the file ends in this line, without a line break: more of it may be written.
    is_unterminated: bool = False

    @property
    def digest(self) -> str:
        """Hash of the text: a line is known by it, wherever it stands."""
        return blake2b(self.content, digest_size=12).hexdigest()

    @property
    def label(self) -> str:
        """Where the event stands, for a person."""
        return str(self.location) if self.location else f"line {self.number}"
