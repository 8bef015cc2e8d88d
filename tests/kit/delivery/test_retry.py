from random import random

import pytest

from destination_kit.delivery import RetryPolicy, merge_results, transient_failures
from destination_kit.results import Delivered, EventResult, Failed, SubscriptionResult

POLICY = RetryPolicy()
LONGEST_PAUSE = POLICY.max_pause


def pause_before_retry(failures, attempts, elapsed=0.0, policy=POLICY):
    jitter = random()  # noqa: S311 - jitter guards no secret
    return policy.pause_before_retry(failures, attempts, elapsed, jitter)


def test_a_pause_is_what_the_partner_requests_else_longer_each_time():
    wanted = [
        Failed("A", "a", retryable=True, retry_after=seconds) for seconds in (5.0, 90.0, None)
    ]
    assert pause_before_retry(wanted, 1) == 90.0
    unknown = [Failed("A", "a", retryable=True)]
    for tries, longest in ((1, 1), (2, 2), (5, 16), (30, LONGEST_PAUSE)):
        assert longest / 2 <= pause_before_retry(unknown, tries) <= longest


def test_a_partner_that_requests_no_pause_gets_a_growing_one():
    for seconds in (0.0, -0.5, -5.0, float("nan")):
        at_once = [Failed("A", "a", retryable=True, retry_after=seconds)]
        assert 0.5 <= pause_before_retry(at_once, 1) <= 1
        assert LONGEST_PAUSE / 2 <= pause_before_retry(at_once, 8) <= LONGEST_PAUSE


def test_a_short_pause_of_one_failure_does_not_shorten_that_of_another():
    failures = [Failed("A", "a", retryable=True, retry_after=seconds) for seconds in (0.1, None)]
    assert pause_before_retry(failures, 8) >= LONGEST_PAUSE / 2
    assert 0.1 <= pause_before_retry(failures[:1], 8) <= LONGEST_PAUSE / 100


def test_a_wait_beyond_the_time_limit_gives_way_to_the_backoff():
    failures = [Failed("A", "a", retryable=True, retry_after=30.0)]
    policy = RetryPolicy(time_limit=100.0)
    assert pause_before_retry(failures, 2, elapsed=70.0, policy=policy) == 30.0
    assert 1.0 <= pause_before_retry(failures, 2, elapsed=70.1, policy=policy) <= 2.0
    assert 1.0 <= pause_before_retry(failures, 2, elapsed=98.0, policy=policy) <= 2.0
    assert pause_before_retry(failures, 2, elapsed=99.1, policy=policy) is None


def test_without_time_nothing_is_retried():
    at_once = [Failed("A", "a", retryable=True, retry_after=0.0)]
    assert pause_before_retry(at_once, 1, policy=RetryPolicy(time_limit=0)) is None


def test_jitter_takes_away_up_to_half_of_the_backoff():
    failures = [Failed("A", "a", retryable=True)]
    policy = RetryPolicy(first_pause=8.0, max_pause=10.0)
    pauses = [policy.pause_before_retry(failures, 1, 0.0, jitter) for jitter in (0.0, 0.5, 1.0)]
    assert pauses == [4.0, 6.0, 8.0]
    assert policy.pause_before_retry(failures, 1_000_000, 0.0, 1.0) == 10.0


def test_a_failure_keeps_the_unknown_outcome_of_an_earlier_attempt():
    def result_of(value):
        return EventResult((SubscriptionResult("X", "say", value),))

    unknown, refused = Failed("A", "a", outcome="unknown"), Failed("B", "b")
    [merged] = merge_results(result_of(unknown), result_of(refused)).results
    assert (merged.result.code, merged.result.outcome) == ("B", "unknown")
    [merged] = merge_results(result_of(unknown), result_of(Delivered())).results
    assert merged.result == Delivered()


def test_a_retried_subscription_replaces_its_earlier_result():
    failed, delivered = Failed("A", "a", retryable=True), Delivered()
    first = EventResult(
        (SubscriptionResult("X", "say", delivered), SubscriptionResult("Y", "say", failed))
    )
    assert [name for name, _ in transient_failures(first)] == ["Y"]
    merged = merge_results(first, EventResult((SubscriptionResult("Y", "say", delivered),)))
    assert [(each.subscription, each.result) for each in merged.results] == [
        ("X", delivered),
        ("Y", delivered),
    ]
    assert not transient_failures(merged)


def test_the_defaults_are_those_of_the_documents():
    """`--retry-for` is four hours; the backoff is 1, 2, 4 … seconds, up to a minute."""
    assert RetryPolicy() == RetryPolicy(time_limit=4 * 3600.0, first_pause=1.0, max_pause=60.0)


def test_a_partner_that_asks_for_little_gets_a_hundredth_of_the_backoff():
    at_once = [Failed("A", "a", retryable=True, retry_after=1e-6)]
    policy = RetryPolicy(first_pause=8.0, max_pause=60.0)
    pauses = [policy.pause_before_retry(at_once, attempts, 0.0, 1.0) for attempts in (1, 2, 9)]
    assert pauses == pytest.approx([0.08, 0.16, 0.6])
