from datetime import UTC, datetime

import pytest

from destination_kit.delivery import Attempt
from destination_kit.delivery.dead_letters import DeadLetter
from destination_kit.delivery.events import DeliveryRequest
from destination_kit.delivery.lines import Line, Location
from destination_kit.delivery.outcomes import (
    Outcome,
    attempts_record,
    failed_results,
    failure_record,
    location_record,
    result_record,
    status_of,
)
from destination_kit.errors import Problem
from destination_kit.results import Delivered, EventResult, Failed, Skipped, SubscriptionResult

LINE, LAST_LINE = Line(7, b"{}"), Line(7, b"{", is_unterminated=True)
INVALID = Failed("INVALID_EVENT", "not JSON")
DONE, WAIT = Delivered(), Failed("BUSY", "later", remedy="wait")
LIST = Failed("NO_SUCH_LIST", "no", remedy="settings")
NEVER = Failed("NO_SUCH_THING", "no", remedy="event")
LOST = Failed("CONNECTION_FAILED", "?", outcome="unknown")
LEFT, ALSO_LEFT = Skipped("the person is there already"), Skipped("the person is not there")


def outcome_of(*results, line=LINE, **rest):
    named = zip("abc", results, strict=False)
    results = tuple(SubscriptionResult(name, "say", result) for name, result in named)
    return Outcome(line, EventResult(results), **rest)


@pytest.mark.parametrize(
    ("outcome", "is_parked", "is_incomplete", "is_open"),
    [
        (outcome_of(DONE), False, False, False),
        (outcome_of(DONE, WAIT, NEVER), False, False, False),
        (outcome_of(DONE, LIST), True, False, True),
        (outcome_of(WAIT, is_interrupted=True), False, False, True),
        (outcome_of(invalid_line=INVALID), False, False, False),
        (outcome_of(invalid_line=INVALID, line=LAST_LINE), False, True, True),
        (outcome_of(DONE, line=LAST_LINE), False, False, False),
    ],
)
def test_an_event_is_open_that_waits_for_settings_an_attempt_or_its_end(
    outcome, is_parked, is_incomplete, is_open
):
    assert outcome.is_parked is is_parked
    assert outcome.is_incomplete is is_incomplete
    assert outcome.is_open is is_open


@pytest.mark.parametrize(
    ("outcome", "may_be_delivered"),
    [
        (outcome_of(DONE), True),
        (outcome_of(NEVER), False),
        (outcome_of(NEVER, WAIT), False),
        (outcome_of(NEVER, DONE), True),
        (outcome_of(NEVER, LOST), True),
        (outcome_of(LEFT), False),
        (outcome_of(LEFT, DONE), True),
        (outcome_of(NEVER, unknown_attempts=1), True),
        (outcome_of(), False),
    ],
)
def test_the_partner_may_have_an_event_after_a_delivery_or_an_unknown_outcome(
    outcome, may_be_delivered
):
    assert outcome.may_be_delivered is may_be_delivered


@pytest.mark.parametrize(
    ("outcome", "has_failed"),
    [
        (outcome_of(DONE), False),
        (outcome_of(DONE, NEVER), True),
        (outcome_of(invalid_line=INVALID), True),
        (Outcome(LINE, EventResult(skipped=Skipped("no match"))), False),
    ],
)
def test_an_invalid_line_or_one_subscription_makes_an_event_fail(outcome, has_failed):
    assert outcome.has_failed is has_failed


def test_rejected_credentials_are_known_by_their_code():
    rejected = Failed("INVALID_AUTHENTICATION", "who are you?", remedy="settings")
    assert outcome_of(DONE, rejected).is_unauthorized
    assert not outcome_of(DONE, LIST).is_unauthorized


@pytest.mark.parametrize(
    ("is_interrupted", "is_resumable", "dead"),
    [(False, False, "abc"), (False, True, "bc"), (True, True, "c"), (True, False, "abc")],
)
def test_a_dead_letter_lacks_what_a_resumed_run_sends_again(is_interrupted, is_resumable, dead):
    outcome = outcome_of(LIST, WAIT, NEVER, is_interrupted=is_interrupted)
    results = outcome.dead_results(is_resumable=is_resumable)
    assert [result.subscription for result in results] == list(dead)


@pytest.mark.parametrize(
    ("outcome", "record"),
    [
        (outcome_of(DONE), {}),
        (outcome_of(LOST), {}),
        (outcome_of(DONE, attempts=2), {"tries": 2, "unknownTries": 0}),
        (outcome_of(LOST, attempts=3, unknown_attempts=2), {"tries": 3, "unknownTries": 2}),
        (outcome_of(LIST), {"tries": 1, "unknownTries": 0}),
        (outcome_of(LIST, LOST, unknown_attempts=2), {"tries": 1, "unknownTries": 3}),
        (outcome_of(WAIT, is_interrupted=True), {"tries": 1, "unknownTries": 0}),
    ],
)
def test_attempts_are_recorded_of_an_event_that_is_open_or_was_sent_again(outcome, record):
    assert attempts_record(outcome) == record


