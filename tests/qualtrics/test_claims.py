"""Whoever wants a key that is held waits, in the order of coming, in any thread."""

import asyncio
import threading

import pytest
from hypothesis import given, strategies as st

from destination_kit import HTTPError, IntegrationError, RetryableError
from destinations.qualtrics.keyed_locks import KeyedLocks

BUSY = HTTPError("busy", 503, retry_after=7)
WRONG = IntegrationError("wrong", "WRONG", 400)


class Turns:
    """People who hold keys one after another; `open` lets one go on."""

    def __init__(self):
        self.claims = KeyedLocks()
        self.entered = []
        self.gates = {}

    def start(self, name, keys, *, request=None, error=None, answer=None):
        self.gates[name] = asyncio.Event()
        return asyncio.create_task(self._hold(name, keys, request, error, answer))

    async def _hold(self, name, keys, request, error, answer):
        async with self.claims.hold(keys, request) as claim:
            self.entered.append((name, claim.answer))
            await self.gates[name].wait()
            if error:
                raise error
            claim.answer = claim.answer or answer
        return claim.answer

    async def open(self, *names):
        await settle()  # until everybody waits who has to
        for name in names:
            self.gates[name].set()

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


async def test_nothing_is_kept_of_keys_that_nobody_holds():
    turns = Turns()
    tasks = [turns.start(name, ["k", name]) for name in "abc"]
    await settle()
    tasks[1].cancel()
    await turns.open("a", "b", "c")
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(turns.claims) == 0


async def test_when_a_waiter_is_cancelled_nobody_later_overtakes_the_holder():
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
    for each in crowd:
        each.cancel()
    await asyncio.wait(crowd)
    last = turns.start("last", ["k"])
    await turns.open("holder", "last")
    await asyncio.wait_for(asyncio.gather(holder, last), 10)
    assert turns.names == ["holder", "last"]
    assert len(turns.claims) == 0


async def test_a_cancelled_holder_lets_the_next_one_in():
    turns = Turns()
    first, second = turns.start("a", ["k"], request="r"), turns.start("b", ["k"], request="r")
    await settle()
    first.cancel()
    await turns.open("b")
    await second
    assert turns.entered == [("a", None), ("b", None)]


async def test_a_passing_error_is_shared_by_all_who_waited_for_the_same_keys():
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
    for each in others:
        assert isinstance(each, RetryableError)
        assert (each.code, each.status, each.retry_after) == (BUSY.code, 503, 7)
        assert not getattr(each, "outcome_unknown", False)


async def test_a_passing_error_is_not_shared_by_who_has_other_keys_too():
    turns = Turns()
    tasks = [turns.start("a", ["k"], error=BUSY), turns.start("b", ["k", "l"], answer=5)]
    await turns.open("a", "b")
    assert await asyncio.gather(*tasks, return_exceptions=True) == [BUSY, 5]


async def test_who_comes_after_a_passing_error_tries_anew():
    turns = Turns()
    first = turns.start("a", ["k"], error=BUSY)
    await turns.open("a")
    await asyncio.wait([first])
    second = turns.start("b", ["k"], answer=5)
    await turns.open("b")
    assert await second == 5
    assert first.exception() is BUSY


async def test_a_permanent_error_is_shared_by_the_same_request_only():
    turns = Turns()
    tasks = [
        turns.start("a", ["k"], request="one", error=WRONG),
        turns.start("b", ["k"], request="one"),
        turns.start("c", ["k"], request="two", answer=3),
        turns.start("d", ["k"], answer=4),
    ]
    await turns.open("a", "c", "d")
    assert await asyncio.gather(*tasks, return_exceptions=True) == [WRONG, WRONG, 3, 4]
    assert turns.names == ["a", "c", "d"]


async def test_a_permanent_error_of_who_has_no_request_is_not_shared():
    turns = Turns()
    tasks = [turns.start("a", ["k"], error=WRONG), turns.start("b", ["k"], answer=2)]
    await turns.open("a", "b")
    assert await asyncio.gather(*tasks, return_exceptions=True) == [WRONG, 2]


async def test_the_same_request_has_the_answer_but_not_across_another_one():
    turns = Turns()
    tasks = [
        turns.start("a", ["k"], request="one", answer=1),
        turns.start("b", ["k"], request="one", answer=2),
        turns.start("c", ["k"], request="two", answer=3),
        turns.start("d", ["k"], request="one", answer=4),
    ]
    await turns.open("a", "b", "c", "d")
    assert await asyncio.gather(*tasks) == [1, 1, 3, 4]
    assert turns.entered == [("a", None), ("b", 1), ("c", None), ("d", None)]


def test_keys_are_held_across_threads_with_an_event_loop_each():
    claims, inside, counted = KeyedLocks(), [], []
    barrier = threading.Barrier(2)

    async def count():
        for _ in range(50):
            async with claims.hold(["k"]):
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
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert counted == [1] * 200
    assert len(claims) == 0


def test_a_waiter_whose_loop_is_closed_harms_nobody():
    claims, entered = KeyedLocks(), []

    async def wait():
        async with claims.hold(["k"]):
            entered.append("waiter")

    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait(), 0.05)

    async def hold():
        async with claims.hold(["k"]):
            await asyncio.to_thread(lambda: asyncio.run(give_up()))
        async with claims.hold(["k"]):
            entered.append("next")

    asyncio.run(hold())
    assert entered == ["next"]


async def test_requests_are_compared_as_json_in_which_true_is_not_1():
    turns = Turns()
    tasks = [
        turns.start("a", ["k"], request=("write", {"x": True}), answer=1),
        turns.start("b", ["k"], request=("write", {"x": 1}), answer=2),
        turns.start("c", ["k"], request=("write", {"x": 1}), answer=3),
    ]
    await turns.open("a", "b", "c")
    assert await asyncio.gather(*tasks) == [1, 2, 2]


async def test_whatever_goes_wrong_in_comparing_requests_lets_go_of_the_keys():
    turns, unheard_of = Turns(), {"x": object()}
    tasks = [turns.start(name, ["k"], request=unheard_of) for name in "ab"]
    tasks.append(turns.start("c", ["k"], answer=3))
    await turns.open("a", "c")
    first, second, third = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, type(second), third) == (None, TypeError, 3)
    assert len(turns.claims) == 0


async def test_a_hold_that_is_used_again_holds_again():
    claims, inside = KeyedLocks(), []
    again, other = claims.hold(["k"]), claims.hold(["k"])

    async def use(hold, name):
        async with hold:
            inside.append(name)
            await settle()
            inside.append(name)

    async with again:
        pass
    await asyncio.gather(use(again, "again"), use(other, "other"))
    assert inside == ["again", "again", "other", "other"]


@given(st.lists(st.tuples(st.sets(st.sampled_from("abc"), min_size=1), st.integers(0, 12))))
def test_whoever_is_cancelled_whenever_no_key_is_held_by_two_or_left_held(jobs):
    claims, held = KeyedLocks(), []

    async def work(keys):
        async with claims.hold(keys):
            assert not keys & {key for other in held for key in other}
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

    async def everybody():
        await asyncio.gather(*(cancelled(frozenset(keys), ticks) for keys, ticks in jobs))

    asyncio.run(everybody())
    assert len(claims) == 0
