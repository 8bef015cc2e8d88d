"""Rate limits are kept by waiting."""

import asyncio
import math
from contextlib import ExitStack
from time import monotonic

import httpx
import pytest

from destination_kit import Budgets, HTTPError, RateLimit, RetryableError
from destination_kit.http import Client, HttpxTransport, RequestPolicy, Throttle
from destination_kit.http.throttle import LONGEST_PAUSE, Pace

SEARCH, BRAND = RateLimit("search", 600), RateLimit("brand", 3000)


BURST = 58  # calls of SEARCH that leave in a tenth of its minute


class Clock:
    """Time that goes on when told to."""

    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def budgets(clock):
    return Budgets(clock=clock)


FOREVER = float("inf")


def places(budgets, count, limits=(SEARCH,), account="a"):
    return [budgets.reserve(account, limits, FOREVER) - 1000 for _ in range(count)]


def test_after_a_burst_calls_are_spaced(budgets):
    found = places(budgets, BURST + 3)
    interval = budgets.interval(SEARCH)
    assert interval == pytest.approx(60 / 600 / 0.98)
    assert found[: BURST + 1] == [0] * (BURST + 1)
    assert found[BURST + 1] < interval
    assert found[BURST + 2] - found[BURST + 1] == pytest.approx(interval)


def test_the_requests_that_may_leave_at_once_are_those_that_need_not_wait(budgets, clock):
    assert budgets.available("a") == {}
    places(budgets, 1)
    assert budgets.available("a") == {"search": BURST}
    places(budgets, 18)
    assert budgets.available("a") == {"search": BURST - 18}
    places(budgets, BURST - 18)
    assert budgets.available("a") == {"search": 0}
    clock.time += 10.5 * budgets.interval(SEARCH)
    left = budgets.available("a")["search"]
    leaves = [budgets.try_take("a", [SEARCH], FOREVER) for _ in range(left + 1)]
    assert leaves == [True] * left + [False]
    clock.time += 60
    assert budgets.available("a") == {"search": BURST + 1}
    assert budgets.available("b") == {}


def test_no_request_may_leave_in_a_pause_and_one_after_it(budgets, clock):
    places(budgets, 1)
    pause = budgets.record_refusal("a", SEARCH, 5.0, clock.time)
    assert budgets.available("a") == {"search": 0}
    clock.time += pause
    assert budgets.available("a") == {"search": 1}


def test_a_pause_gives_a_burst_again_and_no_more(budgets, clock):
    first = places(budgets, BURST + 5)
    clock.time += 3600
    assert [place - 3600 for place in places(budgets, BURST + 5)] == pytest.approx(first)


def test_accounts_do_not_share_a_budget_and_endpoints_do_not_share_theirs(budgets):
    places(budgets, 50)
    assert places(budgets, 1, account="b") == [0]
    assert places(budgets, 1, limits=(RateLimit("other", 600),)) == [0]


def test_the_widest_limit_counts_every_call(budgets):
    for number in range(100):
        budgets.reserve("a", (RateLimit(f"{number}", 600), BRAND), FOREVER)
    [at] = places(budgets, 1, limits=(RateLimit("more", 600), BRAND))
    assert at == 0  # 300 may leave at once
    assert places(budgets, 250, limits=(BRAND,))[-1] > 0


def test_an_operator_changes_a_limit_by_its_name(clock):
    changed = Budgets({"search": 6000}, clock=clock)
    assert changed.interval(SEARCH) == pytest.approx(60 / 6000 / 0.98)
    assert changed.interval(BRAND) == pytest.approx(60 / 3000 / 0.98)


def test_a_reservation_beyond_its_deadline_is_not_counted(budgets):
    places(budgets, BURST + 2)
    first = budgets.reserve("a", (SEARCH,), 1000.0)
    assert first > 1000.0
    assert budgets.reserve("a", (SEARCH,), first) == first
    assert budgets.reserve("a", (SEARCH,), first) > first


def test_limits_show_how_many_requests_they_hold_up_and_how_long_they_pause(budgets, clock):
    assert budgets.paces() == []
    with budgets.waiting("a", SEARCH) as first, budgets.waiting("a", SEARCH) as second:
        assert (first, second) == (1, 2)
        assert budgets.paces() == []  # no request has been counted yet
        budgets.reserve("a", (SEARCH, BRAND), FOREVER)
        with budgets.waiting("b", SEARCH):
            budgets.record_refusal("a", BRAND, 20.0, clock.time)
            budgets.reserve("a", (SEARCH, BRAND), FOREVER)
            budgets.reserve("b", (SEARCH, BRAND), FOREVER)
            clock.time += 5
            assert budgets.paces() == [
                Pace(limit="brand", per_minute=2940, waiting=2, paused=15.0),
                Pace(limit="search", per_minute=588, waiting=1, paused=0.0),
            ]
        assert [pace.waiting for pace in budgets.paces()] == [2]
    assert budgets.paces() == []


