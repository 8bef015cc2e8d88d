import asyncio
import logging
import threading
from datetime import datetime, timedelta, timezone

import pytest

from destination_kit import (
    Action,
    Authentication,
    AuthResult,
    Catalog,
    Choice,
    Choices,
    DefinitionError,
    Delivered,
    Destination,
    Failed,
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
    PayloadValidationError,
    RetryableError,
    Skipped,
    SubscriptionResult,
    TransportError,
    hookimpl,
)
from destination_kit.plugins import Plugins
from tests.conftest import ECHO, echo

TRACK = {"type": "track", "event": "Hello"}


def raising(error):
    async def perform(context, payload):
        raise error

    return performing(perform)


def performing(perform, **more):
    action = Action(title="Do", trigger='type = "track"', perform=perform)
    return Destination(slug="test", name="Test", actions={"do": action}, **more)


def result_of(destination, configured, **options):
    [outcome] = configured(destination).send_sync([TRACK], **options)
    return outcome.results[0].result


def test_an_event_that_nobody_wants_is_skipped(configured):
    [outcome] = configured().send_sync([{"type": "page"}])
    assert outcome.skipped == Skipped("no enabled subscription matches the event")
    assert outcome.ok
    assert not outcome.results


def test_results_come_in_the_order_of_events_and_subscriptions(configured):
    instance = configured(
        ECHO,
        {"name": "A", "action": "say", "mapping": {"word": {"@path": "$.event"}}},
        {"name": "B", "action": "say", "trigger": 'event = "x"', "mapping": {"word": "b"}},
    )
    outcomes = instance.send_sync([TRACK, {"type": "page"}, {"type": "track", "event": "x"}])
    assert [[each.subscription for each in one.results] for one in outcomes] == [
        ["A"],
        [],
        ["A", "B"],
    ]
    assert outcomes[2].results[1] == SubscriptionResult(
        "B", "say", Delivered({"echo": {"word": "b"}})
    )


def test_a_disabled_subscription_does_nothing(configured):
    instance = configured(ECHO, {"action": "say", "enabled": False, "mapping": {"word": "x"}})
    assert instance.send_sync([TRACK])[0].skipped


def test_an_invalid_payload_fails_its_event_only(configured):
    bad, good = configured().send_sync([{"type": "track", "event": ["a", "b"]}, TRACK])
    failed = bad.results[0].result
    assert (failed.code, failed.retryable) == ("PAYLOAD_VALIDATION_FAILED", False)
    assert [each.path for each in failed.problems] == ["/word"]
    assert good.ok


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RetryableError("later", retry_after=7.0), Failed("RETRYABLE_ERROR", "later", True, 7.0)),
        (IntegrationError("no", "NOPE", 400), Failed("NOPE", "no")),
        (IntegrationError("busy", "BUSY", 503), Failed("BUSY", "busy", True)),
        (IntegrationError("never", "NEVER", 501), Failed("NEVER", "never")),
        (PayloadValidationError("bad"), Failed("PAYLOAD_VALIDATION_FAILED", "bad")),
        (InvalidAuthenticationError("who?"), Failed("INVALID_AUTHENTICATION", "who?")),
        (HTTPError("401", 401), Failed("INVALID_AUTHENTICATION", "401")),
        (HTTPError("429", 429, retry_after=2.0), Failed("TOO_MANY_REQUESTS", "429", True, 2.0)),
        (HTTPError("404", 404), Failed("NOT_FOUND", "404")),
        (
            TransportError("gone", code="CONNECTION_FAILED", outcome_unknown=True),
            Failed("CONNECTION_FAILED", "gone", True, None, "unknown"),
        ),
        (
            TransportError("gone", code="CONNECTION_FAILED", outcome_unknown=False),
            Failed("CONNECTION_FAILED", "gone", True),
        ),
        (IntegrationError("odd", "ODD", "400"), Failed("ODD", "odd")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_perform_raises_becomes_a_value(configured, error, expected):
    assert result_of(raising(error), configured) == expected


class Ends(BaseException):
    """Something that an author's library may raise."""


class MuteError(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        TimeoutError("x"),
        SystemExit(0),
        Ends("x"),
        asyncio.CancelledError(),
        MuteError(),
    ],
)
def test_whatever_perform_raises_costs_its_own_event_only(configured, error):
    async def perform(context, payload):
        if payload == {"event": "bad"}:
            raise error
        return "fine"

    fields = {"type": "object", "properties": {"event": {"default": {"@path": "$.event"}}}}
    action = Action(title="Do", trigger='type = "track"', fields=fields, perform=perform)
    instance = configured(Destination(slug="test", name="Test", actions={"do": action}))
    events = [{"type": "track", "event": name} for name in ("good", "bad", "good")]
    results = [each.results[0].result for each in instance.send_sync(events)]
    assert results[0] == results[2] == Delivered("fine")
    assert results[1].code == "UNKNOWN_ERROR"
    assert type(error).__name__ in results[1].message


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        ({"a": {1}}, {"a": "<set>"}),
        (b"x", "<bytes>"),
        ([float("nan"), 1.5], [None, 1.5]),
        ({1: (2,)}, {"1": [2]}),
    ],
)
def test_what_perform_returns_becomes_json(configured, answer, response):
    async def perform(context, payload):
        return answer

    assert result_of(performing(perform), configured) == Delivered(response)


