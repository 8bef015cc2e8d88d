"""Sorts the exchanges of a case: same, a difference that rows choose, or different."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.conformance.exchanges.prescription import prescribe
from tests.conformance.exchanges.records import Case, Exchange, Port, SentRequest
from tests.conformance.exchanges.script import first_key

#: Temporary ids: sixteen letters and digits of the reference, and 32 hexadecimal digits of ours.
_TEMPORARY_ID = re.compile(r"[a-z1-9]{16}|[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the exchanges of a case compare."""

    kind: Literal["same", "chosen", "different"]
    #: The rows that choose the difference.
    rows: frozenset[str] = frozenset()
    #: What differs, in lines.
    why: str = ""


def judge(
    port: Port, case: Case, theirs: Exchange, ours: Exchange, payload: Mapping[str, Any] | None
) -> Verdict:
    """Compare the exchanges of a case."""
    theirs, ours = named_by_position(theirs), named_by_position(ours)
    if theirs == ours:
        return Verdict("same")
    reference, _ = _prescribe(port, case, theirs, payload, departing=False)
    if reference != theirs:
        lines = differences("reference", theirs, "described", reference)
        return Verdict("different", why="\n".join(("the port describes another reference", *lines)))
    expected, rows = _prescribe(port, case, theirs, payload, departing=True)
    if not rows:
        return Verdict("different", why="\n".join(differences("reference", theirs, "ours", ours)))
    if expected != ours:
        listed = ", ".join(sorted(rows))
        lines = differences("prescribed", expected, "ours", ours)
        return Verdict("different", rows, "\n".join((f"not what {listed} prescribes", *lines)))
    return Verdict("chosen", rows)


def _prescribe(
    port: Port,
    case: Case,
    theirs: Exchange,
    payload: Mapping[str, Any] | None,
    *,
    departing: bool,
) -> tuple[Exchange, frozenset[str]]:
    exchange, rows = prescribe(port, case, theirs, payload, departing=departing)
    return named_by_position(exchange), rows


def named_by_position(exchange: Exchange) -> Exchange:
    """Return the exchange with temporary ids as `#0`: they are chance on one side, secret on both."""
    return replace(exchange, requests=tuple(map(_named_by_position, exchange.requests)))


def _named_by_position(request: SentRequest) -> SentRequest:
    key = first_key(request.body) if request.url.endswith("/transactions") else ""
    if not _TEMPORARY_ID.fullmatch(key):
        return request
    return replace(request, body=request.body.replace(f'"{key}":', '"#0":', 1))


def differences(left: str, one: Exchange, right: str, other: Exchange) -> Iterator[str]:
    """Yield what differs between two exchanges, in lines."""
    if len(one.requests) != len(other.requests):
        for name, exchange in ((left, one), (right, other)):
            yield f"{name}: {[f'{sent.method} {sent.url}' for sent in exchange.requests]}"
    for number, pair in enumerate(zip(one.requests, other.requests, strict=False)):
        for attribute in SentRequest.__slots__:
            values = [getattr(sent, attribute) for sent in pair]
            if values[0] != values[1]:
                yield f"request {number}, {attribute}: {left} {values[0]!r}, {right} {values[1]!r}"
    if one.ending != other.ending:
        yield f"ending: {left} {one.ending}, {right} {other.ending}"


@dataclass(slots=True)
class Tally:
    """Counts of verdicts, and the first differences."""

    keep: int = 5
    kinds: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[Case, str]] = field(default_factory=list)

    def add(self, case: Case, verdict: Verdict) -> None:
        """Count a verdict."""
        self.kinds[verdict.kind] += 1
        if verdict.kind == "chosen":
            self.rows.update(verdict.rows)
        if verdict.kind == "different" and len(self.differences) < self.keep:
            self.differences.append((case, verdict.why))

    @property
    def share_of_same(self) -> float:
        """The share of cases in which both sides do the same."""
        return self.kinds["same"] / max(1, self.kinds.total())

    @property
    def holds(self) -> bool:
        """Whether nothing differs without a row, and at least a third is the same."""
        return not self.kinds["different"] and 3 * self.kinds["same"] >= self.kinds.total()