@pytest.mark.parametrize(("calls", "per_minute"), [(600, 588), (500, 490), (50, 49), (61, 59)])
def test_a_limit_shows_its_calls_in_a_minute(budgets, calls, per_minute):
    limit = RateLimit("any", calls)
    budgets.reserve("a", (limit,), FOREVER)
    with budgets.waiting("a", limit):
        assert [pace.per_minute for pace in budgets.paces()] == [per_minute]


def test_a_refusal_pauses_the_limit_for_every_request(budgets, clock):
    assert budgets.record_refusal("a", SEARCH, 7.0, 999.0) == 7.0
    assert places(budgets, 1) == [7.0]
    assert places(budgets, 1, limits=(BRAND,)) == [0]
    clock.time += 6.9
    assert budgets.is_paused("a", (BRAND, SEARCH))
    clock.time = 1007.0
    assert not budgets.is_paused("a", (SEARCH,))


def refuse(budgets, clock, retry_after=None):
    """Let a request leave after every pause so far, and be refused."""
    clock.time = left_at = clock.time + 2 * LONGEST_PAUSE
    return budgets.record_refusal("a", SEARCH, retry_after, left_at)


def test_a_wait_that_is_longer_than_believed_counts_as_none(clock):
    budgets = Budgets(longest_wait=100.0, clock=clock)
    assert refuse(budgets, clock, 100.0) == 100.0
    assert refuse(budgets, clock, 100.1) <= LONGEST_PAUSE
    assert refuse(Budgets(clock=clock), clock, 7200.0) == 7200.0
    assert refuse(Budgets(clock=clock), clock, 7201.0) <= LONGEST_PAUSE


@pytest.mark.parametrize("retry_after", [None, 0.0, -1.0, math.nan, math.inf, 1e18])
def test_without_a_retry_after_pauses_grow_until_a_request_is_accepted(budgets, clock, retry_after):
    pauses = [refuse(budgets, clock, retry_after) for _ in range(12)]
    assert 1 <= pauses[0] <= 2
    assert all(pause <= LONGEST_PAUSE for pause in pauses)
    assert pauses[-1] >= LONGEST_PAUSE / 2
    for departed_at in (clock.time - 1, clock.time):
        budgets.record_acceptance("a", SEARCH, departed_at)
        assert refuse(budgets, clock) >= LONGEST_PAUSE / 2
    budgets.record_acceptance("a", SEARCH, clock.time + 1)
    assert refuse(budgets, clock) <= 2


def test_a_pause_without_a_retry_after_is_of_two_seconds_first_and_of_a_minute_last(budgets, clock):
    first = [budgets.record_refusal(str(n), SEARCH, None, clock.time) for n in range(200)]
    assert 1 <= min(first) < 1.1
    assert 1.9 < max(first) <= 2
    later = [refuse(budgets, clock) for _ in range(500)][10:]
    assert 30 <= min(later) < 31
    assert 59 < max(later) <= 60


def test_a_late_refusal_after_its_pause_leads_to_a_pause_of_its_row(budgets, clock):
    """The limit pauses no more, so the caller waits as long as after another refusal."""
    assert budgets.record_refusal("a", SEARCH, 0.5, clock.time) == 0.5
    clock.time += 0.5
    assert 1 <= budgets.record_refusal("a", SEARCH, None, 1000.0) <= 2
    for _ in range(3):
        refuse(budgets, clock)
    clock.time += LONGEST_PAUSE
    assert 8 <= budgets.record_refusal("a", SEARCH, None, 1000.0) <= 16
    budgets.record_acceptance("a", SEARCH, clock.time)
    rows = [budgets.record_refusal("a", SEARCH, None, 1000.0) for _ in range(100)]
    assert 1 <= min(rows) <= max(rows) <= 2


@pytest.mark.parametrize("time", [0.0, 1000.0])
def test_the_first_request_leaves_at_once_whatever_the_clock_shows(time):
    limits = (RateLimit("search", 10, seconds=1),)
    assert Budgets(clock=lambda: time).reserve("a", limits, time) == time
    assert Budgets(clock=lambda: time).try_take("a", limits, time)


