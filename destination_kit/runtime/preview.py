"""What an event would do: payloads and first requests, without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NoReturn, Unpack

from destination_kit._json import Json, JsonObject
from destination_kit._redact import Redact, redactor, shown_url
from destination_kit.definitions import Context, Http, RequestOptions
from destination_kit.http import Access, Outgoing, encode, prepare
from destination_kit.results import Failed
from destination_kit.runtime.failures import failure, invalid
from destination_kit.runtime.routes import Route


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it may be shown: secrets masked, the query of its URL left out."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What one subscription would make of an event.

    `unmet` is the clause of the trigger that does not match; else there is a payload with its
    first request, or `failed` says why there would be none.
    """

    subscription: str
    action: str
    unmet: str | None = None
    payload: JsonObject | None = None
    request: Request | None = None
    failed: Failed | None = None


class _Stop(BaseException):
    """Ends a rehearsed `perform` at its first request; no `except Exception` of its own sees it."""

    def __init__(self, outgoing: Outgoing) -> None:
        self.outgoing = outgoing


class _Rehearsal(Http):
    """An `Http` that checks a request as the real client does, and stops there."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> NoReturn:
        raise _Stop(prepare(self._access, method, url, options))


async def preview(
    routes: Sequence[Route], access: Access, settings: Mapping[str, Any], event: JsonObject
) -> list[Preview]:
    """Return what each of these routes would make of the event."""
    context = Context(settings=settings, http=_Rehearsal(access), taken=datetime.now(UTC))
    return [await _preview_one(route, context, access.redact, event) for route in routes]


async def _preview_one(
    route: Route, context: Context, redact: Redact, event: JsonObject
) -> Preview:
    mask: Redact = str
    shown = Preview(subscription=route.subscription.name, action=route.subscription.action)
    try:
        if not route.matches(event):
            return replace(shown, unmet=route.explain(event))
        payload, problems = route.validate(route.resolve(event))
        mask = redactor(route.hidden(payload))
        shown = replace(shown, payload=_masked(encode(payload), mask))
        if problems:
            return replace(shown, failed=invalid(problems))
        await route.action.perform(context, payload)
    except _Stop as stop:
        return replace(shown, request=_request(stop.outgoing, lambda text: mask(redact(text))))
    except Exception as error:  # noqa: BLE001 - whatever it is would fail this event only
        return replace(shown, failed=failure(error, lambda text: mask(redact(text))))
    return shown


def _request(outgoing: Outgoing, redact: Redact) -> Request:
    headers = {name: redact(value) for name, value in outgoing.headers.items()}
    body = _masked(outgoing.content, redact) if outgoing.content else None
    return Request(outgoing.method, redact(shown_url(outgoing.url)), headers, body)


def _masked(content: bytes, redact: Redact) -> Any:
    return json.loads(redact(content.decode()))