@pytest.mark.parametrize(
    ("location", "record"),
    [
        (None, {}),
        (Location(7), {}),
        (Location(8), {"fileLine": 8}),
        (Location(7, file="e.jsonl"), {"file": "e.jsonl", "fileLine": 7}),
        (Location(7, pointer="/batch/0"), {"fileLine": 7, "pointer": "/batch/0"}),
    ],
)
def test_a_record_locates_an_event_that_does_not_stand_on_its_own_line(location, record):
    assert location_record(Line(7, b"{}", location=location)) == record


def test_the_status_of_an_event_is_that_of_all_subscriptions():
    assert status_of(outcome_of(DONE).result) == "delivered"
    assert status_of(outcome_of(DONE, NEVER).result) == "failed"
    assert status_of(EventResult(skipped=Skipped("no match"))) == "skipped"
    assert status_of(EventResult()) == "failed"
    assert [found.subscription for found in failed_results(outcome_of(DONE, NEVER).result)] == ["b"]


def test_a_record_is_complete():
    outcome = outcome_of(
        *(DONE, WAIT, LIST),
        event={"messageId": "m-1"},
        low_water=5,
        digest="abc",
        earlier_number=6,
        is_interrupted=True,
    )
    record = result_record(outcome)
    names = [result["subscription"] for result in record.pop("results")]
    assert names == ["a", "b", "c"]
    assert record == {
        "line": 7,
        "lowWater": 5,
        "hash": "abc",
        "was": 6,
        "messageId": "m-1",
        "status": "open",
        "open": ["b", "c"],
        "tries": 1,
        "unknownTries": 0,
    }


def test_a_record_tells_why_a_line_was_not_sent():
    assert result_record(outcome_of(invalid_line=INVALID)) == {
        "line": 7,
        "lowWater": 0,
        "status": "failed",
        "results": [],
        "reason": "INVALID_EVENT: not JSON",
    }
    skipped = Outcome(LINE, EventResult(skipped=Skipped("no match")))
    assert result_record(skipped)["reason"] == "no match"


@pytest.mark.parametrize(
    ("failed", "more"),
    [
        (NEVER, {}),
        (Failed("NO_SUCH_THING", "no", retry_after=0.0), {"retryAfter": 0.0}),
        (
            Failed("NO_SUCH_THING", "no", problems=(Problem("/a", "TYPE", "no text"),)),
            {"problems": [{"path": "/a", "code": "TYPE", "message": "no text"}]},
        ),
    ],
)
def test_a_record_of_a_failure_leaves_out_what_is_not_known(failed, more):
    assert failure_record(failed) == {
        "code": "NO_SUCH_THING",
        "message": "no",
        "retryable": False,
        "remedy": "event",
        "outcome": "failed",
        **more,
    }


EVENT = {"traits": {"email": "ada@example.com"}}
TEXT = "ada@example.com"


@pytest.mark.parametrize(
    "value",
    [
        outcome_of(DONE, event=EVENT),
        Attempt(retry=EVENT),
        Attempt(dead_letter=EVENT),
        DeadLetter(EVENT, frozenset()),
        DeadLetter({}, frozenset(), TEXT),
        DeliveryRequest(EVENT),
        Line(1, TEXT.encode()),
    ],
)
def test_a_value_in_a_log_shows_nothing_of_an_event(value):
    assert "ada" not in repr(value)


@pytest.mark.parametrize(
    ("results", "status", "reason"),
    [
        ((LEFT,), "skipped", LEFT.reason),
        ((LEFT, LEFT), "skipped", LEFT.reason),
        ((LEFT, ALSO_LEFT), "skipped", f"{LEFT.reason}; {ALSO_LEFT.reason}"),
        ((LEFT, DONE), "delivered", None),
        ((LEFT, NEVER), "failed", None),
    ],
)
def test_an_event_is_skipped_that_every_action_leaves_alone(results, status, reason):
    record = result_record(outcome_of(*results))
    assert (record["status"], record.get("reason")) == (status, reason)
    assert record["results"][0] == {
        "subscription": "a",
        "action": "say",
        "status": "skipped",
        "reason": LEFT.reason,
    }


def test_a_record_says_when_an_event_was_received_that_the_partner_may_have():
    received_at = datetime(2026, 1, 2, tzinfo=UTC)
    for result, recorded in ((LOST, received_at.isoformat()), (NEVER, None), (WAIT, None)):
        record = attempts_record(outcome_of(result, received_at=received_at))
        assert record.get("receivedAt") == recorded