def test_requests_that_left_before_a_refusal_arrived_are_refused_once_together(budgets, clock):
    pause = budgets.record_refusal("a", SEARCH, None, clock.time - 1)
    again = [budgets.record_refusal("a", SEARCH, None, clock.time - 0.5) for _ in range(15)]
    again += [budgets.record_refusal("a", SEARCH, None, clock.time)]
    assert again == [pause] * 16
    assert budgets.record_refusal("a", SEARCH, 50.0, clock.time) == 50.0
    assert budgets.record_refusal("a", SEARCH, 5.0, clock.time) == 50.0
    clock.time += 100
    assert 1 <= budgets.record_refusal("a", SEARCH, None, clock.time - 100) <= 2
    assert not budgets.is_paused("a", (SEARCH,))
    assert 2 <= refuse(budgets, clock) <= 4


def test_after_a_pause_requests_leave_one_by_one_until_one_is_accepted(budgets, clock):
    pause = budgets.record_refusal("a", SEARCH, None, clock.time - 1)
    interval = budgets.interval(SEARCH)
    expected = [pause, pause + interval, pause + 2 * interval]
    assert places(budgets, 3) == pytest.approx(expected)
    clock.time += pause
    budgets.record_acceptance("a", SEARCH, clock.time)
    assert set(places(budgets, BURST - 3)) == {pause}


def test_refusals_in_a_row_go_on_when_the_account_is_known(budgets, clock):
    refuse(budgets, clock)
    budgets.reserve("brand", (SEARCH,), FOREVER)
    budgets.record_account("partner", "a", "brand")
    assert 1 <= budgets.record_refusal("brand", SEARCH, None, clock.time - 1) <= 2
    assert 2 <= budgets.record_refusal("brand", SEARCH, None, clock.time + 1) <= 4


async def test_a_request_that_cannot_leave_in_time_raises_with_the_seconds_to_wait(budgets):
    throttle = Throttle(budgets, "a", lambda method, url: (SEARCH,))
    for _ in range(BURST + 1):
        await throttle.admit((SEARCH,), 1000.0, None)
    with pytest.raises(RetryableError, match="budget of 600 search calls in 60 s") as raised:
        await throttle.admit((SEARCH,), 1000.0, None)
    assert (raised.value.code, raised.value.status) == ("TOO_MANY_REQUESTS", 429)
    assert raised.value.retry_after == 0.1  # the turn comes sooner, and a retry costs a request


async def test_a_request_waits_for_its_turn_until_its_deadline_and_no_longer(budgets, clock):
    throttle = Throttle(budgets, "a", lambda method, url: (SEARCH,))
    places(budgets, BURST + 1)
    turn = budgets.reserve("a", (SEARCH,), clock.time)
    started = monotonic()
    await throttle.admit((SEARCH,), turn, None)
    assert 0.02 < turn - clock.time < 0.03
    assert monotonic() - started >= turn - clock.time - 0.001


async def test_a_request_behind_a_long_queue_does_not_join_it(budgets, clock):
    throttle = Throttle(budgets, "a", lambda method, url: (SEARCH, BRAND))
    seconds = 60 * budgets.interval(SEARCH) - 6  # those of a tenth of the minute leave at once
    with ExitStack() as queue:
        for _ in range(60):
            queue.enter_context(budgets.waiting("a", SEARCH))
        with pytest.raises(RetryableError, match="600 search calls") as raised:
            await throttle.admit((SEARCH, BRAND), clock.time + seconds - 0.001, None)
        assert raised.value.retry_after == pytest.approx(seconds)
        await throttle.admit((SEARCH, BRAND), clock.time + seconds, None)


async def test_a_response_counts_for_the_narrowest_limit(budgets, clock):
    limits = (SEARCH, BRAND)
    throttle = Throttle(budgets, "a", lambda method, url: limits)
    throttle.record_acceptance(limits, clock.time)  # of a limit without a request so far
    throttle.record_refusal(limits, 50.0, clock.time)
    assert throttle.is_paused((SEARCH,))
    assert not throttle.is_paused((BRAND,))
    with pytest.raises(RetryableError, match="600 search calls") as raised:
        await throttle.admit(limits, clock.time + 49.9, None)
    assert raised.value.retry_after == 50.0
    clock.time += 50
    throttle.record_acceptance(limits, clock.time)
    assert places(budgets, 2) == [50.0, 50.0]  # not one by one


