"""Live: an open instance, which owns the HTTP client and drains when it closes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Final, Self, Unpack

from destination_kit._event_size import MAX_EVENT_BYTES
from destination_kit._json import JsonObject, copy_json
from destination_kit.audience_details import AudienceDetails
from destination_kit.audiences import create_audience, get_audience
from destination_kit.auth_results import AuthResult
from destination_kit.choice_lists import ChoiceForm, ChoiceLists
from destination_kit.credential_tests import run_test
from destination_kit.definitions import Context
from destination_kit.deletion import create_delete_event
from destination_kit.dynamic_choices import ChoiceOptions, ChoiceRequest, Choices
from destination_kit.errors import DefinitionError
from destination_kit.http import Client
from destination_kit.mapping_hooks import run_hook
from destination_kit.results import EventResult, Failed
from destination_kit.runtime.failures import (
    fail_on_close,
    fail_on_expired_deadline,
    fail_on_full_window,
)
from destination_kit.runtime.instance_plan import InstancePlan
from destination_kit.runtime.pipeline import Pipeline
from destination_kit.runtime.reporting import create_reporter
from destination_kit.send_options import SendOptions, refuse_unknown_options
from destination_kit.services import Services
from destination_kit.telemetry import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLimits:
    """How many events an open instance takes at once, and how large they may be."""

    #: Events in flight.
    window: int
    #: Bytes of one event as JSON.
    event_bytes: int = MAX_EVENT_BYTES


#: Seconds for cancelled deliveries to return their results.
_ABORT_TIMEOUT: Final = 1.0


class Live:
    """Sends events for one instance. Use it in `async with`, in one event loop, from any tasks.

    In a second event loop it raises `RuntimeError`, since its connections belong to the first.
    """

    def __init__(  # noqa: PLR0913 - only `Instance.open` calls it, with keywords
        self,
        plan: InstancePlan,
        client: Client,
        *,
        telemetry: Telemetry | None = None,
        batching: bool = True,
        limits: EventLimits,
        services: Services,
    ) -> None:
        self._plan = plan
        self._services = services
        self._client = client
        self._choice_lists = ChoiceLists(plan.destination)
        self._reporter = create_reporter(
            plan.destination.slug, plan.name, plan.observers, telemetry
        )
        self._pipeline = Pipeline(
            plan, client, self._reporter, batching=batching, max_event_bytes=limits.event_bytes
        )
        self._window = limits.window
        self._calls = self._events = 0
        self._event_ended = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        #: The event loop of the first use.
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def plan(self) -> InstancePlan:
        """The destination, settings and subscriptions that this instance runs."""
        return self._plan

    async def __aenter__(self) -> Self:
        self._check_loop()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def aclose(self, *, deadline: float | None = None) -> None:
        """Refuse new events, wait for deliveries in flight, and close every connection.

        A delivery that is not finished after `deadline` seconds ends as `INSTANCE_CLOSED`.
        """
        self._check_loop()
        self._closed = True
        try:
            if not await self._wait_until_idle(deadline):
                self._pipeline.abort()
                self._event_ended.set()
                await self._wait_until_idle(_ABORT_TIMEOUT)
            await self._client.aclose()
        finally:
            if self._reporter:
                # `close` waits for the observers' threads, which would block the event loop.
                await asyncio.to_thread(self._reporter.close)

    async def send(
        self,
        events: Sequence[JsonObject],
        *,
        deadline: float = 30.0,
        **options: Unpack[SendOptions],
    ) -> list[EventResult]:
        """Return one result per event, in order, at most `deadline` seconds from now.

        `SendOptions` describes the options, which matter for repeated events. With a `deadline` of
        0 or less nothing is sent, and each result is a `SELF_TIMEOUT` that says so.

        Raises, before anything is sent: `TypeError` for events that are not a list of JSON objects,
        for an `only` that is not a list of names, and for an unknown option, `ValueError` for a deadline that is not a number, `RuntimeError` in another event loop than
        that of the first use.

        Payloads of an action with `perform_batch` wait for those of other calls as long as its
        limits allow, so concurrent calls need few requests.
        """
        return await self.send_until(time_of_deadline(deadline), events, **options)

    async def send_until(
        self, until: float, events: Sequence[JsonObject], **options: Unpack[SendOptions]
    ) -> list[EventResult]:
        """Do what `send` does, by a time in monotonic seconds."""
        only = options.get("only")
        check_events(events, options)
        if self._closed:
            msg = "this instance is closed"
            raise RuntimeError(msg)
        self._check_loop()
        if until <= monotonic():
            return self._fail_all(events, fail_on_expired_deadline(), only)
        context, count = self._context(options), len(events)
        self._calls += 1
        self._idle.clear()
        try:
            if self._is_full(count) and not await self._wait_for_room(count, until):
                return self._fail_all(events, fail_on_full_window(self._window), only)
            if self._pipeline.is_aborted:
                return self._fail_all(events, fail_on_close(wrote=False), only)
            self._events += count
            try:
                return await self._pipeline.send(context, events, until, options)
            finally:
                self._events -= count
                self._event_ended.set()
        finally:
            self._calls -= 1
            if not self._calls:
                self._idle.set()

    async def delete(
        self,
        *,
        user_id: str | None = None,
        anonymous_id: str | None = None,
        deadline: float = 30.0,
    ) -> EventResult:
        """Send the `delete` event of a user; its result is that of `send`.

        Raises `ValueError` without any id.
        """
        event = create_delete_event(user_id, anonymous_id)
        return (await self.send([event], deadline=deadline))[0]

    def _fail_all(
        self, events: Sequence[JsonObject], failed: Failed, only: Collection[str] | None
    ) -> list[EventResult]:
        return [self._plan.fail_event(event, failed, only) for event in events]

    def _check_loop(self) -> None:
        """Raise `RuntimeError` in another event loop than that of the first use."""
        loop = asyncio.get_running_loop()
        self._loop = self._loop or loop
        if self._loop is not loop:
            msg = (
                "this instance is in use in another event loop: open one in each event loop, or use"
                " `open_in_thread`, whose instance works in all of them"
            )
            raise RuntimeError(msg)

    async def _wait_for_room(self, count: int, until: float) -> bool:
        """Return whether the window has room for more events by a time in monotonic seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(until - monotonic()):
                while self._is_full(count) and not self._pipeline.is_aborted:
                    self._event_ended.clear()
                    await self._event_ended.wait()
                return True
        return False

    def _is_full(self, count: int) -> bool:
        # One call can have more events than the window. Without the first test it could never
        # start, even with no event in flight.
        return bool(self._events) and self._events + count > self._window

    async def _wait_until_idle(self, seconds: float | None) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._idle.wait()
        return False

    def split_by_calls(self, event: JsonObject) -> tuple[frozenset[str], frozenset[str]]:
        """Return the names of the subscriptions that the event can start.

        Deliveries of the first ones share requests with other events, those of the second do not.
        """
        return self._pipeline.split_by_calls(event)

    def available_requests(self) -> dict[str, int]:
        """Return rate limit -> how many requests its account may send at once.

        A limit appears with its first request. During the pause after a 429 it has 0.
        """
        return self._client.available_requests()

    async def authenticate(self) -> AuthResult:
        """Test the credentials by a request to the partner; what the test raises is a result, too."""
        self._check_loop()
        test = self._plan.destination.authentication.test
        if test is None:
            return AuthResult(ok=True, warnings=("this destination has no test of credentials",))
        where = f"{self._plan.destination.slug}: the test of credentials"
        return await run_test(partial(test, self._context({})), where, self._plan.redact)

    async def choices(self, action: str, field: str, **options: Unpack[ChoiceOptions]) -> Choices:
        """Return a page of the partner's choices for a dynamic field of an action.

        The options are the attributes of `ChoiceRequest`. Raises `DefinitionError` where there is
        no such action or dynamic field, `DeliveryError` where its function fails.
        """
        return await self._list_choices(self._choice_lists.action(action), field, options)

    async def hook_choices(
        self, action: str, hook: str, field: str, **options: Unpack[ChoiceOptions]
    ) -> Choices:
        """Return a page of the choices for an input of an action's mapping hook; see `choices`."""
        return await self._list_choices(self._choice_lists.hook(action, hook), field, options)

    async def setting_choices(self, field: str, **options: Unpack[ChoiceOptions]) -> Choices:
        """Return a page of the choices for a setting; see `choices`.

        Its function gets the settings of this instance: those so far, if `configure` got a draft.
        """
        return await self._list_choices(self._choice_lists.settings(), field, options)

    async def audience_choices(self, field: str, **options: Unpack[ChoiceOptions]) -> Choices:
        """Return a page of the choices for a setting of an audience; see `choices`."""
        return await self._list_choices(self._choice_lists.audience(), field, options)

    async def _list_choices(self, form: ChoiceForm, field: str, options: ChoiceOptions) -> Choices:
        self._check_loop()
        request = ChoiceRequest(**copy_json(options))
        return await form.list_page(self._context({}), field, request, self._plan.redact)

    async def create_audience(self, audience: AudienceDetails) -> str:
        """Create an audience at the partner, and return the partner's id of it.

        Raises what `destination_kit.audiences.create_audience` does.
        """
        self._check_loop()
        plan = self._plan
        return await create_audience(plan.destination, self._context({}), audience, plan.redact)

    async def get_audience(self, audience: AudienceDetails) -> str:
        """Find the audience with an `external_id` at the partner, and return the partner's id.

        Raises what `destination_kit.audiences.get_audience` does.
        """
        self._check_loop()
        plan = self._plan
        return await get_audience(plan.destination, self._context({}), audience, plan.redact)

    async def run_hook(self, subscription: str, hook: str, inputs: JsonObject) -> JsonObject:
        """Run a mapping hook of a subscription's action; return its outputs, for the document.

        Raises as `run_hook` of `destination_kit.mapping_hooks` does.
        """
        self._check_loop()
        actions = (item.action for item in self._plan.subscriptions if item.name == subscription)
        action = next(actions, None)
        if action is None:
            raise DefinitionError("no such subscription", where=subscription)
        found = self._plan.destination.actions[action]
        return await run_hook(found, hook, self._context({}), inputs, self._plan.redact)

    def _context(self, options: SendOptions) -> Context:
        received_at = options.get("received_at")
        return Context(
            settings=self._plan.settings,
            http=self._client,
            received_at=_to_utc(received_at) if received_at else datetime.now(UTC),
            shared_state=self._plan.shared_state,
            attempt=options.get("attempt", 1),
            services=self._services,
        )


