"""An open instance: its window, its end, and what it looks up."""

import asyncio
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from destination_kit import (
    Action,
    Authentication,
    AuthResult,
    Choice,
    Choices,
    DefinitionError,
    Destination,
    HTTPError,
    IntegrationError,
)
from tests.conftest import ECHO, echo
from tests.kit.runtime.odd_destination import EVENT, answer, configure, configure_odd, open_odd
from tests.kit.runtime.performing import TRACK, performing

SAY = {"name": "Say", "action": "say", "trigger": 'type = "track"', "mapping": {"word": "x"}}


@pytest.mark.parametrize("events", [{"type": "track"}, "track", [TRACK, None], [3]])
async def test_an_argument_that_is_no_list_of_events_is_refused_before_anything_is_sent(
    configured, events
):
    sent = []

    async def perform(context, payload):
        sent.append(payload)

    async with configured(performing(perform)).open() as live:
        with pytest.raises(TypeError, match="event"):
            await live.send(events)
    assert sent == []


@pytest.fixture(params=["open", "open_in_thread"])
def opened(request):
    """Return a function that opens an instance, in this loop or in a thread of its own."""
    return lambda instance: getattr(instance, request.param)()


@pytest.mark.parametrize("deadline", [0, 0.0, -1, -0.5, float("-inf")])
async def test_without_time_nothing_is_sent_and_each_result_says_so(configured, opened, deadline):
    sent = []

    async def perform(context, payload):
        sent.append(payload)

    async with opened(configured(performing(perform))) as live:
        results = await live.send([TRACK, {"type": "page"}, TRACK], deadline=deadline)
        with pytest.raises(TypeError):
            await live.send([3], deadline=deadline)
    failed = [failed for result in results for failed in result.failures]
    assert [(f.code, f.retryable, f.outcome) for f in failed] == 2 * [
        ("SELF_TIMEOUT", True, "failed")
    ]
    assert failed[0].message.startswith("nothing was sent: the deadline was over")
    assert results[1].skipped
    assert sent == []


@pytest.mark.parametrize("deadline", [float("nan"), None, "30"])
async def test_a_deadline_that_is_no_number_is_refused(configured, opened, deadline):
    async with opened(configured(ECHO)) as live:
        with pytest.raises(
            ValueError, match=f"deadline takes a number of seconds, not {deadline!r}"
        ):
            await live.send([TRACK], deadline=deadline)


async def test_a_delivery_may_take_for_ever(configured, opened):
    async with opened(configured(ECHO, SAY)) as live:
        [outcome] = await live.send([TRACK], deadline=float("inf"))
    assert outcome.ok
    assert not outcome.skipped


@pytest.mark.parametrize(
    "use",
    [
        lambda live: live.send([TRACK]),
        lambda live: live.authenticate(),
        lambda live: live.choices("say", "word"),
        lambda live: live.aclose(),
        lambda live: live.__aenter__(),
    ],
)
def test_an_instance_that_is_in_use_in_another_event_loop_is_refused(configured, use):
    live = configured(ECHO, SAY).open()

    async def first_use():
        async with live:
            await asyncio.to_thread(refuse)
            assert (await live.send([TRACK]))[0].ok

    def refuse():
        with pytest.raises(RuntimeError, match="in use in another event loop: open one in each"):
            asyncio.run(use(live))

    asyncio.run(first_use())


def test_an_instance_may_be_opened_before_its_event_loop_runs(configured):
    async def use(live):
        async with live:
            return await live.send([TRACK])

    for _ in range(2):
        [outcome] = asyncio.run(use(configured(ECHO, SAY).open()))
        assert outcome.ok


async def test_an_event_can_be_sent_again_to_some_subscriptions_only(configured):
    say = {"action": "say", "mapping": {"word": "x"}}
    instance = configured(ECHO, {"name": "A", **say}, {"name": "B", **say})
    async with instance.open() as live:
        [outcome] = await live.send([TRACK], only={"B"})
    assert [result.subscription for result in outcome.results] == ["B"]


async def test_received_at_is_in_utc_and_needs_a_time_zone(configured):
    async def perform(context, payload):
        return context.received_at.isoformat()

    async with configured(performing(perform)).open() as live:
        [outcome] = await live.send(
            [TRACK], received_at=datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=-5)))
        )
        assert outcome.results[0].result.response == "2026-01-01T17:00:00+00:00"
        with pytest.raises(ValueError, match="time zone"):
            await live.send([TRACK], received_at=datetime(2026, 1, 1, 12))  # noqa: DTZ001 - the point


def test_closing_waits_for_what_is_under_way(configured):
    done = []

    async def perform(context, payload):
        await asyncio.sleep(0.02)
        done.append(True)

    async def scenario():
        live = configured(performing(perform)).open()
        task = asyncio.create_task(live.send([TRACK]))
        await asyncio.sleep(0)
        await live.aclose()
        assert done == [True]
        assert (await task)[0].ok
        with pytest.raises(RuntimeError, match="closed"):
            await live.send([TRACK])

    asyncio.run(scenario())


def test_received_at_is_one_moment_for_all_attempts(configured):
    async def perform(context, payload):
        return context.received_at.isoformat()

    async def scenario():
        async with configured(performing(perform)).open() as live:
            [first] = await live.send([TRACK])
            received_at = first.results[0].result.response
            [second] = await live.send([TRACK], received_at=datetime.fromisoformat(received_at))
            assert second.results[0].result.response == received_at

    asyncio.run(scenario())


async def test_authenticate_calls_the_test_of_the_destination(configured):
    async def test(context):
        return AuthResult(ok=True, account="me")

    destination = performing(echo, authentication=Authentication(test=test))
    async with configured(destination).open() as live:
        assert await live.authenticate() == AuthResult(ok=True, account="me")


