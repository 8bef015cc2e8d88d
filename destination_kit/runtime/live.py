"""An open instance: it owns the HTTP client and the observers, and drains when it closes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Self

from destination_kit._json import JsonObject
from destination_kit.definitions import EMPTY, AuthResult, Choices, Context, ListChoices
from destination_kit.errors import DefinitionError, DeliveryError
from destination_kit.results import EventResult, Failed, ResultRecord, SubscriptionResult
from destination_kit.runtime.failures import closed, crowded
from destination_kit.runtime.observers import Observers
from destination_kit.runtime.pipeline import Pipeline
from destination_kit.telemetry import DURATION, RESULTS, Attributes

if TYPE_CHECKING:
    from destination_kit.http import Client
    from destination_kit.runtime.instance import Instance

_LETTING_GO = 1.0  # seconds


class Live:
    """Sends events for one instance. Use it in `async with`; one event loop, any number of tasks."""

    def __init__(
        self, instance: Instance, client: Client, *, batching: bool = True, window: int
    ) -> None:
        self._instance = instance
        self._client = client
        self._observers = Observers(instance.observers)
        listened = bool(instance.observers) or not client.is_silent
        report = self._report if listened else _to_nobody
        self._pipeline = Pipeline(
            client, instance.candidates, instance.redact, report, batching=batching
        )
        self._window = window
        self._calls = self._events = 0
        self._ended = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def aclose(self, *, deadline: float | None = None) -> None:
        """Refuse new events, wait for those under way, and close every connection.

        What is not finished after `deadline` seconds ends as `INSTANCE_CLOSED`.
        """
        self._closed = True
        try:
            if not await self._is_idle(deadline):
                self._pipeline.give_up()
                self._ended.set()
                await self._is_idle(_LETTING_GO)
            await self._client.aclose()
        finally:
            await asyncio.to_thread(self._observers.close)

    async def send(
        self,
        events: Sequence[JsonObject],
        *,
        deadline: float = 30.0,
        received_at: datetime | None = None,
        only: Collection[str] | None = None,
    ) -> list[EventResult]:
        """Return what became of each event, in order, not later than `deadline` seconds from now.

        For whoever sends events again: `received_at` is when they were first received (now if not given),
        and `only` names the subscriptions that shall get them (all if not given). What is not a
        list of JSON objects raises `TypeError` before anything is sent.

        Payloads of an action that takes batches wait for those of other calls, as long as its
        limits say, so many calls at a time cost few requests.
        """
        _check_events(events)
        if self._closed:
            msg = "this instance is closed"
            raise RuntimeError(msg)
        context, until = self._context(received_at), monotonic() + deadline
        self._calls += 1
        self._idle.clear()
        try:
            count = len(events)
            has_room = not self._is_full(count) or await self._has_room(count, deadline)
            if self._pipeline.given_up or not has_room:
                failed = crowded(self._window) if not has_room else closed(wrote=False)
                return self._refused(events, failed, only)
            self._events += count
            try:
                left = round(until - monotonic(), 3)
                return await self._pipeline.send(context, events, left, only)
            finally:
                self._events -= count
                self._ended.set()
        finally:
            self._calls -= 1
            if not self._calls:
                self._idle.set()

    def _refused(
        self, events: Sequence[JsonObject], failed: Failed, only: Collection[str] | None
    ) -> list[EventResult]:
        return [self._instance.failed(event, failed, only) for event in events]

    async def _has_room(self, count: int, seconds: float) -> bool:
        """Return whether so many events may be under way as well, as soon as they may."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._is_full(count):
                    if self._pipeline.given_up:
                        break
                    self._ended.clear()
                    await self._ended.wait()
                return True
        return False

    def _is_full(self, count: int) -> bool:
        return bool(self._events) and self._events + count > self._window

    async def _is_idle(self, seconds: float | None) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._idle.wait()
        return False

    def shares_calls(self, event: JsonObject) -> bool:
        """Return whether whatever this event may start can share its calls with other events."""
        return self._pipeline.shares_calls(event)

    async def owner(self) -> str:
        """Return whose account it is, as the partner says; "" where it does not."""
        ask = self._instance.destination.resolve_account
        return await ask(self._context()) if ask else ""

    async def authenticate(self) -> AuthResult:
        """Ask the partner whether the credentials are good."""
        test = self._instance.destination.authentication.test
        if test is None:
            return AuthResult(ok=True, warnings=("this destination has no way to test them",))
        redact = self._instance.redact
        try:
            found = await test(self._context())
        except DeliveryError as error:
            return AuthResult(ok=False, message=redact(str(error)))
        return AuthResult(
            found.ok,
            found.account and redact(found.account),
            redact(found.message),
            tuple(map(redact, found.warnings)),
        )

    async def choices(
        self, action: str, field: str, *, mapping: JsonObject = EMPTY, page: str | None = None
    ) -> Choices:
        """Return a page of the choices that the partner has for a dynamic field."""
        return await self._lister(action, field)(self._context(), mapping, page)

    def _lister(self, action: str, field: str) -> ListChoices:
        slug = self._instance.destination.slug
        if action not in self._instance.destination.actions:
            raise DefinitionError("no such action", where=f"{slug}/{action}")
        choices = self._instance.destination.actions[action].choices
        if field not in choices:
            raise DefinitionError("has no dynamic choices", where=f"{slug}/{action}/{field}")
        return choices[field]

    def _context(self, received_at: datetime | None = None) -> Context:
        return Context(
            settings=self._instance.settings,
            http=self._client,
            received_at=_in_utc(received_at) if received_at else datetime.now(UTC),
            shared_state=self._instance.shared_state,
        )

    def _report(self, result: SubscriptionResult, started: datetime, seconds: float) -> None:
        record = ResultRecord(
            destination=self._instance.destination.slug,
            instance=self._instance.name,
            result=result,
            started=started,
            seconds=seconds,
        )
        self._observers.tell(record)
        attributes = _attributes(record)
        self._client.telemetry.count(RESULTS, attributes)
        self._client.telemetry.measure(DURATION, seconds, attributes)


def _to_nobody(_result: SubscriptionResult, _started: datetime, _seconds: float) -> None:
    return


def _attributes(record: ResultRecord) -> Attributes:
    result = record.result.result
    code = result.code if isinstance(result, Failed) else ""
    return {
        "destination_kit.destination": record.destination,
        "destination_kit.action": record.result.action,
        "destination_kit.status": "failed" if code else "delivered",
        "destination_kit.code": code,
    }


def _check_events(events: Sequence[JsonObject]) -> None:
    if isinstance(events, str | Mapping):
        msg = f"send takes a list of events, not a {type(events).__name__}"
        raise TypeError(msg)
    for index, event in enumerate(events):
        if type(event) is not dict and not isinstance(event, Mapping):
            msg = f"an event is a JSON object; item {index} is a {type(event).__name__}"
            raise TypeError(msg)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        msg = "`received_at` needs a time zone"
        raise ValueError(msg)
    return moment.astimezone(UTC)
