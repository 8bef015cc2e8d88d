"""Event splitter: the text of a file as one `Line` per event, whatever form the file has.

The forms are JSON lines, JSON arrays, objects over several lines, objects in a row, and envelopes
of Segment's HTTP API; a file may mix them. The splitter finds where an event starts and ends.
Whether it is an event is up to `read_event`, so a broken one costs itself only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from destination_kit._json import as_array, as_object
from destination_kit.delivery.envelopes import (
    BATCH,
    SHARED_OBJECTS,
    is_envelope,
    open_envelope,
    parse_envelope,
    render_event,
)
from destination_kit.delivery.lines import MAX_EVENT_BYTES, MAX_LINE_BYTES, Line, Location
from destination_kit.delivery.nesting import Nesting

if TYPE_CHECKING:
    from destination_kit._json import Json

_DECODER: Final = json.JSONDecoder()
# U+2028 and other blanks of Unicode are no blanks of JSON (RFC 8259, section 2), and U+000A alone
# ends a line.
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_SEPARATORS: Final = re.compile(r"[ \t\r\n,]*")
_LINE_BREAK: Final = re.compile(r"\n")
_NEXT_OBJECT: Final = re.compile(r"\n(?=\{)")
_OBJECTS_IN_A_ROW: Final = re.compile(r"\}\s*\{")
_KEY: Final = re.compile(r'[\s,]*"([^"\\]*)"\s*:\s*')
#: Characters before the next event that are kept at most.
_MAX_CONSUMED: Final = 65_536
#: Where the text is cut off, the parser can place its error so many characters before the end, at
#: the start of a word such as `-Infinity` or of `\\ud83d\\ude00`.
_LONGEST_TOKEN: Final = 12


@dataclass(slots=True)
class _Container:
    """An array or envelope whose events are being read."""

    #: Where it starts.
    location: Location
    #: JSON Pointer to the array.
    pointer: str = ""
    #: The keys of the envelope before its events; None for an array.
    envelope: dict[str, Json] | None = None
    #: The number of events so far.
    count: int = 0
    #: Whether the array has ended, and the rest of the envelope is to come.
    is_closed: bool = False


class _MoreNeededError(Exception):
    """The text so far does not show where the event ends."""


@dataclass(slots=True)
class EventSplitter:
    """Splits the text of one file, which arrives in pieces, into lines."""

    #: The path of the file; None where a run reads one input only.
    file: str | None = None
    #: The number of the last line; before the first, that of the last line of earlier files.
    number: int = 0
    #: The line of the file that was reached, from 1.
    line: int = field(default=1, init=False)
    _first_number: int = field(init=False)
    _length: int = field(default=0, init=False)
    _column: int = field(default=1, init=False)
    _text: str = field(default="", init=False)
    _position: int = field(default=0, init=False)
    _is_last: bool = field(default=False, init=False)
    _container: _Container | None = field(default=None, init=False)
    #: What finds the end of an event that is too large, while its text is dropped.
    _skip: Nesting | re.Pattern[str] | None = field(default=None, init=False)

    #: How many characters may still be searched in vain for the ends of broken elements.
    # Each search can take 1 MB. A file of elements without closing brackets would take hours.
    _lookahead: int = field(default=3_000_000, init=False)
    #: Characters from which a large value is parsed again; see `_defer_large`.
    _parse_at: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._first_number = self.number

    @property
    def unclosed(self) -> str:
        """What is wrong with the end of the file; empty where its arrays are closed."""
        if self._container is None:
            return ""
        location = self._container.location
        start = f"line {location.line}, column {location.column}"
        return f"ends inside the array that starts at {start}: it is cut off, or `]` is missing"

    @property
    def share_taken(self) -> float:
        """The share of the text so far that the lines have taken."""
        return 1 - (len(self._text) - self._position) / self._length if self._length else 1.0

    def split(self, text: str | None) -> Iterator[Line]:
        """Yield the lines that end in this piece of text; None stands for the end of the file."""
        self._text = self._text[self._position :] + (text or "")
        self._position, self._is_last = 0, text is None
        self._length += len(text or "")
        try:
            while True:
                yield from self._next()
        except _MoreNeededError:
            return

    def _next(self) -> Iterator[Line]:
        if self._skip:
            self._drop(self._skip)
        container = self._container
        if container and container.is_closed:
            return self._close_envelope()
        blanks = _SEPARATORS if container else _BLANKS
        if found := blanks.match(self._text, self._position):
            self._advance(found.end())
        if self._position == len(self._text):
            raise _MoreNeededError
        return self._next_element(container) if container else self._next_document()

    # Documents: what stands outside of arrays.

    def _next_document(self) -> Iterator[Line]:
        start = self._text[self._position]
        if start == "[":
            self._container = _Container(self._location())
            self._advance(self._position + 1)
            return
        found = _LINE_BREAK.search(self._text, self._position)
        # Empty where the line has not ended, and may go on in the next piece of text.
        line = self._text[self._position : found.start()] if found else ""
        if start != "{":
            yield self._cut_before(_LINE_BREAK)
        # Most files are JSON lines. For these, counting finds the end at a tenth of the price of
        # parsing.
        elif _is_whole(line) and not _OBJECTS_IN_A_ROW.search(line):
            yield from self._cut_object(self._position + len(line))
        else:
            yield from self._next_object(line)

    def _next_object(self, first_line: str) -> Iterator[Line]:
        if self._defer_large() and self._enter_envelope():
            return
        try:
            _, end = _DECODER.raw_decode(self._text, self._position)
        except (ValueError, RecursionError) as error:
            if self._may_go_on(error):
                raise _MoreNeededError from None
            # One broken event of an envelope costs itself only.
            if self._enter_envelope():
                return
            # A broken object can go on below its first line. The next event starts at the start of
            # a line, and what stands before that belongs to the broken one.
            is_one_line = not first_line or _is_whole(first_line)
            yield self._cut_before(_LINE_BREAK if is_one_line else _NEXT_OBJECT)
        else:
            yield from self._cut_object(end)

    def _cut_before(self, pattern: re.Pattern[str]) -> Line:
        """Return what stands before the first match, or before the end of the file, as a line."""
        found = pattern.search(self._text, self._position)
        if found:
            return self._cut(found.start())
        if self._is_last:
            return self._cut(len(self._text))
        if self._is_too_large():
            self._skip = pattern
            return self._cut(len(self._text))
        raise _MoreNeededError

    def _cut_object(self, end: int) -> Iterator[Line]:
        """Yield an object as an event, or the events of an envelope."""
        text = self._text[self._position : end]
        envelope = parse_envelope(text) if f'"{BATCH}"' in text else None
        if envelope is None:
            yield self._cut(end)
            return
        for index, event in enumerate(as_array(envelope[BATCH])):
            location = self._location(f"/{BATCH}/{index}")
            yield self._line(render_event(open_envelope(envelope, event)), location)
        self._advance(end)

    # Elements: what stands in an array or envelope.

    def _next_element(self, container: _Container) -> Iterator[Line]:
        if self._text[self._position] == "]":
            self._advance(self._position + 1)
            container.is_closed = container.envelope is not None
            self._container = container if container.is_closed else None
            return
        # An error of the parser counts the lines before it, from the start of the text.
        if self._position > _MAX_CONSUMED:
            self._text, self._position = self._text[self._position :], 0
        self._defer_large()
        try:
            value, end = _DECODER.raw_decode(self._text, self._position)
        except (ValueError, RecursionError) as error:
            if self._may_go_on(error):
                raise _MoreNeededError from None
            text = self._text[self._position : (end := self._broken_end(error))]
            yield self._cut_element(container, text.rstrip(" \t\r\n,"), end)
            return
        if end == len(self._text) and not self._is_last and not isinstance(value, dict | list):
            raise _MoreNeededError  # a number can go on
        yield from self._element_lines(container, end, value)

    def _element_lines(self, container: _Container, end: int, value: Json) -> Iterator[Line]:
        """Yield an element as an event, or the events of an envelope."""
        if container.envelope:
            text = render_event(open_envelope(container.envelope, value))
            yield self._cut_element(container, text, end)
        elif is_envelope(value):
            events = as_array(as_object(value)[BATCH])
            for index, event in enumerate(events):
                shown = render_event(open_envelope(as_object(value), event))
                is_last = index == len(events) - 1
                yield self._element_line(container, shown, f"/{BATCH}/{index}", counts=is_last)
            self._advance(end)
        else:
            yield self._cut_element(container, self._text[self._position : end], end)

    def _cut_element(self, container: _Container, text: str, end: int) -> Line:
        """Return the element up to a position as the next line."""
        line = self._element_line(container, text)
        self._advance(end)
        return line

    def _element_line(
        self, container: _Container, text: str, pointer: str = "", *, counts: bool = True
    ) -> Line:
        location = self._location(f"{container.pointer}/{container.count}{pointer}")
        container.count += counts
        # A place in the array is what a person counts, so blank lines between events do not count.
        return self._line(text, location, self.number + 1)

    def _broken_end(self, error: Exception) -> int:
        """Return where a broken element ends: at its last bracket, or where the next one starts."""
        nesting = Nesting()
        # The text of a large element is dropped, so to search it takes no longer than to read it.
        if self._lookahead > 0 or self._is_too_large():
            end = nesting.find_end(self._text, self._position)
            if end is not None:
                return max(end, self._position + 1)
            self._lookahead -= nesting.position - self._position
            if not (nesting.is_broken or self._is_last or self._is_too_large()):
                raise _MoreNeededError
            if found := self._element_at_same_indent():
                return found.start()
        if isinstance(error, json.JSONDecodeError) and self._text.startswith("{", error.pos):
            # A `{` where none can stand is the next element. It is never the first character of
            # this one, where the parser takes it.
            return error.pos
        if self._is_too_large() and not nesting.is_broken:
            self._skip = nesting
            return nesting.position
        if self._is_last and not nesting.is_broken and _is_cut_off(error, self._text):
            # The file is cut off in this element. As a broken event it would be final, and a
            # resumed run would not send it from a new copy of the file.
            raise _MoreNeededError
        return max(nesting.position, getattr(error, "pos", 0), self._position + 1)

    def _element_at_same_indent(self) -> re.Match[str] | None:
        """Return where a line starts with an element, as deep as the line of this element."""
        indent = " " * (self._column - 1)
        pattern = re.compile(rf"\n{indent}(?=\{{)|\n(?=\])")
        found = pattern.search(self._text, self._position)
        self._lookahead -= (found.start() if found else len(self._text)) - self._position
        return found

    # Envelopes that are too large to be read whole.

    def _enter_envelope(self) -> bool:
        """Read an envelope up to its events; return False for an object that is none."""
        envelope: dict[str, Json] = {}
        position = self._position + 1
        while (key := _KEY.match(self._text, position)) and key[1] != "type":
            if key[1] == BATCH and self._text[key.end() : key.end() + 1] == "[":
                self._container = _Container(self._location(), f"/{BATCH}", envelope)
                self._advance(key.end() + 1)
                return True
            try:
                envelope[key[1]], position = _DECODER.raw_decode(self._text, key.end())
            except (ValueError, RecursionError):
                return False
        return False

    def _close_envelope(self) -> Iterator[Line]:
        """Read the rest of an envelope behind its events; yield a line where it comes too late."""
        rest = "{" + self._text[self._position :].lstrip(" \t\r\n,")
        try:
            value, end = _DECODER.raw_decode(rest)
        except (ValueError, RecursionError):
            if not self._is_last and not self._is_too_large():
                raise _MoreNeededError from None
            value, end = {}, 1
        self._container = None
        late = [name for name in SHARED_OBJECTS if name in as_object(value)]
        if late:
            fault = (
                f"the envelope cannot be read as a whole, and {' and '.join(late)} after its events"
                f" came too late for them: put {BATCH!r} last"
            )
            yield self._line("", self._location(), self.number + 1, fault)
        self._advance(len(self._text) - len(rest) + end)

    # Positions.

    def _drop(self, skip: Nesting | re.Pattern[str]) -> None:
        """Drop the text up to the end of an event that is too large."""
        if isinstance(skip, Nesting):
            end = skip.find_end(self._text, self._position)
            is_found = end is not None or skip.is_broken
            position = skip.position if end is None else end
        else:
            found = skip.search(self._text, self._position)
            is_found, position = bool(found), found.start() if found else len(self._text)
        self._advance(position)
        if not is_found:
            raise _MoreNeededError
        self._skip = None

    def _advance(self, end: int) -> None:
        if line_breaks := self._text.count("\n", self._position, end):
            self.line += line_breaks
            self._column = end - self._text.rfind("\n", self._position, end)
        else:
            self._column += end - self._position
        self._position, self._parse_at = end, 0

    def _location(self, pointer: str = "") -> Location:
        return Location(self.line, self._column, self.file, pointer)

    def _is_too_large(self) -> bool:
        return len(self._text) - self._position > MAX_LINE_BYTES

    def _defer_large(self) -> bool:
        """Return whether the text is larger than an event; wait for twice as much in between.

        A large value that was parsed with each further piece would take seconds.
        """
        length = len(self._text) - self._position
        if length <= MAX_EVENT_BYTES:
            return False
        if length < self._parse_at and not self._is_last:
            raise _MoreNeededError
        self._parse_at = 2 * length
        return True

    def _may_go_on(self, error: Exception) -> bool:
        """Return whether more text can mend an error of the parser."""
        return not self._is_last and not self._is_too_large() and _is_cut_off(error, self._text)

    # Lines.

    def _cut(self, end: int) -> Line:
        """Return the text up to a position as the next line."""
        location = self._location()
        number = max(self.number + 1, self._first_number + self.line)
        is_plain = self._column == 1 and number == self.line and self.file is None
        text = self._text[self._position : end].rstrip(" \t\r\n")
        line = self._line(text, None if is_plain else location, number)
        is_at_end = self._is_last and end == len(self._text)
        if is_at_end and self._text[-1:] not in ("\n", "\r"):
            line = replace(line, is_unterminated=True)
        self._advance(end)
        return line

    def _line(
        self, text: str, location: Location | None, number: int | None = None, fault: str = ""
    ) -> Line:
        self.number = number or max(self.number + 1, self._first_number + self.line)
        content = text.encode("utf-8", "surrogateescape")
        is_truncated = len(content) > MAX_LINE_BYTES
        return Line(self.number, content[:MAX_LINE_BYTES], is_truncated, location, fault)


def _is_whole(line: str) -> bool:
    """Return whether a line seems to hold a whole object."""
    return line.rstrip().endswith("}") and line.count("{") == line.count("}")


def _is_cut_off(error: Exception, text: str) -> bool:
    """Return whether the parser failed at the end of the text, and so for want of more."""
    return isinstance(error, json.JSONDecodeError) and (
        error.msg.startswith("Unterminated string") or error.pos >= len(text) - _LONGEST_TOKEN
    )
