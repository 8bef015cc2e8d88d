"""Summary of a run: counts of outcomes, reasons of failures, and a progress line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from destination_kit.cli.rendering import render_paragraph, render_table, truncate
from destination_kit.delivery.outcomes import status_of
from destination_kit.results import Failed, Skipped

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.definitions import Subscription
    from destination_kit.delivery import Line, Outcome
    from destination_kit.results import Result

#: The number of reasons with counts of their own.
# Messages that never repeat would fill the memory. The first 50 have own counts, so that a frequent
# one that starts late can still be among the ten that are shown.
MAX_REASONS = 50
_MAX_SHOWN = 10
_MAX_RANGES = 500
#: Characters of a message that are kept.
_MAX_MESSAGE = 300
# Words with a digit are numbers, ids or times. Messages that differ only in these would otherwise
# count as different reasons.
_VARYING_WORD = re.compile(r"(?<![\w.@+-])[\w.@+-]*?\d[\w.@+-]*")


@dataclass(slots=True)
class FailureReason:
    """Failures of one subscription with the same code and nearly the same message."""

    #: Name of the subscription; None for lines without an event.
    subscription: str | None
    code: str
    #: Message of the first failure, shortened.
    message: str
    #: Number of the first line that failed so.
    first_line: int
    #: Where that line is, for a person.
    location: str
    count: int = 0


class FailureReasons:
    """Failures grouped by subscription, code and message."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str | None, str, str], FailureReason] = {}

    def add(self, outcome: Outcome) -> None:
        """Count the failures of one line."""
        for subscription, failed in _failures(outcome):
            reason = self._reason(subscription, failed, outcome.line)
            reason.count += 1
            # Lines finish out of order, so the failure that is counted first need not have the
            # first line.
            if outcome.line.number < reason.first_line:
                reason.first_line, reason.location = outcome.line.number, outcome.line.label

    def _reason(self, subscription: str | None, failed: Failed, line: Line) -> FailureReason:
        message = truncate(failed.message, _MAX_MESSAGE)
        key = (subscription, failed.code, _VARYING_WORD.sub("…", message))
        if key not in self._reasons and len(self._reasons) >= MAX_REASONS:
            key, subscription, message = (None, "OTHER", ""), None, "other reasons"
        reason = FailureReason(subscription, key[1], message, line.number, line.label)
        return self._reasons.setdefault(key, reason)

    def as_json(self) -> list[Json]:
        """Return every reason, the most frequent first."""
        return [
            {
                "subscription": reason.subscription,
                "code": reason.code,
                "message": reason.message,
                "count": reason.count,
                "firstLine": reason.first_line,
            }
            for reason in self._by_frequency()
        ]

    def render(self, width: int | None = None) -> str:
        """Return the most frequent reasons as text, empty if nothing failed."""
        reasons = self._by_frequency()
        if not reasons:
            return ""
        lines = [
            render_paragraph(_render_reason(reason), "  ", hang="  ", width=width)
            for reason in reasons[:_MAX_SHOWN]
        ]
        if rest := sum(reason.count for reason in reasons[_MAX_SHOWN:]):
            lines.append(f"  and {rest:,} more for other reasons")
        return "\n".join(["Why events failed", *lines])

    def _by_frequency(self) -> list[FailureReason]:
        return sorted(self._reasons.values(), key=lambda reason: (-reason.count, reason.first_line))


def _failures(outcome: Outcome) -> Iterator[tuple[str | None, Failed]]:
    if outcome.invalid_line:
        yield None, outcome.invalid_line
    for result in outcome.result.results:
        if isinstance(result.result, Failed):
            yield result.subscription, result.result


def render_numbers(lines: Iterable[int]) -> str:
    """Return line numbers as text, such as `lines 3, 5-9`; adjacent ones as a range."""
    ranges: list[list[int]] = []
    for number in sorted(lines):
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    shown = ", ".join("-".join(map(str, bounds)) for bounds in ranges[:_MAX_RANGES])
    rest = f" and {len(ranges) - _MAX_RANGES:,} more ranges" if len(ranges) > _MAX_RANGES else ""
    word = "line" if len(ranges) == len(ranges[0]) == 1 else "lines"
    return f"{word} {shown}{rest}"


