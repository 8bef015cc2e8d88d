"""An action may leave an event alone: that is a final result, and no failure."""

import json
from dataclasses import replace

from destination_kit import Delivered, EventResult, Skipped, SubscriptionResult
from destination_kit.delivery import (
    Line,
    Outcome,
    RetryPolicy,
    attempt_delivery,
    load_results_index,
    result_record,
)
from tests.kit.runtime.odd_destination import EVENT, configure_odd, open_odd
from tests.kit.runtime.performing import performing, result_of

ABSENT = Skipped("absent@example.com is not in the list")


async def leave(context, payload):
    return ABSENT


def test_what_perform_skips_is_skipped(configured):
    assert result_of(performing(leave), configured) == ABSENT


async def test_a_batch_skips_single_payloads():
    async def perform_batch(context, payloads):
        return [ABSENT, {"id": 1}]

    async with open_odd(leave, perform_batch=perform_batch) as live:
        first, second = await live.send([EVENT, EVENT])
    assert first.results[0].result == ABSENT
    assert second.results[0].result == Delivered({"id": 1})
    assert (first.ok, first.retryable, first.skipped) == (True, False, None)


async def test_an_observer_gets_what_is_skipped_with_secrets_masked():
    async def reveal(context, payload):
        return Skipped(f"{context.settings['token']} has no such person")

    seen = []
    async with replace(configure_odd(reveal), observers={"a": seen.append}).open() as live:
        [result] = await live.send([EVENT])
    assert [record.result.result for record in seen] == [result.results[0].result]
    assert "s3cret" not in seen[0].result.result.reason


async def test_a_host_keeps_nothing_of_a_skipped_event():
    async with open_odd(leave) as live:
        attempt = await attempt_delivery(live, EVENT, RetryPolicy())
    assert (attempt.failures, attempt.retry, attempt.dead_letter) == ((), None, None)


async def test_an_event_is_final_whose_actions_skip_or_deliver_it(tmp_path):
    kept = tmp_path / "results.jsonl"
    outcome = Outcome(Line(1, b"{}"), EventResult((SubscriptionResult("A", "do", ABSENT),)))
    kept.write_text(json.dumps(result_record(replace(outcome, digest="0" * 24))))
    index, _ = load_results_index(kept)
    with index:
        assert len(index) == 1
