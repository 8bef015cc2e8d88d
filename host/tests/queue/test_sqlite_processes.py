"""The SQLite queue in processes that are killed, shut out, or left without a disk."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import sleep

import pytest

from destination_host.queue import (
    KILLED_ITS_WORKER,
    Filter,
    NewEvent,
    QueueInUseError,
    Route,
    Settlement,
    Status,
)
from destination_host.queue.sqlite import SqliteQueue

HOST = Path(__file__).with_name("killed.py")
USERS = 5


def start(path, mode):
    command = [sys.executable, HOST, path, mode]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)


def kill_after(path, mode, word, times, pause=0.0):
    process = start(path, mode)
    read = []
    for line in process.stdout:
        read.append(line)
        if sum(line.startswith(word) for line in read) >= times:
            break
    sleep(pause)
    process.kill()
    rest, _ = process.communicate()
    text = "".join(read) + rest
    whole = text[: text.rfind("\n") + 1].splitlines()
    return [(line.split()[0], [int(n) for n in line.split()[1:]]) for line in whole]


async def drained(path):
    """Deliver what is left; return the numbers of all that is kept, and of what was left in order."""
    order = []
    async with await SqliteQueue.open(path) as queue:
        while taken := await queue.take({"a": 1000}):
            order += [json.loads(one.body)["n"] for one in taken]
            done = [Settlement(delivery=one.delivery, status=Status.DELIVERED) for one in taken]
            await queue.finish(done)
        assert (await queue.stats()).unfinished == 0
        kept = await queue.find(Filter(statuses=[Status.DELIVERED]), limit=100_000)
    return {int(row.message_id) for row in kept}, order


def read_file(path):
    """Read the file as `sqlite3` does, in a process of its own."""
    read = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM overview')"
    subprocess.run([sys.executable, "-c", read, path], check=True)


async def test_a_person_who_reads_the_file_loses_nothing_at_a_kill(tmp_path):
    path = tmp_path / "queue.db"
    process = start(path, "flow")
    kept = []
    for line in process.stdout:
        if line.startswith("put"):
            kept += map(int, line.split()[1:])
        if len(kept) == 100:
            read_file(path)
        if len(kept) >= 300:
            break
    process.kill()
    process.communicate()
    stored, _ = await drained(path)
    assert {*kept} <= stored


async def test_what_was_promised_before_a_kill_is_kept_in_order(tmp_path):
    path = tmp_path / "queue.db"
    printed = []
    for pause in (0.0, 0.003, 0.011):
        printed += kill_after(path, "flow", "put", 10, pause)
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    put = {n for word, numbers in printed if word == "put" for n in numbers}
    finished = [n for word, numbers in printed if word == "finished" for n in numbers]
    taken = {n for word, numbers in printed if word == "took" for n in numbers}
    kept, left = await drained(path)
    # A result can be durable and the kill come before it is printed, so the file is asked.
    assert put <= kept
    assert {*finished, *left} <= kept <= {*taken, *left}
    assert not {*finished} & {*left}
    assert len(left) == len({*left})
    for user in range(USERS):
        order = [n for n in left if n % USERS == user]
        assert order == sorted(order)


async def test_what_was_in_flight_at_a_kill_is_taken_alone_and_the_rest_follows(tmp_path):
    path = tmp_path / "queue.db"
    async with await SqliteQueue.open(path) as queue:
        bodies = [json.dumps({"n": n}).encode() for n in range(4)]
        await queue.put([NewEvent("web", body, 1.0, [Route("a")]) for body in bodies[:3]])
    kill_after(path, "hold", "took", 1)
    async with await SqliteQueue.open(path) as queue:
        await queue.put([NewEvent("web", bodies[3], 1.0, [Route("a")])])
        for number in range(3):
            [alone] = await queue.take({"a": 100})
            assert json.loads(alone.body)["n"] == number
            assert alone.attempt == 2
            assert not await queue.take({"a": 100})
            await queue.finish([Settlement(delivery=alone.delivery, status=Status.DELIVERED)])
        [last] = await queue.take({"a": 100})
        assert json.loads(last.body)["n"] == 3


async def test_a_delivery_that_kills_three_times_alone_is_dead_and_its_neighbours_are_not(tmp_path):
    path = tmp_path / "queue.db"
    poison, next_of_user, neighbour = (
        NewEvent("web", json.dumps({"n": n}).encode(), 1.0, [Route("a", key)])
        for n, key in enumerate(["userId 1", "userId 1", "userId 2"])
    )
    async with await SqliteQueue.open(path) as queue:
        await queue.put([poison, next_of_user])
    for _ in range(3):
        kill_after(path, "hold", "took", 1)
    async with await SqliteQueue.open(path) as queue:
        [dead] = await queue.find(Filter(statuses=[Status.DEAD]))
        assert (dead.delivery, dead.attempts) == (1, 3)
        assert [failure.code for failure in dead.failures] == [KILLED_ITS_WORKER]
        assert await queue.find(Filter(code=KILLED_ITS_WORKER)) == [dead]
        await queue.put([neighbour])
        taken = await queue.take({"a": 100})
        assert [json.loads(one.body)["n"] for one in taken] == [1, 2]


async def test_a_second_process_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "queue.db"
    process = start(path, "hold")
    assert process.stdout.readline() == "took\n"
    with pytest.raises(QueueInUseError, match="another process has opened the queue .*: stop it"):
        await SqliteQueue.open(path)
    process.kill()
    process.communicate()
    async with await SqliteQueue.open(path):
        pass


async def test_a_queue_on_a_full_disk_keeps_what_it_has_and_goes_on_when_there_is_room(tmp_path):
    path = tmp_path / "queue.db"
    process = start(path, "fill")
    printed, _ = process.communicate(timeout=60)
    full, kept = printed.splitlines()
    assert "make room on its disk" in full
    assert process.returncode == 0
    numbers = kept.split()[1:]
    assert len(numbers) > 10
    async with await SqliteQueue.open(path) as queue:
        found = await queue.find(Filter(), limit=100_000)
        assert [row.message_id for row in reversed(found)] == numbers