async def test_authenticate_returns_a_delivery_error_as_a_value(configured):
    async def test(context):
        raise HTTPError("GET https://x answered 500", 500)

    destination = performing(echo, authentication=Authentication(test=test))
    async with configured(destination).open() as live:
        result = await live.authenticate()
    assert (result.ok, result.message) == (False, "GET https://x answered 500")


def raise_own(token):
    raise IntegrationError(f"no {token} here", "X", 400)


def raise_beyond_exceptions(token):
    raise SystemExit(token)


@pytest.mark.parametrize(
    ("fail", "message"),
    [
        (raise_own, "no [secret] here"),
        (lambda token: {}[token], "odd: the test of credentials raised KeyError (test_live.py"),
        (raise_beyond_exceptions, "odd: the test of credentials raised SystemExit"),
        # An author's result that breaks the record is a fault of the author, too.
        (lambda token: AuthResult(True, 3, token), "odd: the test of credentials raised Attribute"),
    ],
)
async def test_what_a_test_of_credentials_raises_shows_no_secret(caplog, fail, message):
    async def test(context):
        return fail(context.settings["token"])

    authentication = Authentication(test=test)
    async with configure_odd(echo, authentication=authentication).open() as live:
        result = await live.authenticate()
    assert (result.ok, result.message.startswith(message)) == (False, True), result.message
    assert "s3cret" not in repr(result) + caplog.text


async def test_choices_come_page_by_page(configured):
    async def colours(context, mapping, page):
        return (
            Choices((Choice("r", "Red"),), "2") if page is None else Choices((Choice("b", "Blue"),))
        )

    fields = {"type": "object", "properties": {"colour": {"type": "string", "x-dynamic": True}}}
    action = Action(
        title="Do",
        trigger='type = "track"',
        fields=fields,
        perform=echo,
        choices={"colour": colours},
    )
    destination = Destination(slug="test", name="Test", actions={"do": action})
    async with configured(destination).open() as live:
        first = await live.choices("do", "colour")
        assert first == Choices((Choice("r", "Red"),), "2")
        assert await live.choices("do", "colour", page=first.next_page) == Choices(
            (Choice("b", "Blue"),)
        )
        with pytest.raises(DefinitionError, match="test/do/size: has no dynamic choices"):
            await live.choices("do", "size")
        with pytest.raises(DefinitionError, match="test/nope: no such action"):
            await live.choices("nope", "size")


WRITE = {"write": {"@path": "$.w"}}


async def test_a_delivery_that_is_not_finished_when_its_instance_closes_has_a_result():
    async def perform(context, payload):
        if payload["write"]:
            await context.http.post("https://odd.example/", json={})
        await asyncio.Event().wait()

    fields = {"type": "object", "properties": {"write": {"type": "boolean"}}}
    asked = asyncio.Event()

    def partner(request):
        asked.set()
        return httpx.Response(200, json={})

    live = open_odd(perform, httpx.MockTransport(partner), fields=fields, mapping=WRITE)
    sending = asyncio.create_task(live.send([{**EVENT, "w": True}, {**EVENT, "w": False}]))
    await asked.wait()
    await live.aclose(deadline=0.01)
    results = [outcome.results[0].result for outcome in await sending]
    assert [result.code for result in results] == ["INSTANCE_CLOSED"] * 2
    assert [result.outcome for result in results] == ["unknown", "failed"]
    assert all(result.retryable for result in results)
    with pytest.raises(RuntimeError, match="closed"):
        await live.send([EVENT])


async def test_no_more_events_are_in_flight_than_the_window_has():
    under_way, most, released = 0, 0, asyncio.Event()

    async def perform(context, payload):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await released.wait()
        under_way -= 1

    async with configure(perform).open(window=3) as live:
        first = [asyncio.create_task(live.send([EVENT])) for _ in range(3)]
        await asyncio.sleep(0)
        [late, page] = await live.send([EVENT, {"type": "page"}], deadline=0.02)
        [failed] = late.failures
        assert (failed.code, failed.retryable, failed.retry_after) == ("TOO_MANY_EVENTS", True, 1)
        assert page.skipped
        more = [asyncio.create_task(live.send([EVENT] * 2)) for _ in range(4)]
        await asyncio.sleep(0)
        released.set()
        outcomes = [outcome for sent in await asyncio.gather(*first, *more) for outcome in sent]
    assert all(outcome.ok for outcome in outcomes)
    assert len(outcomes) == 11
    assert most == 3


async def test_more_events_than_the_window_are_sent_alone():
    async with configure(answer).open(window=2) as live:
        assert len(await live.send([EVENT] * 5)) == 5


async def test_an_open_instance_is_replaced_without_losing_an_event():
    """The host opens the new one, sends to it from then on, and closes the old one, which drains."""
    versions = []

    def instance(version):
        async def perform(context, payload):
            await asyncio.sleep(0.001)
            versions.append(version)

        return configure(perform)

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
    assert all(outcome.results and outcome.ok for outcome in outcomes)
    assert sorted(versions) == ["new"] * 30 + ["old"] * 30


async def test_an_event_that_waits_for_room_when_its_instance_closes_has_a_result():
    async def perform(context, payload):
        await asyncio.Event().wait()

    live = configure(perform).open(window=1)
    first, second = (asyncio.create_task(live.send([EVENT])) for _ in range(2))
    await asyncio.sleep(0)
    await live.aclose(deadline=0.01)
    codes = [outcome.failures[0].code for [outcome] in await asyncio.gather(first, second)]
    assert codes == ["INSTANCE_CLOSED"] * 2
