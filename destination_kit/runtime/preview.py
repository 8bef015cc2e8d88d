"""Preview: the payload and requests that an event would cause, or why nothing matches."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, Unpack
from urllib.parse import quote

from destination_kit._budget import UNMEASURED
from destination_kit._json import Json, JsonObject, as_object
from destination_kit._redact import Redact, compile_redactor, mask_json, mask_url
from destination_kit._secrets import MASK
from destination_kit.definitions import Context
from destination_kit.deletion import ON_DELETE
from destination_kit.http import OutgoingRequest, RequestPolicy, prepare_request
from destination_kit.http_interface import (
    AssumedResponse,
    AssumeResponse,
    Http,
    RequestOptions,
    Response,
)
from destination_kit.request_bodies import CREDENTIALS, describe_body
from destination_kit.results import Failed
from destination_kit.runtime.dispatch import CompiledSubscription
from destination_kit.runtime.event_context import event_context
from destination_kit.runtime.failures import fail_on_exception, fail_on_invalid_payload
from destination_kit.runtime.instance_plan import InstancePlan
from destination_kit.services import Services

#: The requests of one delivery that a preview shows at most.
_MAX_REQUESTS: Final = 20
_PLACEHOLDER: Final = re.compile(r"<[^<>]+>")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a preview shows it: with secrets masked, and without the query of its URL."""

    method: str
    url: str
    headers: Mapping[str, str]
    #: The body: JSON as it is, forms and files by name, another text as a text, the size of bytes;
    #: None for a request without one.
    body: Json
    #: The response that the next request assumes, for a person; empty where none is assumed.
    assumption: str = ""


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
    #: The requests of `perform`, up to the first one whose response nothing can be assumed about.
    requests: tuple[Request, ...] = ()
    #: Why the event would not be delivered.
    failed: Failed | None = None

    @property
    def request(self) -> Request | None:
        """The first request, None where `perform` sends none."""
        return self.requests[0] if self.requests else None


class _LastRequestReached(BaseException):
    """Ends a `perform` at a request after which nothing is known.

    A BaseException, so that no `except Exception` of the author catches it.
    """


class _PreviewHttp(Http):
    """An `Http` that checks requests as `Client` does, and keeps them instead of sending them."""

    def __init__(self, policy: RequestPolicy, assume: AssumeResponse | None) -> None:
        self._policy = policy
        self._assume = assume
        self.requests: list[tuple[OutgoingRequest, AssumedResponse | None]] = []
        #: Whether a request was reached after which nothing is known.
        self.is_ended = False

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        request = prepare_request(self._policy, method, url, options)
        # A `perform` can ask again until the partner has finished, which no assumption ends.
        may_go_on = self._assume and len(self.requests) < _MAX_REQUESTS - 1
        assumed = self._assume(method, request.url) if self._assume and may_go_on else None
        self.requests.append((request, assumed))
        if assumed is None:
            self.is_ended = True
            raise _LastRequestReached
        return Response(HTTPStatus.OK, {}, deepcopy(assumed.body))


async def preview(plan: InstancePlan, event: JsonObject) -> list[Preview]:
    """Return what each subscription would do with the event; nothing is sent."""
    policy = plan.request_policy()
    previews = [
        await _preview_one(compiled, plan, policy, event)
        for compiled in plan.compiled_subscriptions
    ]
    # No person has written this subscription, so that it says nothing of other events.
    return [shown for shown in previews if shown.subscription != ON_DELETE or not shown.unmet]


async def _preview_one(
    compiled: CompiledSubscription, plan: InstancePlan, policy: RequestPolicy, event: JsonObject
) -> Preview:
    shown = Preview(
        subscription=compiled.subscription.name,
        action=compiled.subscription.action,
        reads=tuple(map(policy.redact, compiled.paths_read)),
    )
    try:
        if not compiled.matches(event):
            unmet = compiled.explain_mismatch(event)
            return replace(shown, unmet=unmet and policy.redact(unmet))
        payload, problems = compiled.prepare(event, UNMEASURED)
        policy = policy.for_payload(payload)
        http = _PreviewHttp(policy, plan.destination.assume_response)
        context = event_context(_create_context(plan, http), compiled.subscription, event, http)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a delivery would report it as a failure too
        return replace(shown, failed=fail_on_exception(error, policy.redact))
    redact = _chain(policy.redact, compile_redactor(compiled.find_secrets(payload)))
    shown = replace(shown, payload=as_object(mask_json(payload, redact)))
    if problems:
        return replace(shown, failed=fail_on_invalid_payload(problems, redact))
    failed = await _perform(compiled, context, payload, redact)
    requests = tuple(_show_requests(http.requests, policy, redact))
    # Where it is not known what follows a request, its `perform` was broken off, and whatever that
    # raised is no failure of the event.
    return replace(shown, requests=requests, failed=None if http.is_ended else failed)


def _create_context(plan: InstancePlan, http: Http) -> Context:
    # The shared state of the instances remembers earlier events, such as contacts that need no
    # lookup. With it a preview could lack that request.
    create = plan.destination.create_shared_state
    return Context(
        settings=plan.settings,
        http=http,
        received_at=datetime.now(UTC),
        shared_state=create() if create else None,
        services=Services(subscriptions=plan.subscriptions),
    )


async def _perform(
    compiled: CompiledSubscription, context: Context, payload: JsonObject, redact: Redact
) -> Failed | None:
    """Run `perform` until it ends; return why it failed, None where it did not."""
    try:
        await compiled.action.perform(context, payload)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise
    except BaseException as error:  # noqa: BLE001 - `_LastRequestReached` is a BaseException, which an author's `except Exception` cannot catch
        return fail_on_exception(error, redact)
    return None


def _chain(first: Redact, second: Redact) -> Redact:
    return lambda text: second(first(text))


def _show_requests(
    requests: Sequence[tuple[OutgoingRequest, AssumedResponse | None]],
    policy: RequestPolicy,
    redact: Redact,
) -> Iterator[Request]:
    placeholders: set[str] = set()
    for index, (request, assumed) in enumerate(requests, 1):
        shown = _show_request(request, policy, redact)
        for placeholder in placeholders:
            # In a URL the angle brackets are percent-encoded, and a person would not know them.
            shown = replace(shown, url=shown.url.replace(quote(placeholder, safe=""), placeholder))
        if assumed:
            placeholders.update(_find_placeholders(assumed.body))
        is_followed = assumed is not None and index < len(requests)
        yield replace(shown, assumption=assumed.assumption) if assumed and is_followed else shown


def _find_placeholders(body: Json) -> Iterator[str]:
    if isinstance(body, str):
        yield from (body,) if _PLACEHOLDER.fullmatch(body) else ()
    elif isinstance(body, Mapping):
        for member in body.values():
            yield from _find_placeholders(member)
    elif isinstance(body, list | tuple):
        for member in body:
            yield from _find_placeholders(member)


def _show_request(request: OutgoingRequest, policy: RequestPolicy, redact: Redact) -> Request:
    headers = {
        redact(name): MASK if name in policy.headers or name in CREDENTIALS else redact(value)
        for name, value in request.headers.items()
    }
    body = mask_json(describe_body(request.content, request.headers), redact)
    return Request(request.method, redact(mask_url(request.url)), headers, body)
