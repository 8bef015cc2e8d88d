"""Limits of one rendering of a template: its work, texts, arrays and processor time.

The reference sets limits too, and still runs for seconds and gigabytes inside one filter
(docs/differences.md, D12). Every filter here reports its work before it does it.
"""

from __future__ import annotations

from time import thread_time
from typing import Final

from destination_kit.errors import ResolutionError

#: UTF-16 code units of a template: the limit of the reference's `evaluateLiquid`.
MAX_TEMPLATE_LENGTH: Final = 1000
#: UTF-16 code units of one text.
MAX_TEXT_LENGTH: Final = 2_000_000
#: Elements of one array or range.
MAX_ARRAY_LENGTH: Final = 100_000
#: Code units and elements that one rendering may read or create.
MAX_WORK: Final = 20_000_000
#: The length that an argument may ask for: the `memoryLimit` of the reference's engine.
MAX_REQUESTED_LENGTH: Final = 1e8
#: Seconds of one rendering, and of all renderings of a payload. Processor time, so that a busy
#: machine fails no event.
MAX_SECONDS: Final = 0.05
# Python takes up to 100 ns for a character that it handles one by one, as in `re.sub`. A unit of
# work stands for 2.5 ns (MAX_SECONDS / MAX_WORK), so 40 units pay for such a character.
_UNITS_PER_CHARACTER: Final = 40
# `thread_time` takes 250 ns, five times as long as `spend`, so not every `spend` reads the clock.
# Once per 2,000 units, which stand for 5 µs, it adds 5 %.
_UNITS_BETWEEN_CLOCK_READS: Final = 2000


class WorkLimiter:
    """Budget of one rendering. Work that exceeds it raises an `ResolutionError`.

    A filter reserves a text or an array before it creates it, so that a huge one is never built.
    Other work is spent before or while it happens.
    """

    __slots__ = ("_deadline", "_next_clock_read", "_remaining")

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self._remaining: float = MAX_WORK
        self._next_clock_read: float = MAX_WORK - _UNITS_BETWEEN_CLOCK_READS
        self._deadline = thread_time() + seconds
        if seconds <= 0:
            self._next_clock_read = MAX_WORK

    def seconds_left(self) -> float:
        """Return the processor time that the rendering has left."""
        return self._deadline - thread_time()

    def spend(self, units: float = 1) -> None:
        """Spend work, in code units or elements. Each call costs one unit more."""
        self._remaining -= units + 1
        if self._remaining < self._next_clock_read:
            self._check_budget()

    def spend_per_character(self, length: float) -> None:
        """Spend work for a text that Python handles character by character."""
        self.spend(_UNITS_PER_CHARACTER * length)

    def _check_budget(self) -> None:
        self._next_clock_read = self._remaining - _UNITS_BETWEEN_CLOCK_READS
        if self._remaining < 0:
            raise ResolutionError(
                f"the Liquid template exceeds {MAX_WORK:,} characters and items of work: "
                "apply fewer filters to long values"
            )
        if thread_time() > self._deadline:
            raise ResolutionError(
                f"the Liquid templates of the mapping exceed {MAX_SECONDS * 1000:g} ms: "
                "apply fewer filters to long values"
            )

    def reserve_text(self, length: float) -> None:
        """Spend the work of a text that is about to be created, with its length in code units."""
        if length > MAX_TEXT_LENGTH:
            raise ResolutionError(
                f"a text in the Liquid template exceeds {MAX_TEXT_LENGTH:,} characters: shorten it"
            )
        self.spend(length)

    def reserve_array(self, length: float) -> None:
        """Spend the work of an array that is about to be created, with its number of elements."""
        if length > MAX_ARRAY_LENGTH:
            raise ResolutionError(
                f"an array in the Liquid template exceeds {MAX_ARRAY_LENGTH:,} items: shorten it"
            )
        self.spend(length)

    def check_requested_length(self, length: float) -> None:
        """Refuse a length that the reference refuses, even where the value is shorter.

        liquidjs's `slice` charges its memory limit with the length that the template asks for.
        """
        if length > MAX_REQUESTED_LENGTH:
            raise ResolutionError(
                f"a Liquid filter asks for {length:g} characters or items, more than "
                f"{MAX_REQUESTED_LENGTH:,.0f}: ask for fewer"
            )
