"""The one pipeline: prepare (trigger, resolve, clean, coerce, check), deliver, merge."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import TypeAlias

from destination_kit._json import Json, JsonObject
from destination_kit._redact import Redact, masked, redactor
from destination_kit.definitions import Context
from destination_kit.http import Client
from destination_kit.outgoing import Response
from destination_kit.results import (
    Delivered,
    EventResult,
    Failed,
    Result,
    Skipped,
    SubscriptionResult,
)
from destination_kit.runtime.failures import failure, invalid, out_of_time
from destination_kit.runtime.routes import Dispatch, Route
from destination_kit.runtime.traced import Traced

logger = logging.getLogger("destination_kit")
NO_MATCH = EventResult(skipped=Skipped("no enabled subscription matches the event"))
GRACE = 0.1  # seconds that a perform gets to let go once its deadline has come

Report: TypeAlias = Callable[[SubscriptionResult, datetime, float], None]
"""(result, when its delivery started, seconds that it took)."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A payload that fits its action's fields, and the client that will know whether it wrote."""

    route: Route
    payload: dict[str, Json]
    http: Traced


Prepared: TypeAlias = Ready | SubscriptionResult


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What an open instance runs. `deadline` is in seconds from the call."""

    client: Client
    candidates: Dispatch
    redact: Redact
    report: Report

    async def send(
        self,
        context: Context,
        events: Sequence[JsonObject],
        deadline: float,
        only: Collection[str] | None = None,
    ) -> list[EventResult]:
        """Return one result per event, in order, hardly later than the deadline."""
        prepared = [self.prepare(event, only) for event in events]
        ready = [each for items in prepared for each in items if isinstance(each, Ready)]
        delivered = await self._deliver(context, ready, deadline)
        return [_merge(items, delivered) for items in prepared]

    def prepare(self, event: JsonObject, only: Collection[str] | None = None) -> list[Prepared]:
        """Return, per subscription that wants the event, a payload or why there is none."""
        return [
            prepared
            for route in self.candidates(event)
            if only is None or route.subscription.name in only
            if (prepared := self._prepare_one(route, event)) is not None
        ]

    def _prepare_one(self, route: Route, event: JsonObject) -> Prepared | None:
        try:
            if not route.matches(event):
                return None
            payload, problems = route.validate(route.resolve(event))
        except Exception as error:  # noqa: BLE001 - a hostile event costs itself only
            return self._final(route, failure(error, self.redact))
        if problems:
            return self._final(route, invalid(problems))
        return Ready(route, payload, Traced(self.client))

    async def _deliver(
        self, context: Context, ready: Sequence[Ready], deadline: float
    ) -> Mapping[int, SubscriptionResult]:
        """Return the result of each delivery under the id of what was ready."""
        started, clock = datetime.now(UTC), monotonic()
        tasks = {asyncio.create_task(self._attempt(context, each)): each for each in ready}
        try:
            late = (await asyncio.wait(tasks, timeout=deadline))[1] if tasks else set()
        finally:
            _cancel(tasks)
        if late:
            _, stuck = await asyncio.wait(late, timeout=GRACE)
            for task in stuck:
                logger.warning("%s ignores its deadline", tasks[task].route.subscription.action)
        results = {}
        for task, each in tasks.items():
            if task.done() and not task.cancelled():
                results[id(each)] = task.result()
            else:
                failed = out_of_time(deadline, wrote=each.http.wrote)
                results[id(each)] = self._final(each.route, failed, started, monotonic() - clock)
        return results

    async def _attempt(self, context: Context, ready: Ready) -> SubscriptionResult:
        started, clock = datetime.now(UTC), monotonic()
        try:
            answer = await ready.route.action.perform(
                replace(context, http=ready.http), ready.payload
            )
            redact = self._redact(ready)
            body = answer.body if isinstance(answer, Response) else answer
            result: Result = Delivered(masked(body, redact))
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                raise
            result = self._blamed(ready, error)
        return self._final(ready.route, result, started, monotonic() - clock)

    def _blamed(self, ready: Ready, error: BaseException) -> Failed:
        failed = failure(error, self._redact(ready), wrote=ready.http.wrote)
        if failed.code == "UNKNOWN_ERROR":
            logger.warning("%s: %s", ready.route.subscription.action, failed.message)
        return failed

    def _redact(self, ready: Ready) -> Redact:
        """Return what masks the instance's secrets and those in the payload."""
        hidden = ready.route.hidden(ready.payload)
        if not hidden:
            return self.redact
        mask = redactor(hidden)
        return lambda text: mask(self.redact(text))

    def _final(
        self, route: Route, result: Result, started: datetime | None = None, seconds: float = 0.0
    ) -> SubscriptionResult:
        final = SubscriptionResult(route.subscription.name, route.subscription.action, result)
        self.report(final, started or datetime.now(UTC), seconds)
        return final


def _cancel(tasks: Collection[asyncio.Task[SubscriptionResult]]) -> None:
    for task in tasks:
        if not task.done():
            task.cancel()


def _merge(items: Sequence[Prepared], delivered: Mapping[int, SubscriptionResult]) -> EventResult:
    if not items:
        return NO_MATCH
    return EventResult(
        tuple(delivered[id(each)] if isinstance(each, Ready) else each for each in items)
    )
