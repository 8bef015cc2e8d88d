"""`dkit demo`: deliver sample events to a simulated partner, and compare what both sides say."""

from __future__ import annotations

import asyncio
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING, TypeAlias

from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import find_destination
from destination_kit.cli.rendering import render_paragraph, truncate
from destination_kit.cli.simulators import (
    Samples,
    fetch_state,
    load_reconcile,
    load_samples,
    load_simulator,
)
from destination_kit.delivery.outcomes import Outcome, result_record
from destination_kit.delivery.runner import Completed, Limits, deliver_lines
from destination_kit.delivery.source import Source
from destination_kit.results import Failed, SubscriptionResult

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.catalog import Catalog
    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.definitions import Destination, Writer
    from destination_kit.runtime import Instance

Rows: TypeAlias = Sequence[tuple[str, int, int]]
_WIDEST = 26


def add_arguments(parser: ArgumentParser) -> None:
    """Take a destination."""
    parser.add_argument(
        "slug", metavar="SLUG", nargs="?", help="a destination with a simulator and samples"
    )


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Deliver the samples; fail where the results and the partner do not say the same."""
    catalog = load_catalog()
    destination = _chosen(catalog, arguments.slug)
    outcomes, state = _play(catalog, destination)
    records = [result_record(each) for each in outcomes]
    reconcile = load_reconcile(destination)
    rows: Rows = reconcile(records, state) if reconcile else ()
    well = not any(each.refused for each in outcomes) and all(
        ours == theirs for _, ours, theirs in rows
    )
    if arguments.json:
        compared: list[Json] = [
            {"what": what, "results": ours, "partner": theirs} for what, ours, theirs in rows
        ]
        writer.json({"ok": well, "results": records, "compared": compared, "state": state})
        return 0 if well else 1
    writer.text(
        f"{len(outcomes)} sample events went to a simulated {destination.name} on this machine.\n"
    )
    _show_outcomes(outcomes, writer)
    _show_comparison(rows, state, writer)
    return 0 if well else 1


def _chosen(catalog: Catalog, word: str | None) -> Destination:
    if word:
        return find_destination(catalog, word)
    able = [each for each in catalog.destinations.values() if each.simulator and each.samples]
    if len(able) == 1:
        return able[0]
    names = ", ".join(each.slug for each in able) or "none"
    raise UsageError(f"name a destination with a simulator and samples: {names}")


def _play(catalog: Catalog, destination: Destination) -> tuple[list[Outcome], Json]:
    simulator, samples = load_simulator(destination), load_samples(destination)
    made_up: dict[str, str] = {}
    instance = catalog.configure(
        samples.instance, secrets=lambda name: made_up.setdefault(name, token_urlsafe(16))
    )
    desk = _Desk()
    with simulator.background(simulator.load_config(samples.config_with(made_up))) as url:
        connections = dict.fromkeys(instance.hosts, url)
        asyncio.run(_deliver(instance, samples, connections, desk))
        state = fetch_state(url)
    return desk.outcomes, state


@dataclass(slots=True)
class _Desk:
    """Keeps every outcome; nothing waits in a demo."""

    outcomes: list[Outcome] = field(default_factory=list)

    def enter(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def waits(self, code: str, count: int) -> None:
        pass


async def _deliver(
    instance: Instance, samples: Samples, connections: Mapping[str, str], desk: _Desk
) -> None:
    """Deliver one event after the other, so that every run tells the same story."""
    with tempfile.TemporaryFile() as file:
        file.write(samples.events)
        file.seek(0)
        async with instance.open(connect_to=connections) as live:
            await deliver_lines(live, Source(file.fileno()), Limits(window=1), Completed(), desk)


def _show_outcomes(outcomes: Sequence[Outcome], writer: Writer) -> None:
    rows = [(each.line.number, *_about(each), _outcome(each)) for each in outcomes]
    writer.table(("line", "type", "who", "what", "outcome"), rows)
    failures = [
        (each.line.number, failed)
        for each in outcomes
        for failed in (each.broken, *each.result.failures)
        if failed
    ]
    if failures:
        writer.text("\nWhy events failed")
    for number, failed in failures:
        writer.text(render_paragraph(f"line {number}: {failed.message}", "  ", hang="  "))


def _about(outcome: Outcome) -> tuple[str, str, str]:
    event = outcome.event or {}
    who = event.get("userId") or event.get("anonymousId") or ""
    what = event.get("event") or event.get("name") or event.get("groupId") or ""
    return str(event.get("type", "")), truncate(str(who), _WIDEST), truncate(str(what), _WIDEST)


def _outcome(outcome: Outcome) -> str:
    if outcome.broken:
        return f"failed: {outcome.broken.code}"
    return "; ".join(map(_said, outcome.result.results)) or "no subscription wants it"


def _said(each: SubscriptionResult) -> str:
    if isinstance(each.result, Failed):
        return f"{each.subscription}: failed, {each.result.code}"
    return f"{each.subscription}: delivered"


def _show_comparison(rows: Rows, state: Json, writer: Writer) -> None:
    writer.text()
    if rows:
        compared = [
            (what, ours, theirs, "=" if ours == theirs else "differs")
            for what, ours, theirs in rows
        ]
        writer.table(("", "the results say", "the partner holds", "compared"), compared)
    elif isinstance(state, Mapping):
        held = [
            (name, len(each)) for name, each in state.items() if isinstance(each, list | Mapping)
        ]
        writer.table(("", "the partner holds"), held)
