"""Retry policy: which failures are retried, and after which pause."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from destination_kit._backoff import exponential_backoff
from destination_kit.results import EventResult, Failed, SubscriptionResult

# A rate limit can ask for a tenth of a second again and again. A hundredth of the backoff (10 ms at
# first, 0.6 s at most) prevents a busy loop, and hardly delays what the limit allows.
_MIN_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential backoff with jitter, for a limited time.

    The backoff starts at `first_pause` and doubles with each attempt up to `max_pause`. Jitter takes
    away up to half of it: events that failed together are not sent again together.
    """

    #: Seconds after the first attempt in which a retry may start; 0 retries nothing.
    time_limit: float = 14_400.0
    #: Seconds of the backoff after the first attempt.
    first_pause: float = 1.0
    #: Seconds of the longest backoff. A partner's `retry_after` may be longer.
    max_pause: float = 60.0

    def pause_before_retry(
        self, failures: Sequence[Failed], attempts: int, elapsed: float, jitter: float
    ) -> float | None:
        """Return the seconds until the next attempt, None if the time limit ends before it.

        A partner's wait that is longer than the time left gives way to the backoff: the partner is
        asked again sooner, since an event must not become final while there is time.

        `failures` are the transient ones of the last attempt; `attempts` counts the attempts so far.
        `elapsed` is the seconds since the first attempt, `jitter` a random number from 0 to 1. The
        failure with the longest pause decides: its `retry_after`, or the backoff where that is
        None, 0 or less.
        """
        backoff = exponential_backoff(
            attempts - 1, first=self.first_pause, longest=self.max_pause, jitter=jitter
        )
        waits = [_pause_after(failed, backoff) for failed in failures]
        pauses = (max(max(waits, default=backoff), backoff * _MIN_SHARE), backoff)
        return next((pause for pause in pauses if elapsed + pause <= self.time_limit), None)


def _pause_after(failed: Failed, backoff: float) -> float:
    requested = failed.retry_after
    return requested if requested is not None and requested > 0 else backoff


def transient_failures(result: EventResult) -> Sequence[tuple[str, Failed]]:
    """Return the failures that time alone can mend, each with the name of its subscription.

    A failure that waits for mended settings is not among them: a retry during the run would only
    hold back the other events.
    """
    return [
        (subscription_result.subscription, failed)
        for subscription_result in result.results
        if isinstance(failed := subscription_result.result, Failed) and failed.remedy == "wait"
    ]


def merge_results(earlier: EventResult, retried: EventResult) -> EventResult:
    """Return a result in which retried subscriptions replace their earlier results.

    A failure keeps the unknown outcome of an earlier attempt: that attempt may have written.
    """
    by_subscription: dict[str, SubscriptionResult] = {
        result.subscription: result for result in retried.results
    }
    return replace(
        earlier,
        results=tuple(
            _merge(result, by_subscription.get(result.subscription, result))
            for result in earlier.results
        ),
    )


def unknown_subscriptions(result: EventResult) -> frozenset[str]:
    """Return the names of the subscriptions in which the partner may have the event.

    A job is missing: a poll finds out what became of it.
    """
    return frozenset(
        item.subscription
        for item in result.results
        if isinstance(item.result, Failed)
        and item.result.outcome == "unknown"
        and item.result.job is None
    )


def keep_unknown(result: EventResult, names: Collection[str]) -> EventResult:
    """Return a result whose failures in these subscriptions keep the outcome `unknown`.

    An earlier attempt may have written there, whatever became of this one.
    """
    if not names:
        return result
    return replace(
        result,
        results=tuple(
            replace(item, result=replace(item.result, outcome="unknown"))
            if item.subscription in names and isinstance(item.result, Failed)
            else item
            for item in result.results
        ),
    )


def _merge(earlier: SubscriptionResult, retried: SubscriptionResult) -> SubscriptionResult:
    before, after = earlier.result, retried.result
    if isinstance(before, Failed) and isinstance(after, Failed) and before.outcome == "unknown":
        if before.job is not None:
            return retried  # a poll answers what became of the job
        return replace(retried, result=replace(after, outcome="unknown"))
    return retried
