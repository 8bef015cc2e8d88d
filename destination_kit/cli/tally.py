"""How many events went where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING

from destination_kit.cli.records import status_of
from destination_kit.cli.tables import render_table
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.cli.delivery import Outcome
    from destination_kit.definitions import Subscription
    from destination_kit.results import Result

_KINDS = ("delivered", "failed", "unknown")


class Tally:
    """Counts outcomes as they come: `events` by status, and results by enabled subscription.

    `waiting` counts events that wait to be sent again, by the code of their failure.
    """

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._by_name: dict[str, Counter[str]] = {
            each.name: Counter() for each in subscriptions if each.enabled
        }
        self._started = monotonic()
        self.events: Counter[str] = Counter()
        self.waiting: Counter[str] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        self.events[status_of(outcome.result)] += 1
        self.events["broken"] += outcome.broken is not None
        self.events["refused"] += outcome.refused
        self.events["duplicate"] += outcome.duplicate
        self.events["repeated"] += outcome.tries > 1
        self.events["repeatedUnknown"] += outcome.unknown > 0
        for each in outcome.result.results:
            self._by_name[each.subscription][_kind(each.result)] += 1

    @property
    def total(self) -> int:
        """How many events there were, broken ones too."""
        return sum(self.events[each] for each in ("delivered", "failed", "skipped"))

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return monotonic() - self._started

    def as_json(self) -> JsonObject:
        """Return every count."""
        subscriptions: list[Json] = []
        for name, found in self._by_name.items():
            by_kind = {each: found[each] for each in _KINDS}
            subscriptions.append({"subscription": name, "matched": found.total(), **by_kind})
        kinds = (
            "delivered",
            "failed",
            "skipped",
            "broken",
            "duplicate",
            "repeated",
            "repeatedUnknown",
        )
        counts = {each: self.events[each] for each in kinds}
        seconds = round(self.seconds, 3)
        return {"events": self.total, **counts, "seconds": seconds, "subscriptions": subscriptions}

    def render(self) -> str:
        """Return a table of the subscriptions with a line of totals."""
        rows = [
            (name, counts.total(), *(counts[each] for each in _KINDS))
            for name, counts in self._by_name.items()
        ]
        return (
            f"{render_table(('subscription', 'matched', *_KINDS), rows)}\n\n{self.render_totals()}"
        )

    def render_waiting(self) -> str:
        """Return how many events wait to be sent again, and why; "" where none do."""
        waiting = +self.waiting
        reasons = ", ".join(f"{count:,} {code}" for code, count in waiting.most_common())
        return f"; waiting: {reasons}" if reasons else ""

    def render_totals(self) -> str:
        """Return the totals as one line."""
        parts = [f"{self.events[each]:,} {each}" for each in ("delivered", "failed", "skipped")]
        if broken := self.events["broken"]:
            parts[1] += f" ({broken:,} of them broken lines)"
        if duplicates := self.events["duplicate"]:
            parts[2] += f" ({duplicates:,} of them duplicates)"
        events = "1 event" if self.total == 1 else f"{self.total:,} events"
        return f"{events} in {self.seconds:.1f} s: {', '.join(parts)}{self._render_repeated()}"

    def _render_repeated(self) -> str:
        repeated, unknown = self.events["repeated"], self.events["repeatedUnknown"]
        if not repeated:
            return ""
        twice = f", {unknown:,} of them without knowing what had become of them" if unknown else ""
        return f"; {repeated:,} sent again{twice}"


def _kind(result: Result) -> str:
    if isinstance(result, Failed):
        return result.outcome
    return "delivered"
