"""The next attempt knows that the partner may have the event: in a run, a later one, and a host."""

import asyncio
import json

import pytest

from destination_kit import Action, Catalog, Destination, TransportError
from destination_kit.delivery import (
    Completed,
    Limits,
    LineSource,
    RetryPolicy,
    attempt_delivery,
    create_dead_letter,
    deliver_lines,
    load_results_index,
    result_record,
)
from destination_kit.results import Delivered
from tests.kit.dkit import write

EVENT = {"type": "track", "userId": "u-1"}
FAST = RetryPolicy(first_pause=0.01)


class Partner:
    """A partner whose response is lost in the first attempts; it keeps what each one knows."""

    def __init__(self, *losses):
        self.losses, self.seen = list(losses), []

    async def perform(self, context, payload):
        self.seen.append((context.attempt, context.outcome_unknown, context.received_at))
        if self.losses:
            raise TransportError("?", code="LOST", outcome_unknown=self.losses.pop(0))
        return {}

    def configure(self, *, batches=False):
        async def perform_batch(context, payloads):
            return [await self.perform(own, None) for own in context.payload_contexts]

        action = Action(
            title="Do",
            trigger='type = "track"',
            perform=self.perform,
            perform_batch=perform_batch if batches else None,
        )
        destination = Destination(slug="odd", name="Odd", actions={"do": action})
        subscriptions = [{"action": "do", "mapping": {}}]
        document = {"destination": "odd", "subscriptions": subscriptions}
        return Catalog.of(destination).configure(document)

    @property
    def doubts(self):
        return [is_unknown for _, is_unknown, _ in self.seen]


class Kept:
    """A listener that keeps outcomes, those of pending events too."""

    def __init__(self):
        self.outcomes, self.pending, self.is_pending = [], [], asyncio.Event()

    def on_outcome(self, outcome):
        self.outcomes.append(outcome)

    def on_pending(self, outcome):
        self.pending.append(outcome)
        self.is_pending.set()

    def on_retry_wait(self, code, change):
        pass


async def run_lines(partner, path, kept, completed=None, policy=FAST):
    with path.open("rb") as file:
        async with partner.configure().open() as live:
            limits = Limits(deadline=5.0, retry=policy)
            source = LineSource(file.fileno())
            await deliver_lines(live, source, limits, completed or Completed(), kept)


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "events.jsonl"
    write(path, EVENT)
    return path


async def test_an_attempt_after_a_lost_response_knows_of_it(events):
    partner = Partner(False, True, False)
    await run_lines(partner, events, Kept())
    assert partner.doubts == [False, False, True, True], "a doubt stays until it is settled"


@pytest.mark.parametrize("batches", [False, True])
async def test_a_host_says_in_which_subscriptions_the_outcome_is_unknown(batches):
    partner = Partner()
    async with partner.configure(batches=batches).open() as live:
        await live.send([EVENT] * 3, unknown=[(), {"do"}, {"other"}])
    assert partner.doubts == [False, True, False]


async def test_an_instance_in_a_thread_takes_the_same_options():
    partner = Partner()
    async with partner.configure().open_in_thread() as live:
        await live.send([EVENT], unknown=[{"do"}], attempt=3)
        with pytest.raises(TypeError, match="no option 'unknwon'; did you mean 'unknown'"):
            await live.send([EVENT], unknwon=[{"do"}])
    assert [seen[:2] for seen in partner.seen] == [(3, True)]


async def test_a_killed_run_has_recorded_the_doubt(events, tmp_path):
    first, kept = Partner(True), Kept()
    sending = asyncio.create_task(
        run_lines(first, events, kept, policy=RetryPolicy(first_pause=60.0))
    )
    await kept.is_pending.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert (kept.outcomes, kept.pending[0].is_open) == ([], True)
    results = tmp_path / "results.jsonl"
    results.write_text(json.dumps(result_record(kept.pending[0])))
    index, _ = load_results_index(results)
    second = Partner(False)
    with index:
        await run_lines(second, events, Kept(), Completed(results=index))
    [(_, _, received_at)] = first.seen
    assert second.doubts == [True, True]
    assert [seen[2] for seen in second.seen] == [received_at] * 2, "the event is the same again"


async def test_a_dead_letter_says_that_the_partner_may_have_the_event(events, tmp_path):
    first, kept = Partner(True), Kept()
    await run_lines(first, events, kept, policy=RetryPolicy(time_limit=0.0))
    [outcome] = kept.outcomes
    write(events, create_dead_letter(outcome))
    second, again = Partner(), Kept()
    await run_lines(second, events, again)
    assert second.doubts == [True]
    assert second.seen[0][2] == first.seen[0][2]
    assert [item.result for item in again.outcomes[0].result.results] == [Delivered({})]


async def test_the_message_of_a_queue_carries_the_doubt():
    partner = Partner(True, False)
    async with partner.configure().open() as live:
        attempt = await attempt_delivery(live, EVENT, FAST)
        attempt = await attempt_delivery(live, attempt.retry, FAST)
        assert [failed.outcome for failed in attempt.failures] == ["unknown"]
        await attempt_delivery(live, json.loads(json.dumps(attempt.retry)), FAST)
    assert partner.doubts == [False, True, True]
