"""`dkit preview`: show the payloads and requests of events; nothing is sent."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from destination_kit.cli.argument_types import parse_count
from destination_kit.cli.event_inputs import (
    add_event_arguments,
    check_single_stdin,
    open_source,
    show_warnings,
)
from destination_kit.cli.event_previews import (
    EventPreview,
    JsonPreviews,
    PreviewCounts,
    TextPreviews,
)
from destination_kit.cli.instances import (
    add_instance_argument,
    add_without_secrets_option,
    announce_made_up_secrets,
    load_instance,
)

if TYPE_CHECKING:
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.delivery import LineSource
    from destination_kit.runtime import Instance

_SHOWN_EVENTS: Final = 10
# The summary counts more events than are shown, and yet stands at the top within a second.
_COUNTED_EVENTS: Final = 250
#: Bytes of the events that `--all` keeps until the summary is written.
_MAX_KEPT_BYTES: Final = 2_000_000


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance, the events, what to show, and `--without-secrets`."""
    add_instance_argument(parser)
    add_without_secrets_option(parser)
    add_event_arguments(parser)
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument(
        "--limit",
        metavar="N",
        type=parse_count,
        default=_SHOWN_EVENTS,
        help=f"show so many events, first those that match a subscription; default {_SHOWN_EVENTS}",
    )
    amount.add_argument(
        "--all", action="store_true", help="show every event, and the subscriptions without a match"
    )


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write a summary and the previews of events; return 1 where an event would fail."""
    check_single_stdin(arguments)
    announce_made_up_secrets(arguments, writer)
    instance = load_instance(arguments, load_catalog())
    source = open_source(arguments)
    counts = PreviewCounts(instance)
    output = (JsonPreviews if arguments.json else TextPreviews)(writer, is_full=arguments.all)
    previews = _preview_events(instance, source, counts)
    if arguments.all:
        asyncio.run(_show_all(previews, counts, output))
    else:
        asyncio.run(_show_some(previews, counts, output, arguments.limit))
    output.end()
    if counts.fault:
        writer.error(counts.fault)
    strict_code = show_warnings(counts.review, arguments, source)
    return 1 if counts.failed or counts.fault else strict_code


async def _preview_events(
    instance: Instance, source: LineSource, counts: PreviewCounts
) -> AsyncIterator[EventPreview]:
    from destination_kit.delivery import SourceError

    try:
        async for line in source.lines():
            preview = await counts.preview(instance, line)
            counts.add(preview)
            yield preview
    except SourceError as error:
        counts.fault = str(error)


async def _show_some(
    previews: AsyncIterator[EventPreview],
    counts: PreviewCounts,
    output: TextPreviews,
    limit: int,
) -> None:
    """Write the summary of the first events, and the previews of those that say most."""
    telling: list[EventPreview] = []
    others: list[EventPreview] = []
    async for preview in previews:
        kept = telling if preview.matches or preview.has_failed else others
        if len(kept) < limit:
            kept.append(preview)
        if counts.events == max(limit, _COUNTED_EVENTS):
            counts.has_more = True
            break
    output.summary(counts)
    shown = [*telling, *others][:limit]
    for preview in sorted(shown, key=lambda preview: preview.line.number):
        output.event(preview)
    if len(shown) < counts.events:
        output.rest(len(shown), counts)


async def _show_all(
    previews: AsyncIterator[EventPreview], counts: PreviewCounts, output: TextPreviews
) -> None:
    """Write every preview. The summary stands above them where the events are few enough to wait."""
    kept: list[EventPreview] | None = []
    size = 0
    async for preview in previews:
        if kept is None:
            output.event(preview)
            continue
        kept.append(preview)
        size += len(preview.line.content)
        if len(kept) > _COUNTED_EVENTS or size > _MAX_KEPT_BYTES:
            for earlier in kept:
                output.event(earlier)
            kept = None
    output.summary(counts)
    for preview in kept or ():
        output.event(preview)
