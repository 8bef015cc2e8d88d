"""Previews of events on the command line: their counts, as text, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from destination_kit.cli.instances import subscription_label
from destination_kit.cli.rendering import (
    json_default,
    render_json_block,
    render_paragraph,
    render_table,
)
from destination_kit.delivery.event_filter import create_event_filter
from destination_kit.delivery.event_review import EventReview
from destination_kit.delivery.events import InvalidLine, read_delivery_request
from destination_kit.delivery.outcomes import failure_record, location_record
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.command_interface import Writer
    from destination_kit.delivery import Line
    from destination_kit.runtime import Instance, Preview, Request

#: Subscriptions that are named below an event that matches none of them.
_MAX_MISMATCHES: Final = 3


@dataclass(frozen=True, slots=True)
class EventPreview:
    """An event with its previews."""

    line: Line
    #: The event, or why its line holds none.
    event: JsonObject | Failed = field(repr=False)
    #: One preview per subscription; none for an event that is not sent.
    previews: tuple[Preview, ...] = ()
    #: Why the event filter refuses the event; None where it does not.
    refusal: str | None = None

    @property
    def matches(self) -> tuple[Preview, ...]:
        """The previews of the subscriptions that match, or that cannot tell."""
        return tuple(preview for preview in self.previews if preview.unmet is None)

    @property
    def has_failed(self) -> bool:
        """Whether the event, or a subscription of it, would fail."""
        return isinstance(self.event, Failed) or any(preview.failed for preview in self.previews)


class PreviewCounts:
    """Counts of previewed events, by event and by subscription."""

    def __init__(self, instance: Instance) -> None:
        self._filter = create_event_filter(instance)
        self._matches: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._subscriptions = [
            compiled.subscription.name for compiled in instance.compiled_subscriptions
        ]
        self.review = EventReview(instance)
        #: Events, and among them those that match, that would fail, and that the filter refuses.
        self.events = self.matched = self.failed = self.refused = 0
        #: Whether there are more events, which were not read.
        self.has_more = False
        #: Why the events cannot be read further, empty where they can.
        self.fault = ""

    async def preview(self, instance: Instance, line: Line) -> EventPreview:
        """Return the preview of a line."""
        request = read_delivery_request(line)
        if isinstance(request, InvalidLine):
            return EventPreview(line, request.failure)
        if refusal := self._filter.refusal(request.event):
            return EventPreview(line, request.event, refusal=refusal)
        previews = tuple(
            preview
            for preview in await instance.preview(request.event)
            if request.only is None or preview.subscription in request.only
        )
        return EventPreview(line, request.event, previews)

    def add(self, preview: EventPreview) -> None:
        """Count an event."""
        self.events += 1
        self.failed += preview.has_failed
        self.refused += preview.refusal is not None
        self.matched += bool(preview.matches)
        for match in preview.matches:
            self._matches[match.subscription] += 1
            self._failures[match.subscription] += match.failed is not None
        if not isinstance(preview.event, Failed):
            is_match, refusal = bool(preview.matches), preview.refusal
            self.review.add(preview.line, preview.event, is_match=is_match, refusal=refusal)

    def render(self) -> Iterator[str]:
        """Yield the lines of the summary."""
        first = "the first " if self.has_more else ""
        noun = "event" if self.events == 1 else "events"
        parts = [f"{self.matched:,} match", f"{self.failed:,} would fail"]
        parts += [f"{self.refused:,} not to be sent"] if self.refused else []
        yield f"{first}{self.events:,} {noun}: {', '.join(parts)}".capitalize()
        if self._subscriptions:
            rows = [
                (name, self._matches[name], self._failures[name]) for name in self._subscriptions
            ]
            yield render_table(("subscription", "matches", "would fail"), rows)


class TextPreviews:
    """Previews as text for a person."""

    def __init__(self, writer: Writer, *, is_full: bool) -> None:
        self._writer = writer
        self._is_full = is_full
        self._is_first = True

    def summary(self, counts: PreviewCounts) -> None:
        """Write the counts."""
        if counts.events:
            self._write("\n".join(counts.render()))
        elif not counts.fault:
            self._write("There is no event.")

    def event(self, preview: EventPreview) -> None:
        """Write an event."""
        self._write("\n".join(_render_event(preview, is_full=self._is_full)))

    def rest(self, shown: int, counts: PreviewCounts) -> None:
        """Write that some events are not shown."""
        of = "the first " if counts.has_more else ""
        events = f"{shown:,} of {of}{counts.events:,} events are shown"
        self._writer.notice(f"{events}; --limit N shows N, --all every one")

    def end(self) -> None:
        """Write what stands behind the last event."""

    def _write(self, text: str) -> None:
        self._writer.text(text if self._is_first else f"\n{text}")
        self._is_first = False


class JsonPreviews(TextPreviews):
    """Previews as one JSON array, which is written event by event."""

    def summary(self, counts: PreviewCounts) -> None:
        """Write nothing: the array holds events only."""

    def event(self, preview: EventPreview) -> None:
        """Write an event as an element of the array."""
        # In ASCII, since `text` replaces characters that a terminal could take for a command.
        text = json.dumps(_event_as_json(preview), indent=2, default=json_default)
        start = "[" if self._is_first else ","
        self._writer.text(f"{start}\n{text}")
        self._is_first = False

    def end(self) -> None:
        """Close the array."""
        self._writer.text("[]" if self._is_first else "]")


def _event_as_json(preview: EventPreview) -> Json:
    record: dict[str, Json] = {"event": preview.line.number, **location_record(preview.line)}
    if isinstance(preview.event, Failed):
        record["failed"] = failure_record(preview.event)
    if preview.refusal is not None:
        record["refused"] = preview.refusal
    return record | {"subscriptions": [_preview_as_json(one) for one in preview.previews]}


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
    if preview.requests:
        requests = [_request_as_json(request) for request in preview.requests]
        record |= {"request": requests[0], "requests": requests}
    if preview.failed:
        record["failed"] = failure_record(preview.failed)
    return record


def _request_as_json(request: Request) -> Json:
    record: dict[str, Json] = {
        "method": request.method,
        "url": request.url,
        "headers": request.headers,
        "body": request.body,
    }
    return record | ({"assumed": request.assumption} if request.assumption else {})


def _render_event(preview: EventPreview, *, is_full: bool) -> Iterator[str]:
    location = preview.line.location
    name = f"Event {preview.line.number}" + (f" ({location})" if location else "")
    if isinstance(preview.event, Failed):
        yield f"{name} fails: {preview.event.message}"
        return
    yield f"{name}: {summarize_event(preview.event)}"
    if preview.refusal is not None:
        yield render_paragraph(f"is not sent: {preview.refusal}", "  ")
        return
    mismatches = [shown for shown in preview.previews if shown.unmet is not None]
    for match in preview.matches:
        yield from _render_match(match)
    if is_full or not preview.matches:
        yield from _render_mismatches(mismatches, len(mismatches) if is_full else _MAX_MISMATCHES)


def summarize_event(event: JsonObject) -> str:
    """Return type, name and user id of an event, as far as it has them."""
    name = event.get("event") or event.get("name")
    user = event.get("userId") or event.get("anonymousId")
    parts = (event.get("type"), json.dumps(name, ensure_ascii=False) if name else None, user)
    # A line break in an id would let the event write lines of its own.
    return " ".join(" ".join(str(part).split()) for part in parts if part) or "without a type"


def _render_mismatches(previews: list[Preview], count: int) -> Iterator[str]:
    for preview in previews[:count]:
        label = subscription_label(preview.subscription, preview.action)
        yield f"  {label}: does not match {preview.unmet}"
    if len(previews) > count:
        yield f"  and {len(previews) - count:,} more subscriptions that do not match"


def _render_match(preview: Preview) -> Iterator[str]:
    yield f"  {subscription_label(preview.subscription, preview.action)}"
    if preview.payload is not None:
        yield f"    payload {render_json_block(preview.payload, 4)}"
    for request in preview.requests:
        yield from _render_request(request)
    if preview.failed:
        yield render_paragraph(f"fails: {preview.failed.message}", "    ")
    elif not preview.requests:
        yield "    no request"


def _render_request(request: Request) -> Iterator[str]:
    yield f"    {request.method} {request.url}"
    for name, value in request.headers.items():
        yield f"    {name}: {value}"
    if request.body is not None:
        yield f"    {render_json_block(request.body, 4)}"
    if request.assumption:
        yield render_paragraph(f"then, assuming that {request.assumption}:", "    ", hang="  ")
