"""From events to results, whatever a destination does meanwhile."""

import asyncio
import gc

import httpx
import pytest
from hypothesis import given, strategies as st

from destination_kit import (
    Action,
    Delivered,
    Destination,
    Skipped,
    SubscriptionResult,
)
from tests.conftest import ECHO
from tests.kit.runtime.odd_destination import ANYTHING, EVENT, open_odd
from tests.kit.runtime.performing import TRACK, performing, result_of


def test_an_event_without_a_matching_subscription_is_skipped(configured):
    [outcome] = configured().send_sync([{"type": "page"}])
    assert outcome.skipped == Skipped("no enabled subscription matches the event")
    assert outcome.ok
    assert not outcome.results


def test_results_come_in_the_order_of_events_and_subscriptions(configured):
    instance = configured(
        ECHO,
        {"name": "A", "action": "say", "mapping": {"word": {"@path": "$.event"}}},
        {"name": "B", "action": "say", "trigger": 'event = "x"', "mapping": {"word": "b"}},
    )
    outcomes = instance.send_sync([TRACK, {"type": "page"}, {"type": "track", "event": "x"}])
    assert [[result.subscription for result in outcome.results] for outcome in outcomes] == [
        ["A"],
        [],
        ["A", "B"],
    ]
    assert outcomes[2].results[1] == SubscriptionResult(
        "B", "say", Delivered({"echo": {"word": "b"}})
    )


def test_a_disabled_subscription_does_nothing(configured):
    instance = configured(ECHO, {"action": "say", "enabled": False, "mapping": {"word": "x"}})
    assert instance.send_sync([TRACK])[0].skipped


def test_an_invalid_payload_fails_its_event_only(configured):
    bad, good = configured().send_sync([{"type": "track", "event": ["a", "b"]}, TRACK])
    failed = bad.results[0].result
    assert (failed.code, failed.retryable) == ("PAYLOAD_VALIDATION_FAILED", False)
    assert [problem.path for problem in failed.problems] == ["/word"]
    assert good.ok


async def test_a_perform_that_ignores_its_deadline_is_left_behind(configured, caplog):
    released = asyncio.Event()

    async def perform(context, payload):
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    async with configured(performing(perform)).open() as live:
        [outcome] = await live.send([TRACK], deadline=0.02)
        assert outcome.results[0].result.code == "SELF_TIMEOUT"
        assert "/do ignores its deadline" in caplog.text
        released.set()


def test_the_deadline_ends_a_slow_perform(configured):
    async def perform(context, payload):
        await asyncio.sleep(60)

    result = result_of(performing(perform), configured, deadline=0.02)
    assert (result.code, result.retryable, result.outcome) == ("SELF_TIMEOUT", True, "failed")
    assert result.message == "not finished within the deadline of 0.02 s"


def test_cancelling_a_send_is_not_swallowed(configured):
    async def perform(context, payload):
        await asyncio.sleep(60)

    async def scenario():
        async with configured(performing(perform)).open() as live:
            task = asyncio.create_task(live.send([TRACK]))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(scenario())


def test_no_perform_can_change_an_event_or_another_payload(configured):
    async def perform(context, payload):
        payload["list"].append("mine")
        return list(payload["list"])

    fields = {"type": "object", "properties": {"list": {"type": "array"}}}
    action = Action(title="Do", trigger='type = "track"', fields=fields, perform=perform)
    destination = Destination(slug="test", name="Test", actions={"do": action})
    mapping = {"list": {"@path": "$.properties.list"}}
    instance = configured(destination, *[{"action": "do", "mapping": mapping}] * 2)
    event = {"type": "track", "properties": {"list": ["a"]}}
    [outcome] = instance.send_sync([event])
    assert [result.result.response for result in outcome.results] == [["a", "mine"]] * 2
    assert event == {"type": "track", "properties": {"list": ["a"]}}


def test_a_mapping_that_fails_on_one_event_costs_that_event_only(configured):
    instance = configured(ECHO, {"action": "say", "mapping": {"word": {"@path": "$.deep"}}})
    deep = []
    for _ in range(500):
        deep = [deep]
    bad, good = instance.send_sync([{**TRACK, "deep": deep}, {**TRACK, "deep": "fine"}])
    assert (bad.results[0].result.code, bad.retryable) == ("PAYLOAD_VALIDATION_FAILED", False)
    assert good.results[0].result == Delivered({"echo": {"word": "fine"}})


@given(steps=st.integers(0, 12), writes=st.booleans())
def test_wherever_a_delivery_is_cancelled_nothing_is_left_running(steps, writes):
    """Whoever cancels `send` gets no result, so its events are to be sent again: nothing runs on."""
    ended, started = [], []

    async def partner(request):
        await asyncio.sleep(0)
        return httpx.Response(200, json={})

    async def perform(context, payload):
        started.append(True)
        try:
            for _ in range(2):
                await (context.http.post if writes else context.http.get)("https://odd.example/")
        finally:
            ended.append(True)

    async def main():
        async with open_odd(perform, httpx.MockTransport(partner)) as live:
            sending = asyncio.create_task(live.send([EVENT, EVENT]))
            for _ in range(steps):
                await asyncio.sleep(0)
            sending.cancel()
            await asyncio.wait([sending])
            await asyncio.sleep(0)
            assert len(started) == len(ended)
            return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1


async def test_a_cancelled_send_logs_no_exception_of_its_deliveries(caplog):
    async def perform(context, payload):
        if payload["ends"]:
            raise GeneratorExit(context.settings["token"])
        await asyncio.Event().wait()

    live = open_odd(perform, mapping={"ends": {"@path": "$.ends"}}, fields=ANYTHING)
    events = [{"type": "track", "ends": ends} for ends in (True, False)]
    async with live:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(live.send(events), 0.05)
    gc.collect()
    await asyncio.sleep(0)
    assert "s3cret-token" not in caplog.text
    assert "never retrieved" not in caplog.text
