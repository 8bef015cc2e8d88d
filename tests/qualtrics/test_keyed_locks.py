"""Keyed locks are fair, never deadlock, and share outcomes, across event loops and threads."""

import asyncio
import threading

import pytest
from hypothesis import given, strategies as st

from destination_kit import HTTPError, IntegrationError, RetryableError
from destinations.qualtrics.keyed_locks import KeyedLocks

BUSY = HTTPError("busy", 503, retry_after=7)
WRONG = IntegrationError("wrong", "WRONG", 400)


class Turns:
    """Tasks that hold keys; `open` lets one of them release its lock."""

    def __init__(self):
        self.locks = KeyedLocks()
        self.entered = []
        self.may_end = {}

    def start(self, name, keys, *, request=None, error=None, result=None):
        self.may_end[name] = asyncio.Event()
        return asyncio.create_task(self._hold(name, keys, request, error, result))

    async def _hold(self, name, keys, request, error, result):
        async with self.locks.acquire(keys, request) as lock:
            self.entered.append((name, lock.result))
            await self.may_end[name].wait()
            if error:
                raise error
            lock.result = lock.result or result
        return lock.result

    async def open(self, *names):
        await settle()  # every task holds its lock or waits for it
        for name in names:
            self.may_end[name].set()

    @property
    def names(self):
        return [name for name, _ in self.entered]


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_key_is_held_by_one_at_a_time_in_the_order_of_coming():
    turns = Turns()
    tasks = [turns.start(name, ["k"]) for name in "abc"]
    await settle()
    assert turns.names == ["a"]
    await turns.open("c", "b", "a")
    await asyncio.gather(*tasks)
    assert turns.names == ["a", "b", "c"]


async def test_different_keys_are_held_at_the_same_time():
    turns = Turns()
    tasks = [turns.start("a", ["k"]), turns.start("b", ["l"])]
    await settle()
    assert turns.names == ["a", "b"]
    await turns.open("a", "b")
    await asyncio.gather(*tasks)


async def test_keys_that_overlap_crosswise_lead_to_no_deadlock():
    turns = Turns()
    wanted = {"a": "kl", "b": "lm", "c": "mk", "d": "lk"}
    tasks = [turns.start(name, keys) for name, keys in wanted.items()]
    await turns.open(*wanted)
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert turns.names == ["a", "b", "c", "d"]


async def test_keys_without_a_lock_are_not_kept():
    turns = Turns()
    tasks = [turns.start(name, ["k", name]) for name in "abc"]
    await settle()
    tasks[1].cancel()
    await turns.open("a", "b", "c")
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(turns.locks) == 0


async def test_a_cancelled_waiter_lets_no_later_one_overtake_the_holder():
    turns = Turns()
    first, second, third = (turns.start(name, ["k"]) for name in "abc")
    await settle()
    second.cancel()
    await settle()
    assert second.cancelled()
    assert turns.names == ["a"]
    await turns.open("a", "c")
    await asyncio.gather(first, third)
    assert turns.names == ["a", "c"]


async def test_after_a_cancelled_waiter_of_two_keys_both_holders_are_waited_for():
    turns = Turns()
    holders = [turns.start("a", ["k"]), turns.start("b", ["l"])]
    waiter, last = turns.start("c", ["k", "l"]), turns.start("d", ["l", "k"])
    await settle()
    waiter.cancel()
    await turns.open("a", "d")
    await settle()
    assert turns.names == ["a", "b"]
    await turns.open("b")
    await asyncio.gather(*holders, last)
    assert turns.names == ["a", "b", "d"]


async def test_a_thousand_cancelled_waiters_leave_the_key_to_the_next():
    turns = Turns()
    holder = turns.start("holder", ["k"])
    crowd = [turns.start(number, ["k"]) for number in range(1000)]
    await settle()
    for waiter in crowd:
        waiter.cancel()
    await asyncio.wait(crowd)
    last = turns.start("last", ["k"])
    await turns.open("holder", "last")
    await asyncio.wait_for(asyncio.gather(holder, last), 10)
    assert turns.names == ["holder", "last"]
    assert len(turns.locks) == 0


async def test_a_cancelled_holder_lets_the_next_one_in():
    turns = Turns()
    first, second = turns.start("a", ["k"], request="r"), turns.start("b", ["k"], request="r")
    await settle()
    first.cancel()
    await turns.open("b")
    await second
    assert turns.entered == [("a", None), ("b", None)]


async def test_a_retryable_error_is_shared_by_all_waiters_for_the_same_keys():
    turns = Turns()
    tasks = [
        turns.start("a", ["k", "l"], request="one", error=BUSY),
        turns.start("b", ["l", "k"], request="two"),
        turns.start("c", ["k", "l"]),
    ]
    await turns.open("a")
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert first is BUSY
    assert turns.names == ["a"]
    for error in others:
        assert isinstance(error, RetryableError)
        assert (error.code, error.status, error.retry_after) == (BUSY.code, 503, 7)
        assert not getattr(error, "outcome_unknown", False)


async def test_a_retryable_error_is_not_shared_by_a_waiter_with_more_keys():
    turns = Turns()
    tasks = [turns.start("a", ["k"], error=BUSY), turns.start("b", ["k", "l"], result=5)]
    await turns.open("a", "b")
    assert await asyncio.gather(*tasks, return_exceptions=True) == [BUSY, 5]


