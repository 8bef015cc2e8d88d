"""`dkit preview`: show the payloads and requests of events; nothing is sent."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from destination_kit.cli.documents import read_bytes
from destination_kit.cli.instances import (
    add_instance_argument,
    add_without_secrets_option,
    announce_made_up_secrets,
    check_single_stdin,
    load_instance,
    subscription_label,
)
from destination_kit.cli.rendering import render_json_block, render_json_line, render_paragraph
from destination_kit.delivery.events import read_event
from destination_kit.delivery.outcomes import failure_record
from destination_kit.delivery.source import Line, LineSplitter
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.definitions import Writer
    from destination_kit.runtime import Instance, Preview, Request


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance, the events and `--without-secrets`."""
    add_instance_argument(parser)
    add_without_secrets_option(parser)
    parser.add_argument("events", metavar="EVENTS", help="JSON lines, or one JSON object or array")


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write each event with its previews; return 1 where an event would fail."""
    check_single_stdin(arguments)
    announce_made_up_secrets(arguments, writer)
    instance = load_instance(arguments, load_catalog())
    lines = split_events(read_bytes(arguments.events))
    previews = asyncio.run(_preview_events(instance, lines))
    if arguments.json:
        writer.json([_event_as_json(preview) for preview in previews])
    else:
        rendered = ("\n".join(_render_event(preview)) for preview in previews)
        writer.text("\n\n".join(rendered) or "There is no event.")
    return 1 if any(preview.failed for preview in previews) else 0


@dataclass(frozen=True, slots=True)
class EventPreview:
    """An event with its previews."""

    #: Position in the file, counted from 1.
    number: int
    #: The event, or why its line holds none.
    event: JsonObject | Failed
    #: One preview per subscription; none for a line without an event.
    previews: list[Preview]

    @property
    def failed(self) -> bool:
        """Whether the event, or a subscription of it, would fail."""
        return isinstance(self.event, Failed) or any(preview.failed for preview in self.previews)


def split_events(content: bytes) -> list[Line]:
    """Return a line for each event of JSON lines, of a JSON array, or of one JSON object."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        # JSON lines are no JSON document, so `json.loads` fails for them. It also fails for one
        # broken document, and then each of its lines is reported.
        splitter = LineSplitter()
        return [*splitter.split(content), *splitter.flush()]
    events = document if isinstance(document, list) else [document]
    return [Line(number, json.dumps(event).encode()) for number, event in enumerate(events, 1)]


async def _preview_events(instance: Instance, lines: list[Line]) -> list[EventPreview]:
    return [await _preview_event(instance, line) for line in lines]


async def _preview_event(instance: Instance, line: Line) -> EventPreview:
    event = read_event(line)
    previews = [] if isinstance(event, Failed) else await instance.preview(event)
    return EventPreview(line.number, event, [_redact(preview, instance) for preview in previews])


def _redact(preview: Preview, instance: Instance) -> Preview:
    """Return the preview without the secrets that a mapping has copied into the payload."""
    # A mapping can put a secret into a key or a longer text at any depth. A search of whole values
    # would miss it there.
    payload = json.loads(instance.redact(render_json_line(preview.payload)))
    return replace(preview, payload=payload)


def _event_as_json(preview: EventPreview) -> Json:
    if isinstance(preview.event, Failed):
        failed = failure_record(preview.event)
        return {"event": preview.number, "failed": failed, "subscriptions": []}
    subscriptions = [_preview_as_json(subscription) for subscription in preview.previews]
    return {"event": preview.number, "subscriptions": subscriptions}


def _preview_as_json(preview: Preview) -> Json:
    record: dict[str, Json] = {
        "subscription": preview.subscription,
        "action": preview.action,
        "reads": preview.reads,
    }
    if preview.unmet is not None:
        record["unmet"] = preview.unmet
    if preview.payload is not None:
        record["payload"] = preview.payload
    if preview.request:
        record["request"] = {
            "method": preview.request.method,
            "url": preview.request.url,
            "headers": preview.request.headers,
            "body": preview.request.body,
        }
    if preview.failed:
        record["failed"] = failure_record(preview.failed)
    return record


def _render_event(preview: EventPreview) -> Iterator[str]:
    if isinstance(preview.event, Failed):
        yield f"Event {preview.number} fails: {preview.event.message}"
        return
    yield f"Event {preview.number}: {summarize_event(preview.event)}"
    for subscription in preview.previews:
        yield from _render_preview(subscription)


def summarize_event(event: JsonObject) -> str:
    """Return type, name and user id of an event, as far as it has them."""
    name = event.get("event") or event.get("name")
    user = event.get("userId") or event.get("anonymousId")
    parts = (event.get("type"), json.dumps(name, ensure_ascii=False) if name else None, user)
    return " ".join(str(part) for part in parts if part) or "without a type"


def _render_preview(preview: Preview) -> Iterator[str]:
    label = f"  {subscription_label(preview.subscription, preview.action)}"
    if preview.payload is None and preview.failed is None:
        yield f"{label}: does not match {preview.unmet}"
        return
    yield label
    if preview.payload is not None:
        yield f"    payload {render_json_block(preview.payload, 4)}"
    if preview.request:
        yield from _render_request(preview.request)
    elif preview.failed:
        yield render_paragraph(f"fails: {preview.failed.message}", "    ")
    else:
        yield "    no request"


def _render_request(request: Request) -> Iterator[str]:
    yield f"    {request.method} {request.url}"
    for name, value in request.headers.items():
        yield f"    {name}: {value}"
    if request.body is not None:
        yield f"    {render_json_block(request.body, 4)}"
