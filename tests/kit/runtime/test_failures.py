"""From an exception to a failed result."""

import asyncio

import pytest

from destination_kit import (
    Action,
    APIError,
    Catalog,
    Delivered,
    DeliveryError,
    Destination,
    Failed,
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
    PayloadValidationError,
    RetryableError,
    TransportError,
)
from destination_kit.runtime.failures import (
    fail_on_close,
    fail_on_deadline,
    fail_on_exception,
    fail_on_expired_deadline,
    fail_on_full_window,
)
from tests.conftest import ECHO
from tests.kit.runtime.odd_destination import open_odd, send_one
from tests.kit.runtime.performing import TRACK, performing, result_of


def raising(error):
    async def perform(context, payload):
        raise error

    return performing(perform)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RetryableError("later", retry_after=7.0), Failed("RETRYABLE_ERROR", "later", True, 7.0)),
        (IntegrationError("no", "NOPE", 400), Failed("NOPE", "no")),
        (IntegrationError("busy", "BUSY", 503), Failed("BUSY", "busy", True)),
        (IntegrationError("never", "NEVER", 501), Failed("NEVER", "never", remedy="code")),
        (PayloadValidationError("bad"), Failed("PAYLOAD_VALIDATION_FAILED", "bad")),
        (
            InvalidAuthenticationError("who?"),
            Failed("INVALID_AUTHENTICATION", "who?", remedy="settings"),
        ),
        (HTTPError("401", 401), Failed("INVALID_AUTHENTICATION", "401", remedy="settings")),
        (HTTPError("429", 429, retry_after=2.0), Failed("TOO_MANY_REQUESTS", "429", True, 2.0)),
        (HTTPError("404", 404), Failed("NOT_FOUND", "404", remedy="settings")),
        (APIError("404", 404), Failed("404", "404", remedy="settings")),
        (IntegrationError("404", "NO_ROOM", 404), Failed("NO_ROOM", "404", remedy="event")),
        (HTTPError("403", 403), Failed("FORBIDDEN", "403", remedy="settings")),
        (IntegrationError("unpaid", "UNPAID", 402), Failed("UNPAID", "unpaid", remedy="settings")),
        (RetryableError("busy", 403), Failed("RETRYABLE_ERROR", "busy", remedy="settings")),
        (HTTPError("301", 301), Failed("MOVED_PERMANENTLY", "301", remedy="settings")),
        (HTTPError("302", 302), Failed("FOUND", "302", remedy="settings")),
        (HTTPError("409", 409), Failed("CONFLICT", "409", remedy="event")),
        (HTTPError("501", 501), Failed("NOT_IMPLEMENTED", "501", remedy="code")),
        (
            HTTPError("500", 500, outcome_unknown=True),
            Failed("INTERNAL_SERVER_ERROR", "500", remedy="wait", outcome="unknown"),
        ),
        (
            IntegrationError("gone", "GONE", 400, remedy="settings"),
            Failed("GONE", "gone", remedy="settings"),
        ),
        (
            TransportError("gone", code="CONNECTION_FAILED", outcome_unknown=True),
            Failed("CONNECTION_FAILED", "gone", True, outcome="unknown"),
        ),
        (
            TransportError("gone", code="CONNECTION_FAILED", outcome_unknown=False),
            Failed("CONNECTION_FAILED", "gone", True),
        ),
        (IntegrationError("odd", "ODD", "400"), Failed("ODD", "odd")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_exception_of_perform_becomes_a_value(configured, error, expected):
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
def test_an_unexpected_exception_of_perform_fails_its_own_event_only(configured, error):
    async def perform(context, payload):
        if payload == {"event": "bad"}:
            raise error
        return "fine"

    fields = {"type": "object", "properties": {"event": {"default": {"@path": "$.event"}}}}
    action = Action(title="Do", trigger='type = "track"', fields=fields, perform=perform)
    instance = configured(Destination(slug="test", name="Test", actions={"do": action}))
    events = [{"type": "track", "event": name} for name in ("good", "bad", "good")]
    results = [outcome.results[0].result for outcome in instance.send_sync(events)]
    assert results[0] == results[2] == Delivered("fine")
    assert results[1].code == "UNKNOWN_ERROR"
    assert type(error).__name__ in results[1].message


def test_an_exception_is_shown_by_type_and_place_and_never_by_its_text(caplog):
    async def perform(context, payload):
        raise ValueError(context.settings["token"][::-1])

    destination = performing(perform, settings=ECHO.settings)
    document = {
        "destination": "test",
        "settings": {"token": "s3cret!"},
        "subscriptions": [{"action": "do"}],
    }
    [outcome] = Catalog.of(destination).configure(document).send_sync([TRACK])
    message = outcome.results[0].result.message
    assert message.startswith("ValueError (test_failures.py, line ")
    assert "3rc3s" not in message + caplog.text


async def test_a_code_shows_no_secret():
    async def perform(context, payload):
        raise DeliveryError("no", context.settings["token"], 400)

    assert (await send_one(open_odd(perform))).code == "[secret]"


def test_an_integer_that_no_parser_of_json_reads_is_the_fault_of_its_event(configured):
    mapping = {"word": {"@template": "{{n}}"}}
    instance = configured(ECHO, {"name": "A", "action": "say", "mapping": mapping})
    [outcome] = instance.send_sync([{**TRACK, "n": 10**5_000}])
    failed = outcome.results[0].result
    assert (failed.code, failed.remedy) == ("INVALID_EVENT", "event")
    assert failed.message == "an integer has more than 4,300 digits: send it as text"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(30.0, "30"), (0.0625, "0.062"), (0.02, "0.02"), (0.0, "0"), (-2.0, "0")]
)
def test_a_deadline_is_shown_in_seconds_to_the_millisecond(seconds, shown):
    failed = fail_on_deadline(seconds, wrote=False)
    assert failed.message == f"not finished within the deadline of {shown} s"


@pytest.mark.parametrize(
    ("failed", "code", "outcome", "retry_after"),
    [
        (fail_on_deadline(1, wrote=True), "SELF_TIMEOUT", "unknown", None),
        (fail_on_deadline(1, wrote=False), "SELF_TIMEOUT", "failed", None),
        (fail_on_expired_deadline(), "SELF_TIMEOUT", "failed", None),
        (fail_on_close(wrote=True), "INSTANCE_CLOSED", "unknown", None),
        (fail_on_close(wrote=False), "INSTANCE_CLOSED", "failed", None),
        (fail_on_full_window(1000), "TOO_MANY_EVENTS", "failed", 1.0),
    ],
)
def test_a_limit_of_the_instance_is_worth_another_attempt(failed, code, outcome, retry_after):
    assert (failed.code, failed.retryable, failed.remedy) == (code, True, "wait")
    assert (failed.outcome, failed.retry_after) == (outcome, retry_after)
    assert "1,000" in fail_on_full_window(1000).message


def test_an_exception_outside_any_request_has_written_nothing_and_has_no_address():
    failed = fail_on_exception(HTTPError("gone", 404), str)
    assert (failed.remedy, failed.outcome) == ("settings", "failed")
    assert fail_on_exception(KeyError("x"), str).outcome == "failed"
    assert fail_on_exception(KeyError("x"), str).message == "KeyError"


def test_the_place_of_an_exception_is_where_it_was_raised():
    def inner():
        raise KeyError("x")

    try:
        inner()
    except KeyError as error:
        line = inner.__code__.co_firstlineno + 1
        message = fail_on_exception(error, str).message
        assert message == f"KeyError (test_failures.py, line {line})"
