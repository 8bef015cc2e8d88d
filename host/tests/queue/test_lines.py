"""Lines of the queue, where chance rarely leads: replays into them, long keys, keys that are no text."""

import json
import sqlite3
import stat
from contextlib import closing

import pytest

from destination_host.queue import (
    MAX_ATTEMPT_BYTES,
    Filter,
    NewEvent,
    QueueError,
    RejectedItem,
    Retention,
    Route,
    Settlement,
    Status,
)
from destination_host.queue.memory import MemoryQueue
from destination_host.queue.sqlite import SqliteQueue

A = {"a": 100}


@pytest.fixture(params=["sqlite", "memory"])
async def queue(request, tmp_path):
    retention = Retention(rejected_bytes=1000)
    if request.param == "memory":
        yield MemoryQueue(retention=retention)
        return
    async with await SqliteQueue.open(tmp_path / "queue.db", retention=retention) as opened:
        yield opened


def event(number, key="userId 1", message_id=None):
    body = json.dumps({"n": number}).encode()
    return NewEvent("web", body, 1_000_000.0, [Route("a", key)], message_id)


async def settle(queue, taken, status, **options):
    await queue.finish(
        [Settlement(delivery=one.delivery, status=status, **options) for one in taken]
    )


async def test_a_replayed_delivery_passes_a_later_one_that_goes_again(queue):
    await queue.put([event(1), event(2)])
    await settle(queue, await queue.take(A), Status.DEAD)
    later = await queue.take(A)
    assert (await queue.replay(Filter(statuses=[Status.DEAD]))).replayed == 1
    assert not await queue.take(A)  # the later one is in flight
    await settle(queue, later, Status.WAITING, due=queue.now())
    assert [json.loads(one.body)["n"] for one in await queue.take(A)] == [1]


async def test_a_replayed_delivery_passes_a_later_one_that_was_parked(queue):
    await queue.put([event(1), event(2)])
    await settle(queue, await queue.take(A), Status.DEAD)
    await settle(queue, await queue.take(A), Status.PARKED, scope="subscription x")
    await queue.replay(Filter(statuses=[Status.DEAD]))
    assert not await queue.take(A)
    assert await queue.release("a") == 1
    assert [json.loads(one.body)["n"] for one in await queue.take(A)] == [1]


@pytest.mark.parametrize("key", ["x" * 5000, "half \ud800", "nul \0", "sha256 x"])
async def test_a_key_that_no_index_can_hold_still_keeps_its_order_and_its_repetitions(queue, key):
    assert await queue.put([event(1, key, key), event(2, key, key), event(3, key)]) == [1, 0, 1]
    assert len(await queue.take(A)) == 1
    assert len(await queue.find(Filter(order_key=key))) == 2
    assert len(await queue.find(Filter(message_id=key))) == 1


async def test_the_oldest_rejected_items_make_room(queue):
    items = [RejectedItem("web", b"\xff" * 300, float(n), "NO_JSON", "why") for n in range(5)]
    await queue.put([], items)
    kept = await queue.rejected()
    assert [item.received_at for _, item in kept] == [4.0, 3.0, 2.0]
    assert kept[0][1].body == b"\xff" * 300
    stats = await queue.stats()
    assert (stats.rejected, stats.rejected_bytes) == (3, 900)


async def test_the_last_attempts_are_kept_and_a_long_record_is_refused(queue):
    await queue.put([event(1)])
    for number in range(60):
        taken = await queue.take(A)
        record = json.dumps({"status": number}).encode()
        options = {"due": queue.now(), "attempt_record": record}
        await settle(queue, taken, Status.WAITING, **options)
    shown = await queue.show(1)
    assert [number for number, _ in shown.attempts] == [*range(11, 61)]
    assert shown.attempts[-1] == (60, {"status": 59})
    assert await queue.show(2) is None
    with pytest.raises(ValueError, match="2,048 bytes; that of delivery 1 has 2,049"):
        await settle(
            queue, [shown.found], Status.DEAD, attempt_record=b"x" * (MAX_ATTEMPT_BYTES + 1)
        )


async def test_nothing_can_be_settled_as_in_flight(queue):
    await queue.put([event(1)])
    with pytest.raises(ValueError, match="delivery 1 cannot be settled as in_flight"):
        await settle(queue, await queue.take(A), Status.IN_FLIGHT)


async def test_people_read_the_file_with_sqlite3_while_the_host_runs(tmp_path):
    path = tmp_path / "queue.db"
    async with await SqliteQueue.open(path) as queue:
        await queue.put([event(1, message_id="m1")])
        with closing(sqlite3.connect(path)) as database:
            row = database.execute("SELECT instance, status, message_id FROM overview").fetchone()
        assert row == ("a", "waiting", "m1")
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


async def test_a_file_of_a_newer_version_or_of_something_else_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "queue.db"
    async with await SqliteQueue.open(path):
        pass
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(QueueError, match="version 99.*install the newer destination-kit-host"):
        await SqliteQueue.open(path)
    other = tmp_path / "other.db"
    other.write_bytes(b"no database" * 1000)
    with pytest.raises(QueueError, match="cannot be opened as a queue"):
        await SqliteQueue.open(other)
    with pytest.raises(QueueError, match="cannot be opened: No such file"):
        await SqliteQueue.open(tmp_path / "no folder" / "queue.db")


@pytest.mark.parametrize("engine", ["sqlite", "memory"])
async def test_a_probe_that_fails_late_is_followed_by_a_whole_minute(engine, tmp_path):
    times = [1_000_000.0]
    clock = lambda: times[-1]  # noqa: E731 - a clock that the test moves
    queue = (
        await SqliteQueue.open(tmp_path / "queue.db", clock=clock)
        if engine == "sqlite"
        else MemoryQueue(clock=clock)
    )
    await queue.put([event(1)])
    for seconds in (0, 60, 90):
        times.append(times[-1] + seconds)
        [taken] = await queue.take(A)
        if seconds == 60:
            times.append(times[-1] + 60)
        await queue.finish([Settlement(delivery=taken.delivery, status=Status.PARKED, scope="s")])
        assert await queue.take(A) == []
    await queue.close()
