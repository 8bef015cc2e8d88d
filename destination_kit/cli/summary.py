"""How many events went where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from destination_kit.cli.rendering import render_paragraph, render_table, truncate
from destination_kit.delivery.outcomes import status_of
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Subscription
    from destination_kit.delivery.outcomes import Outcome
    from destination_kit.results import Result


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


MOST_KEPT = 50
MOST_SHOWN = 10
_LONGEST = 300  # characters of a message
_NUMBERED = re.compile(r"[\w.@+-]*\d[\w.@+-]*")  # numbers, ids, times: what differs by event


@dataclass(slots=True)
class Reason:
    """Failures of a kind. `message` is that of the first that came; no subscription: no event."""

    subscription: str | None
    code: str
    message: str
    line: int
    count: int = 0


class Reasons:
    """Gathers failures by subscription, code and message; beyond `MOST_KEPT` kinds as others."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str | None, str, str], Reason] = {}

    def add(self, outcome: Outcome) -> None:
        """Count the failures of one line."""
        for subscription, failed in _failures(outcome):
            reason = self._kind(subscription, failed, outcome.line.number)
            reason.count += 1
            reason.line = min(reason.line, outcome.line.number)

    def _kind(self, subscription: str | None, failed: Failed, line: int) -> Reason:
        message = truncate(failed.message, _LONGEST)
        key = (subscription, failed.code, _NUMBERED.sub("…", message))
        if key not in self._kinds and len(self._kinds) >= MOST_KEPT:
            key, subscription, message = (None, "OTHER", ""), None, "other reasons"
        return self._kinds.setdefault(key, Reason(subscription, key[1], message, line))

    def as_json(self) -> list[Json]:
        """Return every kind, the most frequent first."""
        return [
            {
                "subscription": each.subscription,
                "code": each.code,
                "message": each.message,
                "count": each.count,
                "firstLine": each.line,
            }
            for each in self._sorted()
        ]

    def render(self) -> str:
        """Return the most frequent kinds as text, empty where nothing failed."""
        kinds = self._sorted()
        if not kinds:
            return ""
        lines = [render_paragraph(_sentence(each), "  ", hang="  ") for each in kinds[:MOST_SHOWN]]
        if rest := sum(each.count for each in kinds[MOST_SHOWN:]):
            lines.append(f"  and {rest:,} more for other reasons")
        return "\n".join(["Why events failed", *lines])

    def _sorted(self) -> list[Reason]:
        return sorted(self._kinds.values(), key=lambda each: (-each.count, each.line))


def _failures(outcome: Outcome) -> Iterator[tuple[str | None, Failed]]:
    if outcome.broken:
        yield None, outcome.broken
    for each in outcome.result.results:
        if isinstance(each.result, Failed):
            yield each.subscription, each.result


def _sentence(reason: Reason) -> str:
    more = f" and {reason.count - 1:,} more" if reason.count > 1 else ""
    where = f", {reason.subscription}" if reason.subscription else ""
    return f"line {reason.line}{more}{where} ({reason.code}): {reason.message}"


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
