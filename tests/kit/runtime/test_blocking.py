"""Code that blocks the event loop is named."""

import asyncio
import time

import pytest

from destination_kit.runtime.blocking import warn_if_blocking
from tests.kit.runtime.odd_destination import open_odd, send_one


async def test_code_that_blocks_the_event_loop_is_named(caplog):
    async def perform(context, payload):
        time.sleep(0.6)  # noqa: ASYNC251 - it is what must be found
        return "done"

    assert (await send_one(open_odd(perform))).response == "done"
    assert "do held up the event loop for 0." in caplog.text


async def fail():
    await asyncio.sleep(0)
    raise KeyError


async def test_the_result_of_the_awaitable_stays_the_same():
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


async def test_cancellation_reaches_the_awaitable():
    ended = []

    async def wait():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def run():
        await warn_if_blocking(wait(), "x")

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]
