"""One try to deliver: a payload alone, or a batch of them with an answer for each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from inspect import isawaitable
from time import monotonic
from typing import TypeAlias

from destination_kit._json import Json
from destination_kit._redact import Redact, masked, redactor
from destination_kit.definitions import Context
from destination_kit.errors import Problem
from destination_kit.http import Client
from destination_kit.http_interface import Response
from destination_kit.results import Delivered, Failed, Result, SubscriptionResult
from destination_kit.runtime.blocking import named
from destination_kit.runtime.delivery_http import DeliveryHttp
from destination_kit.runtime.dispatch import CompiledSubscription
from destination_kit.runtime.failures import failure, mismatch
from destination_kit.telemetry import PERFORM, Attributes

logger = logging.getLogger("destination_kit")

Report: TypeAlias = Callable[[SubscriptionResult, datetime, float], None]
"""(result, when its delivery started, seconds that it took)."""


@dataclass(slots=True, eq=False)
class PendingDelivery:
    """A payload that fits its action's fields; `http` will know whether it wrote.

    `size` is its bytes of JSON, counted only where they matter. `place` is where somebody waits for
    its result, unless that is done already.
    """

    route: CompiledSubscription
    payload: dict[str, Json] = field(repr=False)
    context: Context
    http: DeliveryHttp
    size: int = 0
    place: asyncio.Future[SubscriptionResult] = field(init=False, repr=False)


@dataclass(frozen=True, slots=True)
class Executor:
    """Runs what destinations bring. Whatever that raises is a value, and told to `report`."""

    client: Client
    redact: Redact
    report: Report

    async def execute_one(self, ready: PendingDelivery) -> SubscriptionResult:
        """Return what became of a payload of which nothing else is known."""
        started, clock = datetime.now(UTC), monotonic()
        perform = partial(ready.route.action.perform, ready.context, ready.payload)
        answer = await self._run(perform, ready.route.name, ready.http)
        result = self._result(ready, answer, self._redact([ready]))
        return self.final(ready.route, result, started, monotonic() - clock)

    async def execute_batch(self, batch: Sequence[PendingDelivery]) -> None:
        """Send a batch that its action takes in one call, and give each payload its result.

        Who has left the batch by then has a result already: there is no second one to tell.
        """
        started, clock = datetime.now(UTC), monotonic()
        clients = [each.http for each in batch]
        joint = DeliveryHttp(self.client, max(each.until for each in clients), clients)
        perform = partial(_perform_batch, batch, joint)
        answers = await self._run(perform, batch[0].route.name, joint, len(batch))
        if isinstance(answers, BaseException):
            answers = [answers] * len(batch)
        results: list[Result]
        if not isinstance(answers, list | tuple) or len(answers) != len(batch):
            results = [mismatch(answers, len(batch), wrote=each.http.wrote) for each in batch]
        else:
            redact = self._redact(batch)
            results = [
                self._result(each, answer, redact)
                for each, answer in zip(batch, answers, strict=True)
            ]
        seconds = monotonic() - clock
        for each, result in zip(batch, results, strict=True):
            if not each.place.done():
                each.place.set_result(self.final(each.route, result, started, seconds))

    async def _run(
        self,
        perform: Callable[[], Awaitable[object]],
        name: str,
        http: DeliveryHttp,
        payloads: int = 1,
    ) -> object:
        """Return what a destination answers or raises, if that is not meant for the whole program."""
        try:
            if self.client.is_silent:
                return await named(perform(), name)
            with self.client.telemetry.span(PERFORM, _attributes(name, payloads)):
                return await named(perform(), name)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                raise
            return error
        finally:
            http.let_go(name)

    def _result(self, ready: PendingDelivery, answer: object, redact: Redact) -> Result:
        if isinstance(answer, BaseException):
            return self._blamed(ready, answer, redact)
        try:
            return _told(answer, redact)
        except Exception as error:  # noqa: BLE001 - an answer that is none costs its payload only
            return self._blamed(ready, error, redact)

    def _blamed(self, ready: PendingDelivery, error: BaseException, redact: Redact) -> Failed:
        failed = failure(error, redact, wrote=ready.http.wrote)
        if failed.code == "UNKNOWN_ERROR":
            logger.warning("%s: %s", ready.route.name, failed.message)
        return failed

    def _redact(self, batch: Sequence[PendingDelivery]) -> Redact:
        """Return what masks the instance's secrets and those in any payload of a call."""
        hidden = [secret for each in batch for secret in each.route.hidden(each.payload)]
        if not hidden:
            return self.redact
        mask = redactor(hidden)
        return lambda text: mask(self.redact(text))

    def final(
        self,
        route: CompiledSubscription,
        result: Result,
        started: datetime | None = None,
        seconds: float = 0.0,
    ) -> SubscriptionResult:
        """Return a result under its subscription's name, told to whoever observes."""
        final = SubscriptionResult(route.subscription.name, route.subscription.action, result)
        try:
            self.report(final, started or datetime.now(UTC), seconds)
        except Exception as error:  # noqa: BLE001 - a host's telemetry, or what cannot be copied
            logger.warning("%s: its result is not reported: %s", route.name, type(error).__name__)
        return final


def _attributes(name: str, payloads: int) -> Attributes:
    return {"destination_kit.action": name, "destination_kit.payloads": payloads}


def _told(answer: object, redact: Redact) -> Result:
    if type(answer) is not dict and isawaitable(answer):  # nearly every answer is an object
        msg = f"an answer is a {type(answer).__name__} that nobody has awaited"
        raise TypeError(msg)
    if isinstance(answer, Delivered):
        return Delivered(masked(answer.response, redact))
    if isinstance(answer, Failed):
        return _checked(answer, redact)
    return Delivered(masked(answer.body if isinstance(answer, Response) else answer, redact))


def _checked(failed: Failed, redact: Redact) -> Failed:
    """Return an author's own `Failed` with what its fields promise."""
    pause: object = failed.retry_after
    problems: Iterable[object] = failed.problems
    return replace(
        failed,
        code=redact(str(failed.code)),
        message=redact(str(failed.message)),
        retryable=bool(failed.retryable),
        retry_after=pause if isinstance(pause, int | float) else None,
        outcome="unknown" if failed.outcome == "unknown" else "failed",
        problems=tuple(each for each in problems if isinstance(each, Problem)),
    )


def _perform_batch(batch: Sequence[PendingDelivery], joint: DeliveryHttp) -> Awaitable[object]:
    action, first = batch[0].route.action, batch[0].context
    if action.perform_batch is None:
        msg = "this action takes no batches"
        raise TypeError(msg)
    contexts = tuple(each.context for each in batch)
    context = replace(first, http=joint, anonymous_id=None, payload_contexts=contexts)
    return action.perform_batch(context, tuple(each.payload for each in batch))
