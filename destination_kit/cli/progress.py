"""One line on a terminal that says how far a run is."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from destination_kit.cli.tally import Tally

_PAUSE = 0.1  # seconds between two updates
_ERASE = "\r\x1b[K"


class Progress:
    """Shows the totals in place; silent where the stream is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None
        self._next = 0.0

    def show(self, tally: Tally) -> None:
        """Show the totals, unless they were shown just now."""
        if self._stream and monotonic() >= self._next:
            self._next = monotonic() + _PAUSE
            self._stream.write(_ERASE + tally.render_totals() + tally.render_waiting())
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._stream and self._next:
            self._stream.write(_ERASE)
            self._stream.flush()