def time_of_deadline(seconds: float) -> float:
    """Return when a deadline ends, in monotonic seconds; raise `ValueError` for no number."""
    given: object = seconds
    if not isinstance(given, int | float) or math.isnan(given):
        msg = f"deadline takes a number of seconds, not {given!r}"
        raise ValueError(msg)
    return monotonic() + given


def check_events(events: Sequence[JsonObject], options: SendOptions) -> None:
    """Raise `TypeError` for events that are no list of JSON objects, and for wrong options."""
    refuse_unknown_options("send", options, SendOptions)
    only = options.get("only")
    if only is not None and (isinstance(only, str) or not all(isinstance(n, str) for n in only)):
        msg = f"only takes a list of names of subscriptions, not {only!r:.200}"
        raise TypeError(msg)
    if isinstance(events, str | Mapping):
        msg = f"send takes a list of events, not a {type(events).__name__}"
        raise TypeError(msg)
    for index, event in enumerate(events):
        # `isinstance` would ask an event for its `__class__`, which may raise.
        if type(event) is not dict and not issubclass(type(event), Mapping):
            msg = f"an event is a JSON object; item {index} is a {type(event).__name__}"
            raise TypeError(msg)


def _to_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        msg = "`received_at` needs a time zone"
        raise ValueError(msg)
    return moment.astimezone(UTC)
