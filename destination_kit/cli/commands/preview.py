"""`dkit preview`: what events would do; nothing leaves the machine."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from destination_kit.cli.documents import load_bytes
from destination_kit.cli.instances import (
    add_instance,
    add_without_secrets,
    label,
    load_instance,
    refuse_two_inputs,
)
from destination_kit.cli.output import compact, pretty, render_paragraph, show, show_json
from destination_kit.delivery.events import read_event
from destination_kit.delivery.outcomes import failure_record
from destination_kit.delivery.source import Line, Splitter
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.runtime import Instance, Preview, Request


def add_arguments(parser: ArgumentParser) -> None:
    """Take an instance and events."""
    add_instance(parser)
    add_without_secrets(parser)
    parser.add_argument("events", metavar="EVENTS", help="JSON lines, or one JSON object or array")


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Show, for each event and subscription, what would happen."""
    refuse_two_inputs(arguments)
    instance = load_instance(arguments, load_catalog())
    lines = split_events(load_bytes(arguments.events))
    found = asyncio.run(_preview(instance, lines))
    if arguments.json:
        show_json([_as_json(*each) for each in found])
    else:
        show("\n\n".join("\n".join(_rendered(*each)) for each in found) or "There is no event.")
    failed = any(
        isinstance(event, Failed) or any(each.failed for each in previews)
        for _, event, previews in found
    )
    return 1 if failed else 0


def split_events(content: bytes) -> list[Line]:
    """Return a line for each event of JSON lines, of a JSON array, or of one JSON object."""
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        splitter = Splitter()
        return [*splitter.split(content), *splitter.rest()]
    events = whole if isinstance(whole, list) else [whole]
    return [Line(number, json.dumps(each).encode()) for number, each in enumerate(events, 1)]


async def _preview(
    instance: Instance, lines: list[Line]
) -> list[tuple[int, JsonObject | Failed, list[Preview]]]:
    found = []
    for line in lines:
        event = read_event(line)
        previews = [] if isinstance(event, Failed) else await instance.preview(event)
        found.append((line.number, event, [_redacted(each, instance) for each in previews]))
    return found


def _redacted(preview: Preview, instance: Instance) -> Preview:
    """Mask a setting's secret that a mapping repeats."""
    payload = json.loads(instance.redact(compact(preview.payload)))
    return replace(preview, payload=payload)


def _as_json(number: int, event: JsonObject | Failed, previews: list[Preview]) -> Json:
    if isinstance(event, Failed):
        return {"event": number, "failed": failure_record(event), "subscriptions": []}
    return {"event": number, "subscriptions": [_preview_as_json(each) for each in previews]}


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


def _rendered(number: int, event: JsonObject | Failed, previews: list[Preview]) -> Iterator[str]:
    if isinstance(event, Failed):
        yield f"Event {number} fails: {event.message}"
        return
    yield f"Event {number}: {describe(event)}"
    for each in previews:
        yield from _rendered_preview(each)


def describe(event: JsonObject) -> str:
    """Return type, name and person of an event, as far as it says."""
    name = event.get("event") or event.get("name")
    who = event.get("userId") or event.get("anonymousId")
    parts = (event.get("type"), json.dumps(name, ensure_ascii=False) if name else None, who)
    return " ".join(str(each) for each in parts if each) or "without a type"


def _rendered_preview(preview: Preview) -> Iterator[str]:
    name = f"  {label(preview.subscription, preview.action)}"
    if preview.payload is None and preview.failed is None:
        yield f"{name}: does not match {preview.unmet}"
        return
    yield name
    if preview.payload is not None:
        yield f"    payload {pretty(preview.payload, 4)}"
    if preview.request:
        yield from _rendered_request(preview.request)
    elif preview.failed:
        yield render_paragraph(f"fails: {preview.failed.message}", "    ")
    else:
        yield "    no request"


def _rendered_request(request: Request) -> Iterator[str]:
    yield f"    {request.method} {request.url}"
    for name, value in request.headers.items():
        yield f"    {name}: {value}"
    if request.body is not None:
        yield f"    {pretty(request.body, 4)}"
