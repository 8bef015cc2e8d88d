"""From what `perform` returns to a result."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from destination_kit import (
    Action,
    BatchLimits,
    Catalog,
    Delivered,
    DeliveryError,
    Destination,
    Failed,
    IntegrationError,
)
from tests.kit.runtime.odd_destination import EVENT, answer, configure
from tests.kit.runtime.performing import TRACK, performing, result_of


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        ({"a": {1}}, {"a": "<set>"}),
        (b"x", "<bytes>"),
        ([float("nan"), 1.5], [None, 1.5]),
        ({1: (2,)}, {"1": [2]}),
    ],
)
def test_the_return_value_of_perform_becomes_json(configured, answer, response):
    async def perform(context, payload):
        return answer

    assert result_of(performing(perform), configured) == Delivered(response)


async def test_a_secret_of_the_payload_in_a_response_is_masked(configured, httpx_mock):
    async def perform(context, payload):
        await context.http.post("https://a.example.com/", json={})
        raise IntegrationError(f"cannot reach {payload['url']}", "NOPE", 400)

    async def returns(context, payload):
        return await context.http.post("https://a.example.com/", json={})

    fields = {"type": "object", "properties": {"url": {"type": "string", "format": "uri"}}}
    for function, shown in ((perform, "message"), (returns, "response")):
        action = Action(title="Do", trigger='type = "track"', fields=fields, perform=function)
        destination = Destination(slug="test", name="Test", actions={"do": action})
        mapping = {"url": "https://hooks.example.com/x?k=tok-1234"}
        httpx_mock.add_response(json={"told": "k=tok-1234"})
        async with configured(destination, {"action": "do", "mapping": mapping}).open() as live:
            [outcome] = await live.send([TRACK])
        assert "tok-1234" not in str(getattr(outcome.results[0].result, shown))


@pytest.mark.parametrize(
    "answer",
    [
        Failed("A", "a", problems=(threading.Lock(),)),
        Failed(threading.Lock(), "a", retry_after="soon"),
        DeliveryError("a", threading.Lock(), 500, retry_after="soon"),
    ],
)
async def test_a_failed_value_with_fields_of_wrong_types_is_sanitized(answer):
    async def perform(context, payload):
        if isinstance(answer, Exception):
            raise answer
        return answer

    seen = []
    instance = replace(configure(perform), observers={"a": seen.append})
    async with instance.open() as live:
        [outcome] = await live.send([EVENT])
    [failed] = outcome.failures
    assert (type(failed.code), failed.retry_after, failed.problems) == (str, None, ())
    assert len(seen) == 1


async def test_an_exception_that_cannot_be_read_fails_its_own_event_only():
    class OddError(DeliveryError):
        retry_after = property(lambda self: 1 / 0, lambda self, value: None)

    async def perform(context, payload):
        raise OddError("odd", "ODD", 500)

    async with configure(perform).open() as live:
        outcomes = await live.send([EVENT, {"type": "page"}])
    assert outcomes[0].failures[0].code == "UNKNOWN_ERROR"
    assert outcomes[1].skipped


@pytest.mark.parametrize(
    ("error", "messages"),
    [
        (KeyError("x"), ["odd/do: KeyError (test_executor.py, line "]),
        (IntegrationError("no", "NO", 400), []),
    ],
)
async def test_an_unexpected_exception_is_logged_and_an_expected_one_is_not(
    caplog, error, messages
):
    async def perform(context, payload):
        raise error

    async with configure(perform).open() as live:
        await live.send([EVENT])
    shown = [record.getMessage() for record in caplog.records]
    assert len(shown) == len(messages)
    assert all(map(str.startswith, shown, messages))


async def test_a_record_says_when_a_delivery_started_and_how_long_it_took():
    async def perform(context, payload):
        await asyncio.sleep(0.03)

    async def perform_batch(context, payloads):
        await asyncio.sleep(0.03)
        return [{}] * len(payloads)

    action = Action(title="Do", trigger='type = "track"', perform=perform)
    batched = replace(action, perform_batch=perform_batch, batch=BatchLimits(count=2))
    for actions in ({"do": action}, {"do": batched}):
        seen = []
        destination = Destination(slug="odd", name="Odd", actions=actions)
        document = {"destination": "odd", "subscriptions": [{"action": "do", "mapping": {}}]}
        instance = Catalog.of(destination).configure(document)
        before = datetime.now(UTC)
        async with replace(instance, observers={"a": seen.append}).open() as live:
            await live.send([EVENT, EVENT])
        assert [0.02 < record.seconds < 5 for record in seen] == [True, True]
        assert all(before <= record.started <= datetime.now(UTC) for record in seen)


async def test_a_record_of_an_event_that_was_not_sent_has_its_time_too():
    seen = []
    instance = replace(configure(answer), observers={"a": seen.append})
    before = datetime.now(UTC)
    async with instance.open(max_event_bytes=100) as live:
        await live.send([{**EVENT, "large": "x" * 200}])
    [record] = seen
    assert before <= record.started <= datetime.now(UTC)
    assert record.seconds == 0.0


async def test_a_response_that_is_still_to_be_awaited_is_a_fault_of_the_author():
    async def perform(context, payload):
        return asyncio.get_running_loop().create_future()

    async with configure(perform).open() as live:
        [outcome] = await live.send([EVENT])
    assert outcome.failures[0].message.startswith("TypeError (executor.py")