async def test_a_perform_that_ignores_its_deadline_is_left_behind(configured, caplog):
    released = asyncio.Event()

    async def perform(context, payload):
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    async with configured(performing(perform)).open() as live:
        [outcome] = await live.send([TRACK], deadline=0.02)
        assert outcome.results[0].result.code == "SELF_TIMEOUT"
        assert "/do ignores its deadline" in caplog.text
        released.set()


@pytest.mark.parametrize(("method", "outcome"), [("POST", "unknown"), ("GET", "failed")])
async def test_only_a_write_that_has_left_leaves_doubt(configured, httpx_mock, method, outcome):
    httpx_mock.add_response()

    async def perform(context, payload):
        await context.http.request(method, "https://a.example.com/")
        raise KeyError(method)

    async with configured(performing(perform)).open() as live:
        [result] = await live.send([TRACK])
    assert result.results[0].result.outcome == outcome


async def test_what_the_partner_says_about_a_secret_of_the_payload_is_masked(
    configured, httpx_mock
):
    async def perform(context, payload):
        await context.http.post("https://a.example.com/", json={})
        raise IntegrationError(f"cannot reach {payload['url']}", "NOPE", 400)

    async def returns(context, payload):
        return await context.http.post("https://a.example.com/", json={})

    fields = {"type": "object", "properties": {"url": {"type": "string", "format": "uri"}}}
    for function, shown in ((perform, "message"), (returns, "response")):
        action = Action(title="Do", trigger='type = "track"', fields=fields, perform=function)
        destination = Destination(slug="test", name="Test", actions={"do": action})
        mapping = {"url": "https://hooks.example.com/x?k=tok-1234"}
        httpx_mock.add_response(json={"told": "k=tok-1234"})
        async with configured(destination, {"action": "do", "mapping": mapping}).open() as live:
            [outcome] = await live.send([TRACK])
        assert "tok-1234" not in str(getattr(outcome.results[0].result, shown))


@pytest.mark.parametrize("events", [{"type": "track"}, "track", [TRACK, None], [3]])
async def test_what_is_no_list_of_events_is_refused_before_anything_is_sent(configured, events):
    sent = []

    async def perform(context, payload):
        sent.append(payload)

    async with configured(performing(perform)).open() as live:
        with pytest.raises(TypeError, match="event"):
            await live.send(events)
    assert sent == []


async def test_an_event_can_be_sent_again_to_some_subscriptions_only(configured):
    say = {"action": "say", "mapping": {"word": "x"}}
    instance = configured(ECHO, {"name": "A", **say}, {"name": "B", **say})
    async with instance.open() as live:
        [outcome] = await live.send([TRACK], only={"B"})
    assert [each.subscription for each in outcome.results] == ["B"]


