"""An instance on a thread of its own."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest

from destination_kit import (
    Audience,
    AudienceDetails,
    Authentication,
    AuthResult,
    Catalog,
    ConfigurationError,
    DefinitionError,
    Destination,
    SelfTimeoutError,
)
from tests.kit.runtime.odd_destination import EVENT, answer, configure


async def test_code_that_blocks_holds_up_its_own_instance_only(caplog):
    over = threading.Event()

    async def perform(context, payload):
        over.wait(60)

    apart = configure(perform).open_in_thread()
    async with configure(answer).open() as other:
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


async def test_a_threaded_instance_returns_the_same_results_from_any_loop():
    async with configure(answer).open_in_thread() as apart:
        received_at = datetime(2026, 3, 2, tzinfo=UTC)
        [outcome] = await apart.send([EVENT], received_at=received_at)
        assert outcome.results[0].result.response == {"at": str(received_at)}
        [none] = await apart.send([EVENT], only=[])
        assert none.skipped
        elsewhere = await asyncio.to_thread(lambda: asyncio.run(apart.send([EVENT] * 2)))
        assert [outcome.ok for outcome in elsewhere] == [True, True]
        with pytest.raises(TypeError):
            await apart.send("text")


async def test_cancelling_a_send_ends_the_delivery_in_the_thread():
    started, ended = threading.Event(), threading.Event()

    async def perform(context, payload):
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with configure(perform).open_in_thread() as apart:
        sending = asyncio.create_task(apart.send([EVENT]))
        await asyncio.to_thread(started.wait, 5)
        sending.cancel()
        assert await asyncio.to_thread(ended.wait, 5)


async def test_an_event_in_a_threaded_instance_that_closes_has_a_result():
    over = threading.Event()

    async def perform(context, payload):
        over.wait(60)

    apart = configure(perform).open_in_thread()
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


async def test_an_exception_while_opening_in_a_thread_is_raised_at_the_first_use():
    async def perform(context, payload):
        return None

    instance = configure(perform)
    with pytest.raises(ValueError, match="not ftp://x"):
        async with instance.open_in_thread(connect_to={"*": "ftp://x"}):
            pass


VIP = AudienceDetails(name="VIP", external_id="ext-1")


def with_audiences(create_audience):
    async def get_audience(context, audience):
        return f"found {audience.external_id} in {threading.current_thread().name}"

    async def test(context):
        return AuthResult(ok=True, account=threading.current_thread().name)

    destination = Destination(
        slug="crowd",
        name="Crowd",
        actions={},
        authentication=Authentication(test=test),
        audience=Audience(create_audience=create_audience, get_audience=get_audience),
    )
    return Catalog.of(destination).configure({"destination": "crowd"})


async def create(context, audience):
    return f"made {audience.name} in {threading.current_thread().name}"


async def test_audiences_are_created_and_found_in_the_thread():
    async with with_audiences(create).open_in_thread() as apart:
        assert await apart.create_audience(VIP) == "made VIP in destination_kit crowd"
        assert await apart.get_audience(VIP) == "found ext-1 in destination_kit crowd"
        tested = await apart.call(lambda live: live.authenticate())
        assert (tested.ok, tested.account) == (True, "destination_kit crowd")
        with pytest.raises(ConfigurationError, match="/name: is required"):
            await apart.create_audience(AudienceDetails())
        with pytest.raises(DefinitionError, match="no such action"):
            await apart.call(lambda live: live.choices("no", "field"))
    with pytest.raises(RuntimeError, match="closed"):
        await apart.get_audience(VIP)


async def test_an_audience_that_blocks_its_thread_ends_at_its_deadline():
    over = threading.Event()

    async def blocks(context, audience):
        over.wait(60)
        return "late"

    apart = with_audiences(blocks).open_in_thread()
    with pytest.raises(SelfTimeoutError, match=r"crowd did not answer within 0.05 s"):
        await apart.create_audience(VIP, deadline=0.05)
    over.set()
    await apart.aclose()


async def test_an_audience_in_a_threaded_instance_that_closes_is_an_error():
    started = threading.Event()

    async def waits(context, audience):
        started.set()
        await asyncio.Event().wait()

    apart = with_audiences(waits).open_in_thread()
    asking = asyncio.create_task(apart.create_audience(VIP))
    await asyncio.to_thread(started.wait, 5)
    await apart.aclose(deadline=0.05)
    with pytest.raises(RuntimeError, match="closed"):
        await asking
