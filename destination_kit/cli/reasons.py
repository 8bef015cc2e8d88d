"""Why events failed: like failures together, with their number and the first line that had them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from destination_kit.cli.tables import render_paragraph, shorten
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.cli.delivery import Outcome

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
        message = shorten(failed.message, _LONGEST)
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
