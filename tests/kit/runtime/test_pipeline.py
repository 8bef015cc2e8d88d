"""From events to results, whatever a destination does meanwhile."""

import asyncio
import gc
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
from hypothesis import given, strategies as st

from destination_kit import (
    Action,
    Delivered,
    Destination,
    Failed,
    Skipped,
    SubscriptionResult,
)
from tests.conftest import ECHO
from tests.kit.runtime.odd_destination import ANYTHING, EVENT, configure_odd, open_odd
from tests.kit.runtime.performing import TRACK, performing, result_of

PRECISE = Decimal("12345678901234567890.12")


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
    gc.collect()  # what earlier tests left behind is logged now, and not below
    caplog.clear()
    async with live:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(live.send(events), 0.05)
    gc.collect()
    await asyncio.sleep(0)
    assert "s3cret-token" not in caplog.text
    assert "never retrieved" not in caplog.text


@pytest.mark.parametrize("batching", [True, False])
async def test_an_event_with_a_value_that_is_not_json_fails_alone_with_the_place(batching):
    async def perform(_context, payload):
        return payload

    async def perform_batch(_context, payloads):
        return list(payloads)

    refused = [{"a": {1}}, {"a": b"x"}, {"a": [1, {2: 3}]}, {"a": datetime(2024, 1, 1)}]  # noqa: DTZ001 - what is refused
    accepted = {"a": (Decimal("19.90"), date(2024, 1, 5), UUID(int=5))}
    instance = configure_odd(
        perform, {"traits": {"@path": "$.traits"}}, fields=ANYTHING, perform_batch=perform_batch
    )
    async with instance.open(batching=batching) as live:
        outcomes = await live.send([{**EVENT, "traits": traits} for traits in (*refused, accepted)])
    results = [outcome.results[0].result for outcome in outcomes]
    assert {failed.code for failed in results[:-1]} == {"PAYLOAD_VALIDATION_FAILED"}
    assert {failed.remedy for failed in results[:-1]} == {"event"}
    assert [failed.problems[0].path for failed in results[:-1]] == [
        *("/traits/a", "/traits/a", "/traits/a/1/2", "/traits/a")
    ]
    assert results[0].message == "/traits/a: a Python set is not JSON: make it a list"
    as_json = [19.9, "2024-01-05", "00000000-0000-0000-0000-000000000005"]
    assert results[-1] == Delivered({"traits": {"a": as_json}})


async def test_a_preview_refuses_what_a_delivery_would_refuse():
    async def perform(_context, payload):
        return payload

    instance = configure_odd(perform, {"traits": {"@path": "$.traits"}}, fields=ANYTHING)
    [refused] = await instance.preview({**EVENT, "traits": {"a": {1}}})
    assert refused.failed.problems[0].path == "/traits/a"
    [shown] = await instance.preview({**EVENT, "traits": {"a": PRECISE}})
    assert (shown.failed, shown.payload) == (None, {"traits": {"a": PRECISE}})


async def test_a_number_that_no_float_holds_keeps_its_digits(httpx_mock):
    httpx_mock.add_response()

    async def perform(context, payload):
        await context.http.post("https://odd.example/", json=payload)

    fields = {"type": "object", "properties": {"n": {"type": "number"}, "s": {"type": "string"}}}
    mapping = {"n": {"@path": "$.n"}, "s": {"@path": "$.n"}}
    async with configure_odd(perform, mapping, fields=fields).open(http="httpx") as live:
        [outcome] = await live.send([{**EVENT, "n": PRECISE}])
    assert outcome.ok
    [request] = httpx_mock.get_requests()
    assert request.content == b'{"n":12345678901234567890.12,"s":"12345678901234567890.12"}'


async def test_an_anonymous_id_can_be_a_number():
    async def perform(context, _payload):
        return context.anonymous_id

    async with open_odd(perform) as live:
        outcomes = await live.send([{**EVENT, "anonymousId": each} for each in (17.0, "a", None)])
    assert [outcome.results[0].result.response for outcome in outcomes] == ["17", "a", None]


class Raising(dict):
    """An event of a host's own class, which raises at a look-up by `get` and by key."""

    def __init__(self, members, key, error):
        super().__init__(members)
        self._key, self._error = key, error

    def __getitem__(self, key):
        if key == self._key:
            raise self._error
        return super().__getitem__(key)

    def get(self, key, default=None):
        return self[key] if key in self else default  # noqa: SIM401 - it is `get` itself


@pytest.mark.parametrize("key", ["type", "name", "anonymousId", "context"])
@pytest.mark.parametrize("error", [LookupError("no"), SystemExit(3), asyncio.CancelledError()])
def test_an_event_whose_mapping_raises_costs_itself_alone(configured, key, error):
    event = {**TRACK, "event": "e", "name": "n", "anonymousId": "a", "context": {}}
    subscription = {"action": "say", "mapping": {"word": {"@path": "$.name"}}}
    instance = configured(ECHO, subscription)
    first, odd, last = instance.send_sync([event, Raising(event, key, error), event])
    assert [type(found.results[0].result) for found in (first, last)] == [Delivered, Delivered]
    assert type(odd.results[0].result) is Failed


def test_the_personas_in_a_context_are_a_copy(configured):
    async def perform(context, payload):
        context.personas_context["traits"].clear()
        return {}

    personas = {"traits": {"a": 1}}
    event = {**TRACK, "context": {"personas": personas}}
    configured(performing(perform), {"action": "do", "mapping": {}}).send_sync([event])
    assert personas == {"traits": {"a": 1}}


async def test_an_event_beyond_the_limit_for_an_unknown_subscription_is_no_skipped_event(
    configured,
):
    mapping = {"word": {"@path": "$.event"}}
    instance = configured(ECHO, {"name": "A", "action": "say", "mapping": mapping})
    large = {**TRACK, "context": {"unread": "x" * 2_000}}
    async with instance.open(max_event_bytes=1_000) as live:
        [outcome] = await live.send([large], only=["B"])
    assert [part.result.code for part in outcome.results] == ["SUBSCRIPTION_NOT_FOUND"]


def test_an_event_beyond_the_limit_fails_where_it_matches_and_harms_no_other(configured):
    mapping = {"word": {"@path": "$.event"}}
    instance = configured(ECHO, {"name": "A", "action": "say", "mapping": mapping})
    large = {**TRACK, "context": {"unread": "x" * 2_000}}
    untouched = {"type": "page", "context": {"unread": "x" * 2_000}}
    outcomes = instance.send_sync([TRACK, large, untouched], max_event_bytes=1_000)
    assert [outcome.ok for outcome in outcomes] == [True, False, True]
    failed = outcomes[1].results[0].result
    assert (failed.code, failed.retryable) == ("INVALID_EVENT", False)
    assert failed.message == "the event is larger than 1,000 bytes: send less in one event"
    assert all(outcome.ok for outcome in instance.send_sync([large]))


def test_a_payload_beyond_its_budget_names_limit_and_field(configured):
    mapping = {"word": {"@template": "{{p}}{{p}}{{p}}"}}
    instance = configured(ECHO, {"name": "A", "action": "say", "mapping": mapping})
    [outcome] = instance.send_sync([{**TRACK, "p": "x" * 900_000}])
    failed = outcome.results[0].result
    assert failed.code == "PAYLOAD_VALIDATION_FAILED"
    assert failed.message.startswith("/word: the mapping makes more than 2,000,000 characters")
