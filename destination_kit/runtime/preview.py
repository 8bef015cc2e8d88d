"""What an event would do: payloads and first requests, without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NoReturn, Unpack

from destination_kit._json import Json, JsonObject
from destination_kit._redact import MASK, Redact, masked, redactor, shown_url
from destination_kit.definitions import Context
from destination_kit.http import Access, Outgoing, prepare
from destination_kit.http_interface import Http, RequestOptions
from destination_kit.results import Failed
from destination_kit.runtime.dispatch import CompiledSubscription
from destination_kit.runtime.failures import failure, invalid


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

    `reads` are the paths of an event that the mapping may read, such as `traits.email`. `unmet` is
    the clause of the trigger that does not match; else there is a payload with its first request,
    or `failed` says why there would be none.
    """

    subscription: str
    action: str
    reads: tuple[str, ...] = ()
    unmet: str | None = None
    payload: JsonObject | None = None
    request: Request | None = None
    failed: Failed | None = None


class _Stop(BaseException):
    """Ends a rehearsed `perform` at its first request; no `except Exception` of its own sees it."""


class _Rehearsal(Http):
    """An `Http` that checks requests as the real client does, keeps the first, and stops there."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.first: Outgoing | None = None

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> NoReturn:
        outgoing = prepare(self._access, method, url, options)
        self.first = self.first or outgoing
        raise _Stop


async def preview(
    routes: Sequence[CompiledSubscription],
    access: Access,
    settings: Mapping[str, Any],
    event: JsonObject,
    shared_state: Any = None,
) -> list[Preview]:
    """Return what each of these routes would make of the event."""
    anonymous_id = event.get("anonymousId")
    context = Context(
        settings=settings,
        http=_Rehearsal(access),
        received_at=datetime.now(UTC),
        anonymous_id=anonymous_id if isinstance(anonymous_id, str) else None,
        shared_state=shared_state,
    )
    return [await _preview_one(route, access, context, event) for route in routes]


async def _preview_one(
    route: CompiledSubscription, access: Access, context: Context, event: JsonObject
) -> Preview:
    name, action = route.subscription.name, route.subscription.action
    shown = Preview(subscription=name, action=action, reads=route.reads)
    try:
        if not route.matches(event):
            return replace(shown, unmet=route.explain(event))
        payload, problems = route.prepare(event)
    except Exception as error:  # noqa: BLE001 - whatever it is would fail this event only
        return replace(shown, failed=failure(error, access.redact))
    redact = _both(access.redact, redactor(route.hidden(payload)))
    visible = {name: masked(value, redact) for name, value in payload.items()}
    shown = replace(shown, payload=visible)
    if problems:
        return replace(shown, failed=invalid(problems))
    http = _Rehearsal(access)
    try:
        await route.action.perform(replace(context, http=http), payload)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise
    except BaseException as error:  # noqa: BLE001 - the stop, in a group maybe, or a fault
        if http.first is None:
            return replace(shown, failed=failure(error, redact))
    if http.first is None:
        return shown
    return replace(shown, request=_request(http.first, access, redact))


def _both(first: Redact, second: Redact) -> Redact:
    return lambda text: second(first(text))


def _request(outgoing: Outgoing, access: Access, redact: Redact) -> Request:
    headers = {
        name: MASK if name in access.headers else redact(value)
        for name, value in outgoing.headers.items()
    }
    body = masked(json.loads(outgoing.content), redact) if outgoing.content else None
    return Request(outgoing.method, redact(shown_url(outgoing.url)), headers, body)