def render_failures(outcome: Outcome) -> str:
    """Return why the event of a line failed, for each subscription."""
    return "; ".join(
        f"{outcome.line.label}{f', {subscription}' if subscription else ''}"
        f" ({failed.code}): {truncate(failed.message, _MAX_MESSAGE)}"
        for subscription, failed in _failures(outcome)
    )


def _render_reason(reason: FailureReason) -> str:
    more = f" and {reason.count - 1:,} more" if reason.count > 1 else ""
    subscription = f", {reason.subscription}" if reason.subscription else ""
    return f"{reason.location}{more}{subscription} ({reason.code}): {reason.message}"


_SUBSCRIPTION_COUNTS: Final = ("delivered", "failed", "unknown", "skipped")
_STATUSES: Final = ("delivered", "failed", "skipped")
_EVENT_COUNTS: Final = (*_STATUSES, "broken", "parked", "duplicate", "repeated", "repeatedUnknown")


class DeliveryCounts:
    """Counts of outcomes, by event and by enabled subscription."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._by_subscription: dict[str, Counter[str]] = {
            subscription.name: Counter() for subscription in subscriptions if subscription.enabled
        }
        self._started = monotonic()
        #: Events by status, and those that are `broken` (invalid lines), `unauthorized`
        #: (rejected credentials), `parked` (they wait for mended settings), `incomplete` (the last
        #: line of a file that may still be written), `duplicate`, `repeated` (sent more than once)
        #: and `repeatedUnknown`.
        self.events: Counter[str] = Counter()
        #: Events that wait for a retry, by the error code that they wait for.
        self.waiting: Counter[str] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Count the outcome of a line."""
        self.events[status_of(outcome.result)] += 1
        self.events["broken"] += outcome.invalid_line is not None
        self.events["unauthorized"] += outcome.is_unauthorized
        self.events["parked"] += outcome.is_parked
        self.events["incomplete"] += outcome.is_incomplete
        self.events["duplicate"] += outcome.is_duplicate
        self.events["repeated"] += outcome.attempts > 1
        self.events["repeatedUnknown"] += outcome.unknown_attempts > 0
        for result in outcome.result.results:
            # The results of an earlier run can name a subscription that the instance has no longer.
            counts = self._by_subscription.setdefault(result.subscription, Counter())
            counts[_kind(result.result)] += 1

    @property
    def total(self) -> int:
        """Number of events, invalid lines included."""
        return sum(self.events[status] for status in _STATUSES)

    @property
    def seconds(self) -> float:
        """Seconds since the counts were created."""
        return monotonic() - self._started

    def as_json(self) -> JsonObject:
        """Return every count."""
        subscriptions: list[Json] = []
        for name, counts in self._by_subscription.items():
            by_kind = {kind: counts[kind] for kind in _SUBSCRIPTION_COUNTS}
            subscriptions.append({"subscription": name, "matched": counts.total(), **by_kind})
        events = {name: self.events[name] for name in _EVENT_COUNTS}
        seconds = round(self.seconds, 3)
        return {"events": self.total, **events, "seconds": seconds, "subscriptions": subscriptions}

    def render(self, width: int | None = None) -> str:
        """Return a table of the subscriptions, and the totals below it; `width` is a terminal's."""
        subscriptions = self._by_subscription
        # Few actions skip events, so most tables need no column for them.
        kinds = [
            kind
            for kind in _SUBSCRIPTION_COUNTS
            if kind != "skipped" or any(counts[kind] for counts in subscriptions.values())
        ]
        rows = [
            (name, counts.total(), *(counts[kind] for kind in kinds))
            for name, counts in subscriptions.items()
        ]
        table = render_table(("subscription", "matched", *kinds), rows, width)
        totals = self.render_totals()
        return f"{table}\n\n{render_paragraph(totals, width=width) if width else totals}"

    def render_totals(self) -> str:
        """Return the totals on one line."""
        parts = [f"{self.events[status]:,} {status}" for status in _STATUSES]
        if broken := self.events["broken"]:
            parts[1] += f" ({broken:,} of them broken lines)"
        if parked := self.events["parked"]:
            parts[1] += f" ({parked:,} of them kept until the settings are mended)"
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
    return "skipped" if isinstance(result, Skipped) else "delivered"
