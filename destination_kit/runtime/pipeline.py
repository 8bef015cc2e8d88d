"""The one pipeline: prepare (trigger, resolve, clean, coerce, check), deliver, merge."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TypeAlias

from destination_kit._json import Json, JsonObject
from destination_kit._redact import Redact, redactor
from destination_kit.definitions import Context, Response
from destination_kit.errors import DeliveryError
from destination_kit.results import (
    Delivered,
    EventResult,
    Result,
    Skipped,
    SubscriptionResult,
)
from destination_kit.runtime.failures import failure, invalid, out_of_time
from destination_kit.runtime.routes import Dispatch, Route

logger = logging.getLogger("destination_kit")
NO_MATCH = EventResult(skipped=Skipped("no enabled subscription matches the event"))

Report: TypeAlias = Callable[[SubscriptionResult, datetime, float], None]
"""(result, when its delivery started, seconds that it took)."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A payload that fits its action's fields."""

    route: Route
    payload: dict[str, Json]


Prepared: TypeAlias = Ready | SubscriptionResult


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What an open instance runs. `deadline` is in seconds from the call."""

    candidates: Dispatch
    redact: Redact
    report: Report

    async def send(
        self, context: Context, events: Sequence[JsonObject], deadline: float
    ) -> list[EventResult]:
        """Return one result per event, in order; never later than the deadline."""
        prepared = [self.prepare(event) for event in events]
        ready = [each for items in prepared for each in items if isinstance(each, Ready)]
        deliveries = (self._deliver(context, each, deadline) for each in ready)
        delivered = iter(await asyncio.gather(*deliveries))
        return [_merge(items, delivered) for items in prepared]

    def prepare(self, event: JsonObject) -> list[Prepared]:
        """Return, per subscription that wants the event, a payload or why there is none."""
        prepared = (self._prepare_one(route, event) for route in self.candidates(event))
        return [each for each in prepared if each is not None]

    def _prepare_one(self, route: Route, event: JsonObject) -> Prepared | None:
        try:
            if not route.matches(event):
                return None
            payload, problems = route.validate(route.resolve(event))
        except Exception as error:  # noqa: BLE001 - a hostile event costs itself only
            return self._final(route, failure(error, self.redact))
        return self._final(route, invalid(problems)) if problems else Ready(route, payload)

    async def _deliver(self, context: Context, ready: Ready, deadline: float) -> SubscriptionResult:
        started, clock = datetime.now(UTC), monotonic()
        try:
            async with asyncio.timeout(deadline) as limit:
                answer = await ready.route.action.perform(context, ready.payload)
            result: Result = Delivered(answer.body if isinstance(answer, Response) else answer)
        except TimeoutError as error:
            result = (
                out_of_time(deadline) if limit.expired() else failure(error, self._redact(ready))
            )
        except Exception as error:  # noqa: BLE001 - an author's code; the event gets the blame
            if not isinstance(error, DeliveryError):
                logger.warning(
                    "%s raised %s", ready.route.subscription.action, type(error).__name__
                )
            result = failure(error, self.redact)
        return self._final(ready.route, result, started, monotonic() - clock)

    def _redact(self, ready: Ready) -> Redact:
        """Return what masks the instance's secrets and those in the payload."""
        mask = redactor(ready.route.hidden(ready.payload))
        return lambda text: mask(self.redact(text))

    def _final(
        self, route: Route, result: Result, started: datetime | None = None, seconds: float = 0.0
    ) -> SubscriptionResult:
        final = SubscriptionResult(route.subscription.name, route.subscription.action, result)
        self.report(final, started or datetime.now(UTC), seconds)
        return final


def _merge(items: Sequence[Prepared], delivered: Iterator[SubscriptionResult]) -> EventResult:
    if not items:
        return NO_MATCH
    return EventResult(
        tuple(next(delivered) if isinstance(each, Ready) else each for each in items)
    )
