"""Stores: the contract, their bounds, and what a file promises."""

import asyncio
import json
import subprocess
import sys
from itertools import count

import pytest

from destination_kit.stores import FileStore, MemoryStore, StoreFileError, StoreFullError
from destination_kit.testing import check_store


@pytest.fixture(params=["memory", "file"])
def create(request, tmp_path):
    """Return a function that makes an empty store."""
    numbers = count()
    if request.param == "memory":
        return MemoryStore
    return lambda **options: FileStore(tmp_path / f"store-{next(numbers)}.json", **options)


async def test_each_store_keeps_the_contract(create):
    await check_store(create)


async def test_the_contract_names_the_rule_that_a_store_breaks():
    class Forgetful(MemoryStore):
        async def get(self, key):
            return None

    with pytest.raises(AssertionError, match="comes back as it was set"):
        await check_store(Forgetful)


async def test_a_full_store_forgets_what_has_an_end_and_nothing_else(create):
    store = create(max_bytes=100)
    await store.set("token", "t" * 40)
    await store.set("old", "o" * 20, ttl=60)
    await store.set("new", "n" * 20, ttl=60)
    await store.set("newest", "w" * 20, ttl=60)
    assert [await store.get(key) for key in ("old", "new")] == [None, "n" * 20]
    with pytest.raises(StoreFullError, match="100 bytes"):
        await store.set("more", "m" * 90)
    assert await store.get("token") == "t" * 40
    assert await store.get("newest") == "w" * 20


async def test_what_has_ended_makes_room_first(create):
    now = [0.0]
    store = create(max_bytes=60, clock=lambda: now[0])
    await store.set("lasting", "l" * 20, ttl=100)
    await store.set("ended", "e" * 20, ttl=1)
    now[0] = 2
    await store.set("more", "m" * 20, ttl=100)
    assert [await store.get(key) for key in ("lasting", "ended")] == ["l" * 20, None]


async def test_threads_with_event_loops_of_their_own_share_a_lock(create):
    store, inside, most = create(), [], []

    async def enter():
        async with store.lock("a"):
            inside.append(1)
            most.append(len(inside))
            await asyncio.sleep(0.02)
            inside.pop()

    await asyncio.gather(*(asyncio.to_thread(asyncio.run, enter()) for _ in range(4)))
    assert most == [1, 1, 1, 1]


async def test_a_file_is_for_its_owner_and_a_link_stays_a_link(tmp_path):
    path = tmp_path / "store.json"
    path.write_text("{}")
    path.chmod(0o644)
    (tmp_path / "link").symlink_to(path)
    await FileStore(tmp_path / "link").set("a", {"b": 1})
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) == {"a": [{"b": 1}, None]}
    assert (tmp_path / "link").is_symlink()
    assert {file.name for file in tmp_path.iterdir()} == {"store.json", "link"}


async def test_the_next_process_reads_what_the_last_one_set(tmp_path):
    await FileStore(tmp_path / "s").set("a", "é")
    assert await FileStore(tmp_path / "s").get("a") == "é"


@pytest.mark.parametrize("text", ["[]", "{", '{"a": 1}', '{"a": [1, 2, 3]}', "\ud800"])
def test_a_file_that_is_no_store_is_neither_read_nor_replaced(tmp_path, text):
    path = tmp_path / "events.jsonl"
    path.write_text(text, errors="surrogatepass")
    with pytest.raises(StoreFileError, match=r"events\.jsonl is no store: name another file"):
        FileStore(path)
    assert path.read_text(errors="surrogatepass") == text


async def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        await FileStore(tmp_path / "missing" / "store").set("a", 1)


_COUNTING = """
import asyncio, sys
from destination_kit.stores import FileStore
async def main():
    store = FileStore(sys.argv[1])
    for number in range(10):
        async with store.lock("count"):
            await store.set("count", (await store.get("count") or 0) + 1)
        await store.set(f"{sys.argv[2]} {number}", number)
asyncio.run(main())
"""


def test_two_processes_lose_no_change_of_each_other(tmp_path):
    path = str(tmp_path / "store.json")
    running = [subprocess.Popen([sys.executable, "-c", _COUNTING, path, name]) for name in "abc"]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    store = FileStore(path)
    assert asyncio.run(store.get("count")) == 30
    assert asyncio.run(store.get("c 9")) == 9
    assert [file.name for file in tmp_path.iterdir()] == ["store.json"]


_HOLDING = """
import asyncio, sys
from destination_kit.stores import FileStore
async def main():
    async with FileStore(sys.argv[1]).lock("a"):
        print("held", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


async def hold_for_a_moment(path):
    async with asyncio.timeout(0.5), FileStore(path).lock("a"):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path = str(tmp_path / "store.json")
    arguments = [sys.executable, "-c", _HOLDING, path]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError):
            asyncio.run(hold_for_a_moment(path))
        holder.kill()
    asyncio.run(hold_for_a_moment(path))
