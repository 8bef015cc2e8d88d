"""What a destination's code does to the process that runs it is contained, and named."""

import asyncio
import gc
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given, strategies as st

from destination_kit import (
    Action,
    Catalog,
    DeliveryError,
    Destination,
    Failed,
    TransportError,
)
from destination_kit._redact import Secret
from destination_kit.runtime.blocking import warn_if_blocking
from destination_kit.runtime.observers import Observers

SETTINGS = {
    "type": "object",
    "properties": {"token": {"type": "string", "title": "Token", "format": "password"}},
}

ANYTHING = {"type": "object"}


def opened(perform, transport=None, **more):
    return odd(perform, **more).open(transport=transport)


def odd(perform, mapping=(), **more):
    destination = Destination(
        slug="odd",
        name="Odd",
        settings=SETTINGS,
        hosts=("odd.example",),
        actions={"do": Action(title="Do", trigger='type = "track"', perform=perform, **more)},
    )
    document = {
        "destination": "odd",
        "settings": {"token": "s3cret-token"},
        "subscriptions": [{"action": "do", "mapping": dict(mapping)}],
    }
    return Catalog.of(destination).configure(document)


async def one(live, **options):
    async with live:
        [outcome] = await live.send([{"type": "track"}], **options)
    [result] = outcome.results
    return result.result


async def test_settings_that_are_logged_whole_show_no_secret(caplog):
    async def perform(context, payload):
        logging.getLogger("odd").warning("settings: %s, %r", dict(context.settings), context)
        return context.settings["token"] == "s3cret-token"

    assert (await one(opened(perform))).response is True
    assert "[secret]" in caplog.text
    assert "s3cret-token" not in caplog.text


def test_a_secret_is_a_text_like_any_other():
    secret = Secret("abc")
    assert (secret, hash(secret), f"{secret}", len(secret)) == ("abc", hash("abc"), "abc", 3)
    assert repr(secret) == "'[secret]'"


async def test_who_holds_up_the_event_loop_is_named(caplog):
    async def perform(context, payload):
        time.sleep(0.6)  # noqa: ASYNC251 - it is what must be found
        return "done"

    assert (await one(opened(perform))).response == "done"
    assert "do held up the event loop for 0." in caplog.text


async def test_naming_changes_nothing_of_what_is_awaited():
    async def twice(future):
        try:
            await future
        except LookupError:
            return await asyncio.sleep(0, "caught")
        return "no error"

    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_exception, LookupError())
    assert await warn_if_blocking(twice(future), "x") == "caught"
    assert await warn_if_blocking(asyncio.sleep(0, 5), "x") == 5
    ready = asyncio.get_running_loop().create_future()
    ready.set_result(6)
    assert await warn_if_blocking(ready, "x") == 6
    with pytest.raises(KeyError):
        await warn_if_blocking(fail(), "x")


async def fail():
    await asyncio.sleep(0)
    raise KeyError