async def test_two_throttles_take_turns_however_long_a_queue_is():
    limits, order = (RateLimit("search", 6000),), []
    budgets = Budgets()
    bulk, urgent = (Throttle(budgets, "a", lambda method, url: limits) for _ in range(2))

    async def call(throttle, name):
        await throttle.admit(limits, FOREVER, None)
        order.append(name)

    async with asyncio.TaskGroup() as group:
        for _ in range(700):
            group.create_task(call(bulk, "bulk"))
        await asyncio.sleep(0)
        group.create_task(call(urgent, "urgent"))
    assert order.index("urgent") < len(order) - 20


def two_tokens(budgets, *owners):
    asked = []

    def throttle(token, owner):
        async def ask(_):
            asked.append(token)
            await found.admit((SEARCH,), FOREVER, None)  # the question is a call as well
            await asyncio.sleep(0)
            if isinstance(owner, BaseException):
                raise owner
            return owner

        found = Throttle(budgets, token, lambda method, url: (SEARCH,), "partner", ask)
        return found

    return [throttle(f"token {number}", owner) for number, owner in enumerate(owners)], asked


async def test_two_tokens_of_one_account_have_one_budget(budgets):
    throttles, asked = two_tokens(budgets, "acme", "acme")
    for _ in range(2):
        await asyncio.gather(
            *(throttle.admit((SEARCH,), FOREVER, None) for throttle in throttles * 3)
        )
    assert asked == ["token 0", "token 1"]
    assert {throttle.account for throttle in throttles} == {"partner acme"}
    late = [at for at in places(budgets, BURST + 1, account="partner acme") if at > 0]
    assert len(late) >= 12


async def test_a_resolved_account_is_known_to_throttles_that_open_later(budgets):
    throttles, asked = two_tokens(budgets, "acme", "acme")
    await asyncio.gather(*(throttle.admit((SEARCH,), FOREVER, None) for throttle in throttles))
    later = Throttle(
        budgets, "token 0", lambda method, url: (SEARCH,), "partner", throttles[0].resolve_account
    )
    later.resolve_account = lambda _: pytest.fail("it is known")
    await later.admit((SEARCH,), FOREVER, None)
    assert later.account == "partner acme"
    assert len(asked) == 2


async def test_a_pause_holds_when_the_account_is_known(budgets):
    [first, _], _ = two_tokens(budgets, "acme", "acme")
    first.record_refusal((SEARCH,), 60.0, budgets.now())
    budgets.record_account("partner", "token 0", "partner acme")
    assert budgets.is_paused("partner acme", (SEARCH,))


@pytest.mark.parametrize("owner", ["", {"id": 1}, None, HTTPError("no", 403), ValueError("?")])
async def test_a_token_without_a_resolved_account_has_a_budget_of_its_own(budgets, clock, owner):
    [known, silent], asked = two_tokens(budgets, "acme", owner)
    await silent.admit((SEARCH,), FOREVER, None)
    await silent.admit((SEARCH,), FOREVER, None)
    assert (silent.account, known.account, asked) == ("token 1", "token 0", ["token 1"])
    clock.time += 59.9
    await silent.admit((SEARCH,), FOREVER, None)
    assert asked == ["token 1"]
    clock.time = 1060.0
    await silent.admit((SEARCH,), FOREVER, None)
    assert asked == ["token 1"] * 2


async def test_no_request_waits_for_the_account_beyond_its_deadline(budgets, clock):
    [throttle, _], _ = two_tokens(budgets, "acme", "acme")
    over = asyncio.Event()
    throttle.resolve_account = lambda _: over.wait()
    async with asyncio.timeout(0.8):
        await throttle.admit((SEARCH,), clock.time, None)
    assert throttle.account == "token 0"
    over.set()


async def test_the_account_of_the_only_token_is_not_resolved(budgets):
    [first], asked = two_tokens(budgets, "acme")
    again = Throttle(
        budgets, "token 0", lambda method, url: (SEARCH,), "partner", first.resolve_account
    )
    Throttle(budgets, "token 9", lambda method, url: (SEARCH,), "another partner")
    await first.admit((SEARCH,), FOREVER, None)
    await again.admit((SEARCH,), FOREVER, None)
    assert asked == []


URL = "https://a.example.com/search"


def client(budgets, *answers, limits=(SEARCH,)):
    remaining = list(answers)
    sent = []

    def answer(request):
        sent.append(request)
        found = remaining.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    throttle = Throttle(budgets, "a", lambda method, url: limits)
    return Client(
        RequestPolicy(), transport=HttpxTransport(httpx.MockTransport(answer)), throttle=throttle
    ), sent