async def test_a_lock_after_the_release_does_not_share_a_retryable_error():
    turns = Turns()
    first = turns.start("a", ["k"], error=BUSY)
    await turns.open("a")
    await asyncio.wait([first])
    second = turns.start("b", ["k"], result=5)
    await turns.open("b")
    assert await second == 5
    assert first.exception() is BUSY


async def test_a_permanent_error_is_shared_by_the_same_request_only():
    turns = Turns()
    tasks = [
        turns.start("a", ["k"], request="one", error=WRONG),
        turns.start("b", ["k"], request="one"),
        turns.start("c", ["k"], request="two", result=3),
        turns.start("d", ["k"], result=4),
    ]
    await turns.open("a", "c", "d")
    assert await asyncio.gather(*tasks, return_exceptions=True) == [WRONG, WRONG, 3, 4]
    assert turns.names == ["a", "c", "d"]


async def test_a_permanent_error_without_a_request_is_not_shared():
    turns = Turns()
    tasks = [turns.start("a", ["k"], error=WRONG), turns.start("b", ["k"], result=2)]
    await turns.open("a", "b")
    assert await asyncio.gather(*tasks, return_exceptions=True) == [WRONG, 2]


async def test_the_same_request_shares_the_result_but_not_across_another_one():
    turns = Turns()
    tasks = [
        turns.start("a", ["k"], request="one", result=1),
        turns.start("b", ["k"], request="one", result=2),
        turns.start("c", ["k"], request="two", result=3),
        turns.start("d", ["k"], request="one", result=4),
    ]
    await turns.open("a", "b", "c", "d")
    assert await asyncio.gather(*tasks) == [1, 1, 3, 4]
    assert turns.entered == [("a", None), ("b", 1), ("c", None), ("d", None)]


def test_keys_are_held_across_threads_with_an_event_loop_each():
    locks, inside, counted = KeyedLocks(), [], []
    barrier = threading.Barrier(2)

    async def count():
        for _ in range(50):
            async with locks.acquire(["k"]):
                inside.append(1)
                counted.append(len(inside))
                await asyncio.sleep(0)
                inside.pop()

    async def both():
        await asyncio.gather(count(), count())

    def run():
        barrier.wait()
        asyncio.run(both())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert counted == [1] * 200
    assert len(locks) == 0


def test_a_waiter_whose_loop_is_closed_blocks_no_other():
    locks, entered = KeyedLocks(), []

    async def wait():
        async with locks.acquire(["k"]):
            entered.append("waiter")

    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait(), 0.05)

    async def work():
        async with locks.acquire(["k"]):
            await asyncio.to_thread(lambda: asyncio.run(give_up()))
        async with locks.acquire(["k"]):
            entered.append("next")

    asyncio.run(work())
    assert entered == ["next"]


async def test_requests_are_compared_as_json_in_which_true_is_not_1():
    turns = Turns()
    tasks = [
        turns.start("a", ["k"], request=("write", {"x": True}), result=1),
        turns.start("b", ["k"], request=("write", {"x": 1}), result=2),
        turns.start("c", ["k"], request=("write", {"x": 1}), result=3),
    ]
    await turns.open("a", "b", "c")
    assert await asyncio.gather(*tasks) == [1, 2, 2]


async def test_requests_are_compared_without_the_order_of_their_names():
    turns = Turns()
    tasks = [
        turns.start("a", ["k"], request=("write", {"x": 1, "y": 2}), result=1),
        turns.start("b", ["k"], request=("write", {"y": 2, "x": 1}), result=2),
    ]
    await turns.open("a", "b")
    assert await asyncio.gather(*tasks) == [1, 1]


async def test_an_error_in_comparing_requests_releases_the_keys():
    turns, unheard_of = Turns(), {"x": object()}
    tasks = [turns.start(name, ["k"], request=unheard_of) for name in "ab"]
    tasks.append(turns.start("c", ["k"], result=3))
    await turns.open("a", "c")
    first, second, third = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, isinstance(second, TypeError), third) == (None, True, 3)
    assert len(turns.locks) == 0


async def test_an_acquisition_that_is_used_again_holds_a_new_lock():
    locks, inside = KeyedLocks(), []
    again, second = locks.acquire(["k"]), locks.acquire(["k"])

    async def use(acquisition, name):
        async with acquisition:
            inside.append(name)
            await settle()
            inside.append(name)

    async with again:
        pass
    await asyncio.gather(use(again, "again"), use(second, "second"))
    assert inside == ["again", "again", "second", "second"]


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc"), min_size=1), st.integers(0, 12))))
def test_a_cancellation_at_any_time_leaves_no_key_held_and_none_held_twice(jobs):
    locks, held = KeyedLocks(), []

    async def work(keys):
        async with locks.acquire(keys):
            assert not keys & {key for held_keys in held for key in held_keys}
            held.append(keys)
            try:
                await asyncio.sleep(0)
            finally:
                held.remove(keys)

    async def cancelled(keys, ticks):
        task = asyncio.create_task(work(keys))
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or task.exception() is None

    async def every_job():
        await asyncio.gather(*(cancelled(frozenset(keys), ticks) for keys, ticks in jobs))

    asyncio.run(every_job())
    assert len(locks) == 0
