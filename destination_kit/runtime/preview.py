"""Preview: the payload and first request that an event would cause, or why nothing matches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NoReturn, Unpack

from destination_kit._json import Json, JsonObject
from destination_kit._redact import MASK, Redact, compile_redactor, mask_json, mask_url
from destination_kit.definitions import Context
from destination_kit.http import OutgoingRequest, RequestPolicy, prepare_request
from destination_kit.http_interface import Http, RequestOptions
from destination_kit.results import Failed
from destination_kit.runtime.dispatch import CompiledSubscription
from destination_kit.runtime.event_context import event_context
from destination_kit.runtime.failures import fail_on_exception, fail_on_invalid_payload


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a preview shows it: with secrets masked, and without the query of its URL."""

    method: str
    url: str
    headers: Mapping[str, str]
    #: The body as JSON, None for a request without one.
    body: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What one subscription would do with an event."""

    #: Name of the subscription.
    subscription: str
    #: Slug of the action.
    action: str
    #: Paths of the event that the mapping may read, such as `traits.email`.
    reads: tuple[str, ...] = ()
    #: The clause of the trigger that does not match; None where the trigger matches.
    unmet: str | None = None
    #: What the mapping makes of the event, with secrets masked.
    payload: JsonObject | None = None
    #: The first request of `perform`, None where it sends none.
    request: Request | None = None
    #: Why the event would not be delivered.
    failed: Failed | None = None


class _FirstRequestReached(BaseException):
    """Ends a `perform` at its first request.

    A BaseException, so that no `except Exception` of the author catches it.
    """


class _PreviewHttp(Http):
    """An `Http` that checks requests as `Client` does, and keeps the first instead of sending it."""

    def __init__(self, policy: RequestPolicy) -> None:
        self._policy = policy
        self.first: OutgoingRequest | None = None

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> NoReturn:
        request = prepare_request(self._policy, method, url, options)
        # A `perform` can start several requests at once, and all arrive before the exception ends
        # it. Without `or` the last would be shown.
        self.first = self.first or request
        raise _FirstRequestReached


async def preview(
    subscriptions: Sequence[CompiledSubscription],
    policy: RequestPolicy,
    settings: Mapping[str, Any],
    event: JsonObject,
    shared_state: Any = None,
) -> list[Preview]:
    """Return what each subscription would do with the event; nothing is sent."""
    context = Context(
        settings=settings,
        http=_PreviewHttp(policy),
        received_at=datetime.now(UTC),
        shared_state=shared_state,
    )
    return [await _preview_one(compiled, policy, context, event) for compiled in subscriptions]


async def _preview_one(
    compiled: CompiledSubscription, policy: RequestPolicy, context: Context, event: JsonObject
) -> Preview:
    shown = Preview(
        subscription=compiled.subscription.name,
        action=compiled.subscription.action,
        reads=compiled.paths_read,
    )
    try:
        if not compiled.matches(event):
            return replace(shown, unmet=compiled.explain_mismatch(event))
        payload, problems = compiled.prepare(event)
    except Exception as error:  # noqa: BLE001 - a delivery would report it as a failure too
        return replace(shown, failed=fail_on_exception(error, policy.redact))
    redact = _chain(policy.redact, compile_redactor(compiled.find_secrets(payload)))
    masked_payload = {name: mask_json(value, redact) for name, value in payload.items()}
    shown = replace(shown, payload=masked_payload)
    if problems:
        return replace(shown, failed=fail_on_invalid_payload(problems))
    http = _PreviewHttp(policy)
    own_context = event_context(context, compiled.subscription, event, http)
    try:
        await compiled.action.perform(own_context, payload)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise
    except BaseException as error:  # noqa: BLE001 - `_FirstRequestReached` is a BaseException, which an author's `except Exception` cannot catch
        if http.first is None:
            return replace(shown, failed=fail_on_exception(error, redact))
    if http.first is None:
        return shown
    return replace(shown, request=_show_request(http.first, policy, redact))


def _chain(first: Redact, second: Redact) -> Redact:
    return lambda text: second(first(text))


def _show_request(request: OutgoingRequest, policy: RequestPolicy, redact: Redact) -> Request:
    headers = {
        name: MASK if name in policy.headers else redact(value)
        for name, value in request.headers.items()
    }
    body = mask_json(json.loads(request.content), redact) if request.content else None
    return Request(request.method, redact(mask_url(request.url)), headers, body)