async def test_a_refused_request_is_repeated_once_after_its_retry_after():
    refusal = httpx.Response(429, headers={"retry-after": "1"})
    http, sent = client(Budgets(), refusal, httpx.Response(200, json={"ok": 1}))
    assert (await http.post(URL, json={})).body == {"ok": 1}
    assert len(sent) == 2


async def test_an_endpoint_without_limits_takes_its_responses_as_they_come():
    refusal = httpx.Response(429, headers={"retry-after": "60"})
    http, sent = client(Budgets(), httpx.Response(200), refusal, limits=())
    assert (await http.get(URL)).status == 200
    request = http.prepare("GET", URL, {})
    with pytest.raises(HTTPError) as raised:
        await http.send(request, until=monotonic() + 1)
    assert (raised.value.retry_after, len(sent)) == (60.0, 2)


@pytest.mark.parametrize("seconds", ["0", "-5", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_a_refusal_without_a_time_to_wait_is_repeated_after_our_own_pause(seconds):
    refusal = httpx.Response(429, headers={"retry-after": seconds})
    http, sent = client(Budgets(), refusal, refusal)
    started = monotonic()
    with pytest.raises(HTTPError) as raised:
        await http.post(URL, json={})
    assert monotonic() - started >= 1
    assert 2 <= raised.value.retry_after <= 4
    assert len(sent) == 2


async def test_a_request_that_waits_for_its_slot_does_not_leave_into_a_pause():
    budgets, sent = Budgets(), []

    class Refusing:
        max_concurrent = 2

        async def __call__(self, request, url, headers):
            sent.append(budgets.now())
            await asyncio.sleep(0.05)
            return 429, {}, b""

        async def aclose(self):
            pass

    throttle = Throttle(budgets, "a", lambda method, url: (SEARCH,))
    http = Client(RequestPolicy(), transport=Refusing(), throttle=throttle)
    request = http.prepare("POST", URL, {})
    calls = (http.send(request, until=budgets.now() + 0.5) for _ in range(16))
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert len(sent) == 2
    assert {error.code for error in errors} == {"TOO_MANY_REQUESTS"}
    assert all(error.retry_after <= 2 for error in errors)


async def test_a_request_that_is_refused_twice_raises_with_its_retry_after():
    refusals = [httpx.Response(429, headers={"retry-after": seconds}) for seconds in ("1", "5")]
    http, sent = client(Budgets(), *refusals)
    with pytest.raises(HTTPError) as raised:
        await http.post(URL, json={})
    assert (raised.value.retry_after, raised.value.code) == (5.0, "TOO_MANY_REQUESTS")
    assert len(sent) == 2


async def test_a_refused_request_is_not_repeated_beyond_the_deadline():
    budgets = Budgets()
    http, sent = client(budgets, httpx.Response(429, headers={"retry-after": "30"}))
    request = http.prepare("POST", URL, {"json": {}})
    with pytest.raises(HTTPError) as raised:
        await http.send(request, until=budgets.now() + 5)
    assert raised.value.retry_after == 30.0
    assert len(sent) == 1


async def test_a_pause_that_ends_with_the_deadline_leaves_no_time_for_another_request(
    budgets, clock
):
    http, sent = client(budgets, httpx.Response(429, headers={"retry-after": "30"}))
    with pytest.raises(HTTPError):
        await http.send(http.prepare("POST", URL, {"json": {}}), until=clock.time + 30)
    assert len(sent) == 1


@pytest.mark.parametrize(("method", "count"), [("GET", 2), ("POST", 1)])
async def test_only_a_request_that_reads_is_repeated_when_its_connection_breaks(method, count):
    http, sent = client(Budgets(), httpx.ReadError("gone"), httpx.ReadError("gone"))
    with pytest.raises(RetryableError):
        await http.request(method, URL)
    assert len(sent) == count


def test_a_request_leaves_at_once_only_where_no_other_waits_and_before_its_deadline(budgets, clock):
    assert budgets.try_take("a", (SEARCH, BRAND), clock.time)
    assert not budgets.try_take("a", (SEARCH, BRAND), clock.time - 1)
    with budgets.waiting("a", SEARCH):
        assert not budgets.try_take("a", (SEARCH, BRAND), FOREVER)
        assert budgets.try_take("b", (SEARCH, BRAND), FOREVER)
    assert budgets.try_take("a", (SEARCH, BRAND), FOREVER)


def test_a_request_that_leaves_at_once_counts_like_one_that_waited(budgets):
    while budgets.try_take("a", (SEARCH,), FOREVER):
        pass
    expected = Budgets(clock=budgets.now)
    places(expected, BURST + 1)
    assert places(budgets, 3) == places(expected, 3)
