"""Threaded instance: an open instance on a thread of its own, for code that a host does not trust."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Thread
from time import monotonic
from typing import Any, Final, NamedTuple, Self, TypeVar, Unpack

from destination_kit._json import JsonObject
from destination_kit.audience_details import AudienceDetails
from destination_kit.deletion import create_delete_event
from destination_kit.errors import SelfTimeoutError
from destination_kit.results import EventResult, Failed
from destination_kit.runtime.failures import (
    fail_on_close,
    fail_on_deadline,
    fail_on_expired_deadline,
    fail_on_full_window,
    log_lost_exception,
)
from destination_kit.runtime.instance_plan import InstancePlan
from destination_kit.runtime.live import Live, check_events, time_of_deadline
from destination_kit.send_options import SendOptions

T = TypeVar("T")

logger = logging.getLogger("destination_kit")
_CLOSED: Final = "this instance is closed"
# The thread returns within `GRACE` (0.1 s) after the deadline, unless blocked. Ten times as long
# allows for a busy machine.
_SLACK: Final = 1.0


class _Opened(NamedTuple):
    """An instance that is open in the thread."""

    loop: asyncio.AbstractEventLoop
    live: Live
    #: Set to end the loop.
    closing: asyncio.Event


class ThreadedInstance:
    """Sends events for one instance from an event loop of its own. Use it in `async with`.

    A destination that blocks its loop holds up this instance only: `send` still returns at about
    its deadline, with the outcome "unknown". It can be used from any event loop. An exception
    while the instance opens is raised where it is first used.
    """

    def __init__(self, plan: InstancePlan, start: Callable[[], Live], window: int) -> None:
        self._plan = plan
        self._window = window
        self._events = 0
        self._closed = False
        self._opened: Future[_Opened] = Future()
        name = f"destination_kit {plan.name}"
        # At exit Python waits for each thread that is no daemon, so a blocked one would keep the
        # process alive.
        self._thread = Thread(target=self._run, args=(start,), name=name, daemon=True)
        self._thread.start()

    async def __aenter__(self) -> Self:
        await self._wait_until_open(None)
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def send(
        self,
        events: Sequence[JsonObject],
        *,
        deadline: float = 30.0,
        **options: Unpack[SendOptions],
    ) -> list[EventResult]:
        """Return one result per event, as `Live.send` does."""
        only = options.get("only")
        check_events(events, options)
        if self._closed:
            raise RuntimeError(_CLOSED)
        until = time_of_deadline(deadline)
        if until <= monotonic():
            return self._fail_all(events, fail_on_expired_deadline(), only)
        try:
            opened = await self._wait_until_open(until)
        except TimeoutError:
            return self._fail_all(events, fail_on_deadline(deadline, wrote=False), only)
        if self._events and self._events + len(events) > self._window:
            return self._fail_all(events, fail_on_full_window(self._window), only)
        self._events += len(events)
        send = partial(opened.live.send_until, until, events, **options)
        sending = self._send_in_thread(send, until, len(events))
        sent = asyncio.run_coroutine_threadsafe(sending, opened.loop)
        outcome = await self._wait_for_thread(sent, until, deadline)
        return self._fail_all(events, outcome, only) if isinstance(outcome, Failed) else outcome

    async def delete(
        self,
        *,
        user_id: str | None = None,
        anonymous_id: str | None = None,
        deadline: float = 30.0,
    ) -> EventResult:
        """Send the `delete` event of a user, as `Live.delete` does."""
        event = create_delete_event(user_id, anonymous_id)
        return (await self.send([event], deadline=deadline))[0]

    async def create_audience(self, audience: AudienceDetails, *, deadline: float = 30.0) -> str:
        """Create an audience, as `Live.create_audience` does; see `call`."""
        return await self.call(lambda live: live.create_audience(audience), deadline=deadline)

    async def get_audience(self, audience: AudienceDetails, *, deadline: float = 30.0) -> str:
        """Find an audience, as `Live.get_audience` does; see `call`."""
        return await self.call(lambda live: live.get_audience(audience), deadline=deadline)

    async def call(
        self, function: Callable[[Live], Coroutine[Any, Any, T]], *, deadline: float = 30.0
    ) -> T:
        """Call any other method of `Live`, such as `lambda live: live.authenticate()`.

        Raises what it raises, and `SelfTimeoutError` where it takes longer than `deadline` seconds.
        """
        if self._closed:
            raise RuntimeError(_CLOSED)
        try:
            async with asyncio.timeout(deadline):
                opened = await self._wait_until_open(None)
                called = asyncio.run_coroutine_threadsafe(function(opened.live), opened.loop)
                return await asyncio.wrap_future(called)
        except TimeoutError:
            message = f"{self._plan.name} did not answer within {deadline:g} s"
            raise SelfTimeoutError(message) from None
        except asyncio.CancelledError:
            if self._is_caller_cancelled():
                raise
            raise RuntimeError(_CLOSED) from None

    async def _wait_for_thread(
        self, sent: Future[list[EventResult] | None], until: float, deadline: float
    ) -> list[EventResult] | Failed:
        seconds = until + _SLACK - monotonic()
        try:
            results = await asyncio.wait_for(asyncio.wrap_future(sent), seconds)
        except TimeoutError:
            return fail_on_deadline(deadline, wrote=True)
        except asyncio.CancelledError:
            if self._is_caller_cancelled():
                raise
            return fail_on_close(wrote=True)
        return fail_on_deadline(deadline, wrote=False) if results is None else results

    @staticmethod
    def _is_caller_cancelled() -> bool:
        # The thread's loop cancels its tasks when it ends, and the caller needs a result then. Only
        # a cancellation of the caller's own task is raised.
        task = asyncio.current_task()
        return task is None or task.cancelling() > 0

    async def _send_in_thread(
        self,
        send: Callable[[], Coroutine[Any, Any, list[EventResult]]],
        until: float,
        count: int,
    ) -> list[EventResult] | None:
        """Send events, or return None where the thread was blocked until their deadline."""
        try:
            if monotonic() >= until:
                return None
            return await send()
        finally:
            self._events -= count

    async def aclose(self, *, deadline: float = 5.0) -> None:
        """Close the instance as `Live.aclose` does; abandon its thread, with a log, if it is blocked."""
        if self._closed:
            return
        self._closed = True
        opened = None
        try:
            opened = await self._wait_until_open(monotonic() + deadline)
            closing = asyncio.run_coroutine_threadsafe(
                opened.live.aclose(deadline=deadline), opened.loop
            )
            # After its deadline `Live.aclose` waits up to a second each for aborted deliveries and
            # for observers. The third second is for its connections.
            await asyncio.wait_for(asyncio.wrap_future(closing), deadline + 3 * _SLACK)
        except TimeoutError:
            pass
        finally:
            if opened:
                opened.loop.call_soon_threadsafe(opened.closing.set)
        await asyncio.to_thread(self._thread.join, _SLACK)
        if self._thread.is_alive():
            logger.warning("%s is held up: its thread is left behind", self._plan.name)

    async def _wait_until_open(self, until: float | None) -> _Opened:
        seconds = None if until is None else until - monotonic()
        # Several calls wait for this future. Without the shield, a timeout of the first would
        # cancel it for all.
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._opened)), seconds)

    def _fail_all(
        self, events: Sequence[JsonObject], failed: Failed, only: Collection[str] | None
    ) -> list[EventResult]:
        return [self._plan.fail_event(event, failed, only) for event in events]

    def _run(self, start: Callable[[], Live]) -> None:
        asyncio.run(self._serve(start))

    async def _serve(self, start: Callable[[], Live]) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(log_lost_exception)
        try:
            opened = _Opened(loop, start(), asyncio.Event())
        except BaseException as error:  # noqa: BLE001 - a thread cannot raise into its caller, which gets it from the future
            self._opened.set_exception(error)
            return
        self._opened.set_result(opened)
        await opened.closing.wait()