async def test_naming_lets_cancellation_through():
    ended = []

    async def wait():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    task = asyncio.create_task(warn_if_blocking(wait(), "x"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_requests_that_nobody_waits_for_end_with_their_delivery(caplog):
    all_asked, asked, ended = asyncio.Event(), [], []

    async def never(request):
        asked.append(request)
        if len(asked) == 3:
            all_asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(request)

    async def perform(context, payload):
        perform.left = [
            asyncio.create_task(context.http.get("https://odd.example/")) for _ in range(3)
        ]
        await all_asked.wait()
        return "done"

    assert (await one(opened(perform, httpx.MockTransport(never)))).response == "done"
    assert len(ended) == 3
    assert all(each.cancelled() for each in perform.left)
    assert "do left 3 requests behind" in caplog.text


EVENT = {"type": "track"}


def configured(perform):
    action = Action(title="Do", trigger='type = "track"', perform=perform)
    destination = Destination(slug="odd", name="Odd", actions={"do": action})
    subscriptions = [{"action": "do", "mapping": {}}]
    return Catalog.of(destination).configure({"destination": "odd", "subscriptions": subscriptions})


async def test_code_that_blocks_holds_up_nobody_but_its_own_instance(caplog):
    over = threading.Event()

    async def perform(context, payload):
        over.wait(60)

    apart = configured(perform).open_in_thread()
    async with configured(answer).open() as other:
        stuck = asyncio.create_task(apart.send([EVENT, {"type": "page"}], deadline=0.05))
        [fine] = await other.send([EVENT])
        failed, skipped = await stuck
    await apart.aclose(deadline=0.05)
    over.set()
    for thread in threading.enumerate():
        if thread.name == "destination_kit odd":
            await asyncio.to_thread(thread.join, 5)
    assert fine.ok
    [result] = failed.results
    assert (result.result.code, result.result.outcome) == ("SELF_TIMEOUT", "unknown")
    assert (result.result.retryable, skipped.skipped is not None) == (True, True)
    assert "odd is held up: its thread is left behind" in caplog.text


async def answer(context, payload):
    return {"at": str(context.received_at)}


async def test_an_instance_apart_answers_as_any_other_from_any_loop():
    async with configured(answer).open_in_thread() as apart:
        received_at = datetime(2026, 3, 2, tzinfo=UTC)
        [outcome] = await apart.send([EVENT], received_at=received_at)
        assert outcome.results[0].result.response == {"at": str(received_at)}
        [none] = await apart.send([EVENT], only=[])
        assert none.skipped
        elsewhere = await asyncio.to_thread(lambda: asyncio.run(apart.send([EVENT] * 2)))
        assert [each.ok for each in elsewhere] == [True, True]
        with pytest.raises(TypeError):
            await apart.send("text")


async def test_whoever_stops_waiting_for_an_instance_apart_ends_the_delivery():
    started, ended = threading.Event(), threading.Event()

    async def perform(context, payload):
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with configured(perform).open_in_thread() as apart:
        sending = asyncio.create_task(apart.send([EVENT]))
        await asyncio.to_thread(started.wait, 5)
        sending.cancel()
        assert await asyncio.to_thread(ended.wait, 5)


async def test_what_is_not_finished_when_an_instance_closes_has_a_result():
    async def perform(context, payload):
        if payload["write"]:
            await context.http.post("https://odd.example/", json={})
        await asyncio.Event().wait()

    fields = {"type": "object", "properties": {"write": {"type": "boolean"}}}
    asked = asyncio.Event()

    def partner(request):
        asked.set()
        return httpx.Response(200, json={})

    live = opened(perform, httpx.MockTransport(partner), fields=fields, mapping=WRITE)
    sending = asyncio.create_task(live.send([{**EVENT, "w": True}, {**EVENT, "w": False}]))
    await asked.wait()
    await live.aclose(deadline=0.01)
    results = [each.results[0].result for each in await sending]
    assert [each.code for each in results] == ["INSTANCE_CLOSED"] * 2
    assert [each.outcome for each in results] == ["unknown", "failed"]
    assert all(each.retryable for each in results)
    with pytest.raises(RuntimeError, match="closed"):
        await live.send([EVENT])


WRITE = {"write": {"@path": "$.w"}}


async def test_no_more_events_are_under_way_than_the_window_has():
    under_way, most, released = 0, 0, asyncio.Event()

    async def perform(context, payload):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await released.wait()
        under_way -= 1

    async with configured(perform).open(window=3) as live:
        first = [asyncio.create_task(live.send([EVENT])) for _ in range(3)]
        await asyncio.sleep(0)
        [late, page] = await live.send([EVENT, {"type": "page"}], deadline=0.02)
        [failed] = late.failures
        assert (failed.code, failed.retryable, failed.retry_after) == ("TOO_MANY_EVENTS", True, 1)
        assert page.skipped
        more = [asyncio.create_task(live.send([EVENT] * 2)) for _ in range(4)]
        await asyncio.sleep(0)
        released.set()
        outcomes = [each for sent in await asyncio.gather(*first, *more) for each in sent]
    assert all(each.ok for each in outcomes)
    assert len(outcomes) == 11
    assert most == 3


async def test_more_events_than_the_window_has_go_alone():
    async with configured(answer).open(window=2) as live:
        assert len(await live.send([EVENT] * 5)) == 5


async def test_an_open_instance_is_replaced_without_losing_an_event():
    """The host opens the new one, sends to it from then on, and closes the old one, which drains."""
    versions = []

    def instance(version):
        async def perform(context, payload):
            await asyncio.sleep(0.001)
            versions.append(version)

        return configured(perform)

    current = instance("old").open()
    sent = []
    for number in range(60):
        if number == 30:
            old, current = current, instance("new").open()
            closing = asyncio.create_task(old.aclose())
        sent.append(asyncio.create_task(current.send([EVENT])))
        await asyncio.sleep(0)
    outcomes = [outcome for [outcome] in await asyncio.gather(*sent)]
    await closing
    await current.aclose()
    assert all(each.results and each.ok for each in outcomes)
    assert sorted(versions) == ["new"] * 30 + ["old"] * 30


async def test_the_sync_door_refuses_a_running_loop_with_a_sentence():
    with pytest.raises(RuntimeError, match="the running event loop: use `async with instance"):
        configured(answer).send_sync([EVENT])


def test_several_threads_and_loops_send_through_one_catalog():
    instance = configured(answer)

    def send(_):
        return instance.send_sync([EVENT] * 20)

    with ThreadPoolExecutor(4) as pool:
        outcomes = [each for sent in pool.map(send, range(8)) for each in sent]
    assert len(outcomes) == 160
    assert all(each.ok for each in outcomes)


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
        async with opened(perform, httpx.MockTransport(partner)) as live:
            sending = asyncio.create_task(live.send([EVENT, EVENT]))
            for _ in range(steps):
                await asyncio.sleep(0)
            sending.cancel()
            await asyncio.wait([sending])
            await asyncio.sleep(0)
            assert len(started) == len(ended)
            return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1


def late_writer():
    """Return a perform that ignores its cancellation, waits a little, and then writes."""
    seen = []

    async def perform(context, payload):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.3)
        try:
            await context.http.post("https://odd.example/", json={})
        except TransportError as error:
            seen.append((error.code, error.retryable, error.outcome_unknown))

    return perform, seen


async def test_nothing_leaves_once_the_result_is_told(caplog):
    perform, seen = late_writer()
    asked = []
    live = opened(perform, httpx.MockTransport(asked.append))
    async with live:
        [outcome] = await live.send([EVENT], deadline=0.01)
        assert outcome.failures[0].outcome == "failed"
        await asyncio.sleep(0.6)
    assert seen == [("SELF_TIMEOUT", True, False)]
    assert "POST https://odd.example/ was not sent: its delivery was over" in caplog.text
    assert asked == []


async def test_whoever_waits_for_room_when_an_instance_closes_has_a_result():
    async def perform(context, payload):
        await asyncio.Event().wait()

    live = configured(perform).open(window=1)
    first, second = (asyncio.create_task(live.send([EVENT])) for _ in range(2))
    await asyncio.sleep(0)
    await live.aclose(deadline=0.01)
    codes = [outcome.failures[0].code for [outcome] in await asyncio.gather(first, second)]
    assert codes == ["INSTANCE_CLOSED"] * 2


async def test_whoever_waits_for_an_instance_apart_that_closes_has_a_result():
    over = threading.Event()

    async def perform(context, payload):
        over.wait(60)

    apart = configured(perform).open_in_thread()
    sending = asyncio.create_task(apart.send([EVENT], deadline=0.5))
    await asyncio.sleep(0.1)
    await apart.aclose(deadline=0.05)
    over.set()
    [outcome] = await sending
    assert outcome.failures[0].outcome == "unknown"
    await apart.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await apart.send([EVENT])
    for thread in threading.enumerate():
        if thread.name == "destination_kit odd":
            await asyncio.to_thread(thread.join, 5)


async def test_what_cannot_be_opened_apart_says_so_where_it_is_used():
    async def perform(context, payload):
        return None

    instance = configured(perform)
    with pytest.raises(ValueError, match="not ftp://x"):
        async with instance.open_in_thread(connect_to={"*": "ftp://x"}):
            pass


@pytest.mark.parametrize(
    "answer",
    [
        Failed("A", "a", problems=(threading.Lock(),)),
        Failed(threading.Lock(), "a", retry_after="soon"),
        DeliveryError("a", threading.Lock(), 500, retry_after="soon"),
    ],
)
async def test_an_odd_failure_is_told_as_one(answer):
    async def perform(context, payload):
        if isinstance(answer, Exception):
            raise answer
        return answer

    seen = []
    instance = replace(configured(perform), observers={"a": seen.append})
    async with instance.open() as live:
        [outcome] = await live.send([EVENT])
    [failed] = outcome.failures
    assert (type(failed.code), failed.retry_after, failed.problems) == (str, None, ())
    assert len(seen) == 1


async def test_a_code_shows_no_secret():
    async def perform(context, payload):
        raise DeliveryError("no", context.settings["token"], 400)

    assert (await one(opened(perform))).code == "[secret]"


async def test_an_error_that_cannot_even_be_read_costs_its_own_event():
    class OddError(DeliveryError):
        retry_after = property(lambda self: 1 / 0, lambda self, value: None)

    async def perform(context, payload):
        raise OddError("odd", "ODD", 500)

    async with configured(perform).open() as live:
        outcomes = await live.send([EVENT, {"type": "page"}])
    assert outcomes[0].failures[0].code == "UNKNOWN_ERROR"
    assert outcomes[1].skipped


async def test_secrets_inside_other_settings_are_secrets_too(caplog):
    inner = {"type": "object", "properties": {"token": SETTINGS["properties"]["token"]}}
    settings = {"type": "object", "properties": {"deep": inner}}

    async def perform(context, payload):
        raise ValueError(f"{context.settings} {context.settings['deep']['token']}")

    action = Action(title="Do", trigger='type = "track"', perform=perform)
    deep = Destination(slug="odd", name="Odd", settings=settings, actions={"do": action})
    document = {
        "destination": "odd",
        "settings": {"deep": {"token": "s3cret-token"}},
        "subscriptions": [{"action": "do", "mapping": {}}],
    }
    failed = await one(Catalog.of(deep).configure(document).open())
    assert "s3cret" not in failed.message + caplog.text


def test_an_observer_that_hangs_starves_no_other(caplog):
    over, seen = threading.Event(), []
    told = Observers({"hangs": lambda _: over.wait(60), "sees": seen.append}, grace=0.2)
    for number in range(5):
        told.notify(number)
    told.close()
    over.set()
    assert seen == [0, 1, 2, 3, 4]
    assert "on_result of hangs fell behind: 4 records dropped" in caplog.text


async def test_a_send_that_is_cancelled_logs_nothing_of_what_had_failed_by_then(caplog):
    async def perform(context, payload):
        if payload["ends"]:
            raise GeneratorExit(context.settings["token"])
        await asyncio.Event().wait()

    live = opened(perform, mapping={"ends": {"@path": "$.ends"}}, fields=ANYTHING)
    events = [{"type": "track", "ends": ends} for ends in (True, False)]
    async with live:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(live.send(events), 0.05)
    gc.collect()
    await asyncio.sleep(0)
    assert "s3cret-token" not in caplog.text
    assert "never retrieved" not in caplog.text


async def test_a_batch_that_ends_like_a_program_logs_nothing_of_it(caplog):
    async def perform(context, payload):
        return None

    async def perform_batch(context, payloads):
        raise GeneratorExit(context.settings["token"])

    live = opened(perform, mapping={"a": 1}, fields=ANYTHING, perform_batch=perform_batch)
    result = await one(live, deadline=0.5)
    gc.collect()
    await asyncio.sleep(0)
    assert result.outcome == "failed"
    assert "never retrieved" not in caplog.text
