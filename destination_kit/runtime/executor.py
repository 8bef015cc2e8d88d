"""Executor: calls `perform` or `perform_batch` once, and turns what it returns or raises into results."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from inspect import isawaitable
from time import monotonic
from typing import Any

from destination_kit._json import Json, copy_json, take
from destination_kit._redact import Redact, compile_redactor, mask_json
from destination_kit._secret_places import mask_problems
from destination_kit.definitions import Context, Poll
from destination_kit.http import Client
from destination_kit.http_interface import Response
from destination_kit.jobs import PollFailure, run_jobs
from destination_kit.remedies import is_from_event
from destination_kit.results import (
    Delivered,
    Failed,
    Result,
    Skipped,
    Submitted,
    SubscriptionResult,
)
from destination_kit.runtime.blocking import warn_if_blocking
from destination_kit.runtime.delivery_http import DeliveryHttp
from destination_kit.runtime.dispatch import CompiledSubscription
from destination_kit.runtime.failures import (
    fail_on_batch_mismatch,
    fail_on_exception,
    fail_on_pending_job,
)
from destination_kit.runtime.reporting import Reporter

logger = logging.getLogger("destination_kit")


@dataclass(slots=True, eq=False)
class PendingDelivery:
    """A valid payload on its way to the partner."""

    compiled: CompiledSubscription
    payload: dict[str, Json] = field(repr=False)
    context: Context
    #: The HTTP client of the context, which records writes.
    http: DeliveryHttp
    #: Bytes of the payload as JSON; 0 where it is not sent in a batch.
    size: int = 0
    #: The job that an earlier attempt submitted; None without one.
    job: Json = None
    #: The result to come. The pipeline sets it when it starts the delivery; cancelling it ends
    #: the delivery.
    future: asyncio.Future[SubscriptionResult] = field(init=False, repr=False)


@dataclass(frozen=True, slots=True)
class Executor:
    """Calls the functions of destinations. An exception of theirs becomes a result."""

    client: Client
    redact: Redact
    reporter: Reporter | None

    async def execute_one(self, delivery: PendingDelivery) -> SubscriptionResult:
        """Deliver one payload by its action's `perform`, and return the result."""
        started, monotonic_start = datetime.now(UTC), monotonic()
        action = delivery.compiled.action
        perform: Callable[[], Awaitable[object]] = (
            partial(action.perform, delivery.context, delivery.payload)
            if action.poll is None
            else partial(_perform_job, delivery, action.poll)
        )
        response = await self._call(perform, delivery.compiled.name, delivery.http)
        result = self._result_of(delivery, response, self._redactor_for([delivery]))
        seconds = monotonic() - monotonic_start
        return self.finish(delivery.compiled, result, delivery.context, started, seconds)

    async def execute_batch(self, batch: Sequence[PendingDelivery]) -> None:
        """Deliver a batch by its action's `perform_batch`, and set the result of each delivery.

        A delivery that ended meanwhile, at its deadline for example, has its result already.
        """
        started, monotonic_start = datetime.now(UTC), monotonic()
        clients = [delivery.http for delivery in batch]
        batch_http = DeliveryHttp(self.client, max(client.until for client in clients), clients)
        perform = partial(_perform_batch, batch, batch_http)
        responses = await self._call(perform, batch[0].compiled.name, batch_http, len(batch))
        results = self._results_of(batch, responses)
        seconds = monotonic() - monotonic_start
        for delivery, result in zip(batch, results, strict=True):
            if not delivery.future.done():
                final = self.finish(delivery.compiled, result, delivery.context, started, seconds)
                delivery.future.set_result(final)

    async def _call(
        self,
        perform: Callable[[], Awaitable[object]],
        name: str,
        http: DeliveryHttp,
        payloads: int = 1,
    ) -> object:
        """Return what an author's function returns or raises.

        Raises only what ends the program or this task.
        """
        try:
            if self.reporter is None:
                return await warn_if_blocking(perform(), name)
            with self.reporter.span(name, payloads):
                return await warn_if_blocking(perform(), name)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            # An author's function can raise `CancelledError` too, for example from a task that it
            # cancelled. Only a cancellation of this task may end it.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                raise
            return error
        finally:
            http.close(name)

    def _results_of(self, batch: Sequence[PendingDelivery], responses: object) -> Sequence[Result]:
        if isinstance(responses, BaseException):
            responses = [responses] * len(batch)
        if not isinstance(responses, list | tuple) or len(responses) != len(batch):
            return [
                fail_on_batch_mismatch(responses, len(batch), wrote=delivery.http.has_written)
                for delivery in batch
            ]
        redact = self._redactor_for(batch)
        return [
            self._result_of(delivery, response, redact)
            for delivery, response in zip(batch, responses, strict=True)
        ]

    def _result_of(self, delivery: PendingDelivery, response: object, redact: Redact) -> Result:
        if isinstance(response, BaseException):
            return self._fail(delivery, response, redact)
        if isinstance(response, Submitted) and delivery.compiled.action.poll is None:
            # Without `poll` each later attempt would submit the payload again.
            return self._fail(delivery, TypeError("a Submitted needs `poll`"), redact)
        if isinstance(response, PollFailure):
            failed = self._fail(delivery, response.error, redact)
            # What cannot succeed later has no use for the job.
            return _pend(response.job, redact, failed) if failed.retryable else failed
        try:
            return _to_result(response, redact)
        except Exception as error:  # noqa: BLE001 - a response that is not JSON must fail its own payload only
            return self._fail(delivery, error, redact)

    def _fail(self, delivery: PendingDelivery, error: BaseException, redact: Redact) -> Failed:
        compiled, http = delivery.compiled, delivery.http
        failed = fail_on_exception(
            error,
            redact,
            wrote=http.has_written,
            has_event_address=lambda: is_from_event(
                http.refused_url, delivery.payload, compiled.literals
            ),
            by_author=True,
        )
        if failed.code == "UNKNOWN_ERROR":
            logger.warning("%s: %s", compiled.name, failed.message)
        return failed

    def _redactor_for(self, batch: Sequence[PendingDelivery]) -> Redact:
        """Return what masks the secrets of the instance and of every payload in a call."""
        secrets = [
            secret
            for delivery in batch
            for secret in delivery.compiled.find_secrets(delivery.payload)
        ]
        if not secrets:
            return self.redact
        redact_payloads = compile_redactor(secrets)
        return lambda text: redact_payloads(self.redact(text))

    def finish(
        self,
        compiled: CompiledSubscription,
        result: Result,
        context: Context,
        started: datetime | None = None,
        seconds: float = 0.0,
    ) -> SubscriptionResult:
        """Return the final result under the name of its subscription, and report it.

        `context` is that of the event, or of its call, and holds the number of the attempt.
        """
        subscription = compiled.subscription
        final = SubscriptionResult(subscription.name, subscription.action, result)
        if self.reporter:
            try:
                started = started or datetime.now(UTC)
                self.reporter.report(final, started, seconds, context.attempt)
            except Exception as error:  # noqa: BLE001 - the telemetry of a host may raise, and the result must not be lost
                logger.warning(
                    "%s: its result is not reported: %s", compiled.name, type(error).__name__
                )
        return final


