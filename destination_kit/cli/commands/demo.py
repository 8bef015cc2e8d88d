"""`dkit demo`: deliver sample events to a simulated partner, and compare both sides' accounts."""

from __future__ import annotations

import asyncio
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING, TypeAlias

from destination_kit.cli.destinations import find_destination
from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import render_paragraph, truncate
from destination_kit.cli.simulators import (
    Samples,
    fetch_state,
    load_reconcile,
    load_samples,
    load_simulator,
)
from destination_kit.delivery import (
    Completed,
    Limits,
    LineSource,
    Outcome,
    RetryPolicy,
    deliver_lines,
    result_record,
)
from destination_kit.results import Failed, Skipped, SubscriptionResult

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.catalog import Catalog
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination
    from destination_kit.runtime import Instance

Rows: TypeAlias = Sequence[tuple[str, int, int]]
_MAX_COLUMN = 26


def add_arguments(parser: ArgumentParser) -> None:
    """Add the destination."""
    parser.add_argument(
        "slug", metavar="SLUG", nargs="?", help="a destination with a simulator and samples"
    )


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Deliver the samples; return 1 where results and partner disagree."""
    catalog = load_catalog()
    destination = _find_destination(catalog, arguments.slug)
    outcomes, state = _deliver_samples(catalog, destination)
    records = [result_record(outcome) for outcome in outcomes]
    reconcile = load_reconcile(destination)
    rows: Rows = reconcile(records, state) if reconcile else ()
    is_ok = not any(outcome.is_unauthorized for outcome in outcomes) and all(
        ours == theirs for _, ours, theirs in rows
    )
    if arguments.json:
        compared: list[Json] = [
            {"what": label, "results": ours, "partner": theirs} for label, ours, theirs in rows
        ]
        writer.json({"ok": is_ok, "results": records, "compared": compared, "state": state})
        return 0 if is_ok else 1
    writer.text(
        f"{len(outcomes)} sample events went to a simulated {destination.name} on this machine.\n"
    )
    _show_outcomes(outcomes, writer)
    _show_comparison(rows, state, writer)
    return 0 if is_ok else 1


def _find_destination(catalog: Catalog, slug: str | None) -> Destination:
    if slug:
        return find_destination(catalog, slug)
    suitable = [
        destination
        for destination in catalog.destinations.values()
        if destination.simulator and destination.samples
    ]
    if len(suitable) == 1:
        return suitable[0]
    names = ", ".join(destination.slug for destination in suitable) or "none"
    raise UsageError(f"name a destination with a simulator and samples: {names}")


def _deliver_samples(catalog: Catalog, destination: Destination) -> tuple[list[Outcome], Json]:
    simulator, samples = load_simulator(destination), load_samples(destination)
    secrets: dict[str, str] = {}
    instance = catalog.configure(
        samples.instance, secrets=lambda name: secrets.setdefault(name, token_urlsafe(16))
    )
    outcomes = _OutcomeList()
    with simulator.background(simulator.load_config(samples.config_with(secrets))) as url:
        connections = dict.fromkeys(instance.hosts, url)
        asyncio.run(_deliver(instance, samples, connections, outcomes))
        state = fetch_state(url)
    return outcomes.outcomes, state


@dataclass(slots=True)
class _OutcomeList:
    """`OutcomeListener` that keeps every outcome."""

    outcomes: list[Outcome] = field(default_factory=list)

    def on_outcome(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def on_pending(self, outcome: Outcome) -> None:
        """Ignore the jobs: no run resumes a demonstration."""

    def on_retry_wait(self, code: str, change: int) -> None:
        pass


async def _deliver(
    instance: Instance, samples: Samples, connections: Mapping[str, str], outcomes: _OutcomeList
) -> None:
    # Several events in flight could finish in another order in each run. With retries, a failed
    # event would hold up the demo for as long as four hours (`RetryPolicy`).
    limits = Limits(window=1, retry=RetryPolicy(time_limit=0))
    with tempfile.TemporaryFile() as file:
        file.write(samples.events)
        file.seek(0)
        async with instance.open(connect_to=connections) as live:
            source = LineSource(file.fileno())
            await deliver_lines(live, source, limits, Completed(), outcomes)


def _show_outcomes(outcomes: Sequence[Outcome], writer: Writer) -> None:
    rows = [
        (outcome.line.number, *_describe_event(outcome), _describe_outcome(outcome))
        for outcome in outcomes
    ]
    writer.table(("line", "type", "who", "what", "outcome"), rows)
    failures = [
        (outcome.line.number, failed)
        for outcome in outcomes
        for failed in (outcome.invalid_line, *outcome.result.failures)
        if failed
    ]
    if failures:
        writer.text("\nWhy events failed")
    for number, failed in failures:
        writer.text(render_paragraph(f"line {number}: {failed.message}", "  ", hang="  "))


def _describe_event(outcome: Outcome) -> tuple[str, str, str]:
    event = outcome.event or {}
    user = event.get("userId") or event.get("anonymousId") or ""
    name = event.get("event") or event.get("name") or event.get("groupId") or ""
    return (
        str(event.get("type", "")),
        truncate(str(user), _MAX_COLUMN),
        truncate(str(name), _MAX_COLUMN),
    )


def _describe_outcome(outcome: Outcome) -> str:
    if outcome.invalid_line:
        return f"failed: {outcome.invalid_line.code}"
    return "; ".join(map(_describe_result, outcome.result.results)) or "no subscription wants it"


def _describe_result(result: SubscriptionResult) -> str:
    if isinstance(result.result, Failed):
        return f"{result.subscription}: failed, {result.result.code}"
    if isinstance(result.result, Skipped):
        return f"{result.subscription}: skipped, {result.result.reason}"
    return f"{result.subscription}: delivered"


def _show_comparison(rows: Rows, state: Json, writer: Writer) -> None:
    writer.text()
    if rows:
        compared = [
            (label, ours, theirs, "=" if ours == theirs else "differs")
            for label, ours, theirs in rows
        ]
        writer.table(("", "the results say", "the partner holds", "compared"), compared)
    elif isinstance(state, Mapping):
        held = [
            (name, len(records))
            for name, records in state.items()
            if isinstance(records, list | Mapping)
        ]
        writer.table(("", "the partner holds"), held)