async def test_taken_is_told_in_utc_and_needs_a_zone(configured):
    async def perform(context, payload):
        return context.received_at.isoformat()

    async with configured(performing(perform)).open() as live:
        [outcome] = await live.send(
            [TRACK], received_at=datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=-5)))
        )
        assert outcome.results[0].result.response == "2026-01-01T17:00:00+00:00"
        with pytest.raises(ValueError, match="time zone"):
            await live.send([TRACK], received_at=datetime(2026, 1, 1, 12))  # noqa: DTZ001 - the point


def test_no_action_can_change_the_settings_of_another(configured):
    async def perform(context, payload):
        context.settings["token"] = "mine"

    destination = performing(perform, settings=ECHO.settings)
    assert result_of(destination, configured).message.startswith("TypeError")


async def test_a_preview_stops_at_the_first_request_of_a_group(configured):
    async def perform(context, payload):
        async with asyncio.TaskGroup() as group:
            for name in "ab":
                group.create_task(
                    context.http.post(f"https://{name}.example.com/?key=tok", json=payload)
                )

    [preview] = await configured(performing(perform)).preview(TRACK)
    assert preview.request.url in {"https://a.example.com/?…", "https://b.example.com/?…"}


def test_a_secret_in_an_exception_is_masked():
    async def perform(context, payload):
        raise ValueError(context.settings["token"])

    destination = performing(perform, settings=ECHO.settings)
    document = {
        "destination": "test",
        "settings": {"token": "s3cret!"},
        "subscriptions": [{"action": "do"}],
    }
    [outcome] = Catalog.of(destination).configure(document).send_sync([TRACK])
    assert outcome.results[0].result.message.startswith("ValueError: [secret] (test_runtime.py, ")


def test_the_deadline_ends_a_slow_perform(configured):
    async def perform(context, payload):
        await asyncio.sleep(60)

    result = result_of(performing(perform), configured, deadline=0.02)
    assert (result.code, result.retryable, result.outcome) == ("SELF_TIMEOUT", True, "failed")


def test_cancelling_a_send_is_not_swallowed(configured):
    async def perform(context, payload):
        await asyncio.sleep(60)

    async def scenario():
        async with configured(performing(perform)).open() as live:
            task = asyncio.create_task(live.send([TRACK]))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(scenario())


def test_no_perform_can_change_an_event_or_another_payload(configured):
    async def perform(context, payload):
        payload["list"].append("mine")
        return list(payload["list"])

    fields = {"type": "object", "properties": {"list": {"type": "array"}}}
    action = Action(title="Do", trigger='type = "track"', fields=fields, perform=perform)
    destination = Destination(slug="test", name="Test", actions={"do": action})
    mapping = {"list": {"@path": "$.properties.list"}}
    instance = configured(destination, *[{"action": "do", "mapping": mapping}] * 2)
    event = {"type": "track", "properties": {"list": ["a"]}}
    [outcome] = instance.send_sync([event])
    assert [each.result.response for each in outcome.results] == [["a", "mine"]] * 2
    assert event == {"type": "track", "properties": {"list": ["a"]}}


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


async def test_the_sync_door_refuses_inside_a_running_loop(configured):
    with pytest.raises(RuntimeError, match="use `async with instance.open"):
        configured().send_sync([TRACK])


def test_taken_is_one_moment_for_all_tries(configured):
    async def perform(context, payload):
        return context.received_at.isoformat()

    async def scenario():
        async with configured(performing(perform)).open() as live:
            [first] = await live.send([TRACK])
            received_at = first.results[0].result.response
            [second] = await live.send([TRACK], received_at=datetime.fromisoformat(received_at))
            assert second.results[0].result.response == received_at

    asyncio.run(scenario())


class Observing:
    def __init__(self):
        self.records = []
        self.seen = threading.Event()

    @hookimpl
    def register_destinations(self):
        return [ECHO]

    @hookimpl
    def on_result(self, record):
        self.records.append(record)
        self.seen.set()