def _to_result(response: object, redact: Redact) -> Result:
    # Nearly every response is a dict. Without the comparison of types, `isawaitable` would take
    # 0.4 µs for each.
    if type(response) is not dict and isawaitable(response):
        msg = f"the response is a {type(response).__name__} that was never awaited"
        raise TypeError(msg)
    if isinstance(response, Delivered):
        return Delivered(mask_json(response.response, redact))
    if isinstance(response, Failed):
        return _sanitize(response, redact)
    if isinstance(response, Skipped):
        return Skipped(redact(str(response.reason)))
    if isinstance(response, Submitted):
        return _pend(response.job, redact, fail_on_pending_job(response.retry_after))
    body = response.body if isinstance(response, Response) else response
    # A container of the author's own class may have no end. A copy has one, or raises.
    return Delivered(mask_json(body if type(body) is dict else copy_json(body), redact))


def _pend(job: Json, redact: Redact, failed: Failed) -> Failed:
    """Return a failure that carries the job, with secrets masked."""
    return replace(failed, outcome="unknown", job=mask_json(copy_json(job), redact))


def _sanitize(failed: Failed, redact: Redact) -> Failed:
    """Return an author's own `Failed` with fields of the promised types, and masked texts."""
    return replace(
        failed,
        code=redact(str(failed.code)),
        message=redact(str(failed.message)),
        outcome="unknown" if failed.outcome == "unknown" else "failed",
        problems=mask_problems(take(failed.problems), redact),
    )


def _perform_batch(batch: Sequence[PendingDelivery], batch_http: DeliveryHttp) -> Awaitable[object]:
    action, first = batch[0].compiled.action, batch[0].context
    if action.perform_batch is None:
        msg = "this action takes no batches"
        raise TypeError(msg)
    perform_batch, poll = action.perform_batch, action.poll
    contexts = tuple(delivery.context for delivery in batch)
    context = replace(
        first,
        http=batch_http,
        anonymous_id=None,
        audience_membership=None,
        payload_contexts=contexts,
    )
    payloads = tuple(delivery.payload for delivery in batch)
    if poll is None:
        return perform_batch(context, payloads)

    def submit(fresh: Sequence[int]) -> Awaitable[object]:
        own = replace(context, payload_contexts=tuple(contexts[i] for i in fresh))
        return perform_batch(own, tuple(payloads[i] for i in fresh))

    jobs = [delivery.job for delivery in batch]
    until = min(delivery.http.until for delivery in batch)
    return run_jobs(submit, partial(poll, context), jobs, until)


async def _perform_job(delivery: PendingDelivery, poll: Poll) -> object:
    """Return the response of one payload of an action with `poll`."""
    action, context = delivery.compiled.action, delivery.context

    async def submit(_: Sequence[int]) -> object:
        return [await action.perform(context, delivery.payload)]

    responses: Any = await run_jobs(
        submit, partial(poll, context), [delivery.job], delivery.http.until
    )
    return responses[0]
