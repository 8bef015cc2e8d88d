"""What a template may cost: bounds on its work that hold inside a single filter too."""

from __future__ import annotations

from time import thread_time
from typing import Final

from destination_kit.mapping.resolvers import ResolutionError

LONGEST_TEMPLATE: Final = 1000  # UTF-16 code units, the reference's own limit
LONGEST_TEXT: Final = 2_000_000  # code units of one text
LONGEST_ARRAY: Final = 100_000  # items of one array or range
MOST_WORK: Final = 20_000_000  # code units and items, looked at or made, in one rendering
MOST_CLAIMED: Final = 1e8  # the memory that the reference allows
SECONDS: Final = 0.05  # of processor time, so that a busy machine fails no event
_SLOW: Final = 40  # units of work that a character costs where Python looks at each
_GLANCE: Final = 2000  # units of work between two looks at the clock


class Bounds:
    """What is left for one rendering. What goes beyond it is an `UnfitEventError`.

    A text or an array is announced before it is made, other work before or while it is done.
    """

    __slots__ = ("_glance", "_left", "_until")

    def __init__(self) -> None:
        self._left: float = MOST_WORK
        self._glance: float = MOST_WORK - _GLANCE
        self._until = thread_time() + SECONDS

    def spend(self, work: float = 1) -> None:
        """Account for so many code units or items, at any time; each call counts for one more."""
        self._left -= work + 1
        if self._left < self._glance:
            self._look()

    def slow(self, length: float) -> None:
        """Account for text that is looked at character by character, not as a whole."""
        self.spend(_SLOW * length)

    def _look(self) -> None:
        self._glance = self._left - _GLANCE
        if self._left < 0:
            raise ResolutionError("a Liquid template does more work than it may")
        if thread_time() > self._until:
            raise ResolutionError(f"a Liquid template takes more than {SECONDS * 1000:g} ms")

    def text(self, length: float) -> None:
        """Account for a text of this length, which is about to be made."""
        if length > LONGEST_TEXT:
            raise ResolutionError(f"a text in Liquid has more than {LONGEST_TEXT:,} characters")
        self.spend(length)

    def claim(self, length: float) -> None:
        """Account for a length that is asked for and need not be there, as the reference does."""
        if length > MOST_CLAIMED:
            raise ResolutionError(f"a Liquid filter is asked for {length:g} characters or items")

    def array(self, length: float) -> None:
        """Account for an array of this length, which is about to be made."""
        if length > LONGEST_ARRAY:
            raise ResolutionError(f"an array in Liquid has more than {LONGEST_ARRAY:,} items")
        self.spend(length)