class Raising:
    @hookimpl
    def on_result(self, record):
        raise ValueError(record)


def test_an_observer_gets_one_record_and_one_that_raises_harms_nobody(caplog):
    caplog.set_level(logging.WARNING, "destination_kit")
    plugins, observing = Plugins(), Observing()
    plugins.register(observing, "b observing")
    plugins.register(Raising(), "a raising")
    document = {
        "destination": "echo",
        "name": "mine",
        "subscriptions": [{"action": "say", "useDefaultMapping": True}],
    }
    outcomes = Catalog.of_plugins(plugins).configure(document).send_sync([TRACK])
    assert observing.seen.wait(5)
    [record] = observing.records
    assert (record.destination, record.instance, record.attempt) == ("echo", "mine", 1)
    assert record.result == outcomes[0].results[0]
    assert "on_result of a raising raised ValueError" in caplog.text


async def test_authentication_is_asked_of_the_destination(configured):
    async def test(context):
        return AuthResult(ok=True, account="me")

    destination = performing(echo, authentication=Authentication(test=test))
    async with configured(destination).open() as live:
        assert await live.authenticate() == AuthResult(ok=True, account="me")


async def test_authentication_that_fails_on_the_way_is_a_value(configured):
    async def test(context):
        raise HTTPError("GET https://x answered 500", 500)

    destination = performing(echo, authentication=Authentication(test=test))
    async with configured(destination).open() as live:
        result = await live.authenticate()
    assert (result.ok, result.message) == (False, "GET https://x answered 500")


async def test_choices_come_page_by_page(configured):
    async def colours(context, mapping, page):
        return (
            Choices((Choice("r", "Red"),), "2") if page is None else Choices((Choice("b", "Blue"),))
        )

    fields = {"type": "object", "properties": {"colour": {"type": "string"}}}
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


async def test_a_preview_names_the_clause_that_does_not_match(configured):
    instance = configured(
        ECHO,
        {"action": "say", "trigger": 'type = "track" and event = "x"', "mapping": {"word": "x"}},
    )
    [preview] = await instance.preview(TRACK)
    assert preview.unmet == 'event = "x"'


async def test_a_preview_shows_the_payload_and_the_first_request_without_secrets():
    async def perform(context, payload):
        await context.http.post("https://api.example.com/x?key=abc", json=payload)
        message = "a rehearsal ends at the first request"
        raise AssertionError(message)

    destination = Destination(
        slug="test",
        name="Test",
        settings=ECHO.settings,
        hosts=("*.example.com",),
        extend_request=lambda settings: {"authorization": f"Bearer {settings['token']}"},
        actions={
            "do": Action(
                title="Do",
                trigger='type = "track"',
                fields=ECHO.actions["say"].fields,
                perform=perform,
            )
        },
    )
    document = {
        "destination": "test",
        "settings": {"token": "s3cret!"},
        "subscriptions": [{"action": "do", "useDefaultMapping": True}],
    }
    [preview] = await Catalog.of(destination).configure(document).preview(TRACK)
    assert preview.payload == {"word": "Hello"}
    assert preview.request.method == "POST"
    assert preview.request.url == "https://api.example.com/x?…"
    assert preview.request.headers["authorization"] == "[secret]"
    assert preview.request.body == {"word": "Hello"}


async def test_a_preview_shows_why_a_payload_would_fail(configured):
    [preview] = await configured().preview({"type": "track"})
    assert preview.failed.code == "PAYLOAD_VALIDATION_FAILED"
    assert preview.request is None


def test_a_mapping_that_fails_on_one_event_costs_that_event_only(configured):
    instance = configured(ECHO, {"action": "say", "mapping": {"word": {"@path": "$.deep"}}})
    deep = []
    for _ in range(500):
        deep = [deep]
    bad, good = instance.send_sync([{**TRACK, "deep": deep}, {**TRACK, "deep": "fine"}])
    assert (bad.results[0].result.code, bad.retryable) == ("PAYLOAD_VALIDATION_FAILED", False)
    assert good.results[0].result == Delivered({"echo": {"word": "fine"}})
