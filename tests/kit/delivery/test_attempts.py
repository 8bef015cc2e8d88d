"""A host with a queue attempts a message: what comes back is sent again, or kept."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from destination_kit import (
    Action,
    Delivered,
    Destination,
    EventResult,
    Failed,
    IntegrationError,
    Skipped,
    SubscriptionResult,
)
from destination_kit.delivery import Attempt, RetryPolicy, attempt_delivery

# With the time of day in its header, the id of a test would differ between processes.
compress = partial(gzip.compress, mtime=0)
POLICY = RetryPolicy(first_pause=8.0, time_limit=100.0)
EVENT = {"type": "track", "event": "Order", "userId": "u-1"}
WAIT = Failed("SERVICE_UNAVAILABLE", "later", retryable=True, remedy="wait")
SETTINGS = Failed("FORBIDDEN", "not allowed", retryable=True, retry_after=60.0, remedy="settings")
INVALID = Failed("NOT_FOUND", "no such thing", remedy="event")
CODE = Failed("UNKNOWN_ERROR", "a fault", remedy="code")


class Answers:
    """A `Live` that gives each subscription its prepared result."""

    def __init__(self, **results):
        self.results = results
        self.requests = []

    async def send(self, events, *, deadline, received_at, only, **options):
        assert options.keys() == {"attempt", "jobs", "unknown", "exchanges"}
        self.requests.append((events, deadline, received_at, only))
        results = tuple(
            SubscriptionResult(name, "say", result)
            for name, result in self.results.items()
            if only is None or name in only
        )
        return [EventResult(results, None if results else Skipped("no match"))]


def names(message):
    return message and [failure["subscription"] for failure in message["failures"]]


async def test_a_delivered_event_leaves_nothing():
    live = Answers(a=Delivered())
    delivered = EventResult((SubscriptionResult("a", "say", Delivered()),))
    assert await attempt_delivery(live, EVENT, POLICY) == Attempt(result=delivered, pause=0.0)
    [(events, deadline, received_at, only)] = live.requests
    assert (events, deadline, only) == ([EVENT], 30.0, None)
    assert timedelta() <= datetime.now(UTC) - received_at < timedelta(minutes=1)


@pytest.mark.parametrize("failed", [INVALID, CODE])
async def test_a_final_failure_is_a_dead_letter_at_once(failed):
    attempt = await attempt_delivery(Answers(a=Delivered(), b=failed), EVENT, POLICY)
    assert attempt.failures == (failed,)
    assert attempt.retry is None
    assert attempt.dead_letter["event"] == EVENT
    assert names(attempt.dead_letter) == ["b"]
    assert "retryingSince" not in attempt.dead_letter


async def test_subscriptions_that_wait_are_attempted_again_alone():
    live = Answers(a=Delivered(), b=WAIT, c=INVALID)
    first = await attempt_delivery(live, EVENT, POLICY)
    assert (names(first.retry), names(first.dead_letter)) == (["b"], ["c"])
    assert 4.0 <= first.pause <= 8.0
    text = json.dumps(first.retry).encode()
    second = await attempt_delivery(live, text, POLICY)
    assert 8.0 <= second.pause <= 16.0
    assert [only for *_, only in live.requests] == [None, {"b"}]
    assert second.dead_letter is None
    assert (first.retry["tries"], second.retry["tries"]) == (1, 2)
    assert {request[2] for request in live.requests[1:]} == {
        datetime.fromisoformat(first.retry["receivedAt"])
    }


async def test_waiting_for_the_partner_ends_as_a_dead_letter():
    first = await attempt_delivery(Answers(a=WAIT), EVENT, POLICY)
    old = (datetime.now(UTC) - timedelta(seconds=99)).isoformat()
    last = await attempt_delivery(Answers(a=WAIT), {**first.retry, "retryingSince": old}, POLICY)
    assert (last.retry, names(last.dead_letter)) == (None, ["a"])
    again = await attempt_delivery(Answers(a=WAIT), last.dead_letter, POLICY)
    assert names(again.retry) == ["a"], "a dead letter that is sent again has the whole time"


async def test_waiting_for_settings_never_ends_and_uses_no_retry_time():
    old = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    first = await attempt_delivery(Answers(a=SETTINGS), EVENT, POLICY)
    assert (names(first.retry), first.pause) == (["a"], 60.0)
    message = {**first.retry, "receivedAt": old, "retryingSince": old}
    parked = await attempt_delivery(Answers(a=SETTINGS), message, POLICY, settings_pause=5.0)
    assert (names(parked.retry), parked.pause, parked.dead_letter) == (["a"], 5.0, None)
    mended = await attempt_delivery(Answers(a=WAIT), parked.retry, POLICY)
    assert names(mended.retry) == ["a"]


async def test_the_longest_pause_of_several_failures_counts():
    slow = Failed("TOO_MANY_REQUESTS", "later", remedy="wait", retry_after=120.0)
    assert (await attempt_delivery(Answers(a=slow, b=SETTINGS), EVENT, POLICY)).pause == 120.0
    assert (await attempt_delivery(Answers(a=WAIT, b=SETTINGS), EVENT, POLICY)).pause == 60.0


@pytest.mark.parametrize(("settings_pause", "pause"), [(-1.0, 0.0), (0.0, 0.0), (0.25, 0.25)])
async def test_a_pause_for_settings_is_the_one_that_a_host_names(settings_pause, pause):
    """A failure that waits without a time of its own asks for none."""
    live = Answers(a=WAIT, b=SETTINGS)
    attempt = await attempt_delivery(live, EVENT, POLICY, settings_pause=settings_pause)
    assert attempt.pause == pause


async def test_an_outcome_stays_unknown():
    doubt = Failed("REQUEST_TIMEOUT", "?", retryable=True, outcome="unknown", remedy="wait")
    first = await attempt_delivery(Answers(a=doubt, b=WAIT), EVENT, POLICY)
    last = await attempt_delivery(Answers(a=INVALID, b=INVALID), first.retry, POLICY)
    assert [failed.outcome for failed in last.failures] == ["unknown", "failed"]
    assert [failed["outcome"] for failed in last.dead_letter["failures"]] == ["unknown", "failed"]


async def test_a_subscription_that_is_gone_leaves_a_dead_letter():
    first = await attempt_delivery(Answers(a=WAIT, b=WAIT), EVENT, POLICY)
    for left in ({"b": Delivered()}, {}):
        attempt = await attempt_delivery(Answers(**left), first.retry, POLICY)
        assert names(attempt.dead_letter)[0] == "a"
        assert attempt.failures[0].code == "SUBSCRIPTION_NOT_MATCHED"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"{", "{"),
        (b"\xff", "\udcff"),
        (b"[1]", "[1]"),
        ([1], "[1]"),
        (None, "null"),
        ({"batch": [EVENT]}, json.dumps({"batch": [EVENT]})),
        ("oops", "oops"),
        (b'{"type": "track", "properties": NaN}', '{"type": "track", "properties": NaN}'),
        (compress(b"{}")[:-3], compress(b"{}")[:-3].decode("utf-8", "surrogateescape")),
        (b"\x1f\x8bnonsense", "\x1f\udc8bnonsense"),
    ],
)
async def test_a_message_without_an_event_is_a_dead_letter(message, text):
    live = Answers(a=Delivered())
    attempt = await attempt_delivery(live, message, POLICY)
    assert (attempt.dead_letter["line"], attempt.dead_letter["text"]) == (1, text)
    assert (attempt.retry, attempt.pause) == (None, 0.0)
    assert [failed.code for failed in attempt.failures] == ["INVALID_EVENT"]
    assert live.requests == []
    again = await attempt_delivery(live, json.dumps(attempt.dead_letter).encode(), POLICY)
    assert (again.dead_letter["line"], again.dead_letter["text"]) == (1, text)


async def test_the_corrected_text_of_a_dead_letter_is_an_event():
    attempt = await attempt_delivery(Answers(), b"{", POLICY)
    live = Answers(a=Delivered())
    letter = {**attempt.dead_letter, "text": json.dumps(EVENT)}
    assert (await attempt_delivery(live, letter, POLICY)).dead_letter is None
    assert live.requests[0][0] == [EVENT]


async def test_gzip_can_repeat_what_stands_32_kilobytes_before():
    digits = "".join(f"{number:04}" for number in range(7_000))
    event = {**EVENT, "properties": {"text": digits + digits}}
    live = Answers(a=Delivered())
    await attempt_delivery(live, compress(json.dumps(event).encode()), POLICY)
    assert live.requests[0][0] == [event]


async def test_gzip_is_unpacked_up_to_a_bound():
    live = Answers(a=Delivered())
    await attempt_delivery(live, compress(json.dumps(EVENT).encode()), POLICY)
    assert live.requests[0][0] == [EVENT]
    bomb = compress(b" " * 100_000_000)
    attempt = await attempt_delivery(live, bomb, POLICY)
    assert [failed.code for failed in attempt.failures] == ["INVALID_EVENT"]


@pytest.mark.parametrize("pack", [bytes, compress])
async def test_a_message_may_have_two_million_bytes(pack):
    text = json.dumps({"event": {"type": "track"}, "failures": [{"subscription": "a"}]}).encode()
    live = Answers(a=Delivered())
    fits = await attempt_delivery(live, pack(text.ljust(2_000_000)), POLICY)
    assert (fits.failures, live.requests[0][0]) == ((), [{"type": "track"}])
    [failed] = (await attempt_delivery(live, pack(text.ljust(2_000_001)), POLICY)).failures
    assert failed.code == "INVALID_EVENT"


@pytest.mark.parametrize("moment", [None, 5, "soon", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"])
async def test_a_changed_time_of_a_retry_is_left_out(moment):
    first = await attempt_delivery(Answers(a=WAIT), EVENT, POLICY)
    message = {**first.retry, "receivedAt": moment, "retryingSince": moment, "tries": "many"}
    attempt = await attempt_delivery(Answers(a=WAIT), message, POLICY)
    assert attempt.retry["tries"] == 1


async def test_a_large_event_can_be_sent_again():
    event = {**EVENT, "properties": {"text": "x" * 999_000}}
    first = await attempt_delivery(Answers(a=WAIT), json.dumps(event).encode(), POLICY)
    live = Answers(a=Delivered())
    attempt = await attempt_delivery(live, json.dumps(first.retry).encode(), POLICY)
    assert (attempt.dead_letter, live.requests[0][0]) == (None, [event])


async def test_a_real_instance_answers_the_same_way(configured):
    async def fail(_context, _payload):
        raise IntegrationError("no such list", "NOT_FOUND", 404)

    say = Action(title="Say", trigger='type = "track"', fields={"type": "object"}, perform=fail)
    destination = Destination(slug="talk", name="Talk", actions={"say": say})
    async with configured(destination).open() as live:
        attempt = await attempt_delivery(live, EVENT, POLICY)
    assert (attempt.retry, names(attempt.dead_letter)) == (None, ["say"])


async def test_a_dead_letter_without_names_reaches_no_instance():
    live = Answers(a=Delivered())
    letter = {"line": 1, "event": EVENT, "failures": []}
    attempt = await attempt_delivery(live, letter, POLICY)
    assert [failed.code for failed in attempt.failures] == ["INVALID_EVENT"]
    assert json.loads(attempt.dead_letter["text"]) == letter
    assert not live.requests


async def test_letters_of_an_event_with_python_objects_are_json():
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    event = {**EVENT, "properties": {"at": moment, "sum": Decimal("2.50"), "tags": ({"a"},), 7: 1}}
    attempt = await attempt_delivery(Answers(a=WAIT, b=INVALID), event, POLICY)
    for letter in (attempt.retry, attempt.dead_letter):
        kept = json.loads(json.dumps(letter))["event"]["properties"]
        assert kept == {"at": "2026-01-02T00:00:00Z", "sum": 2.5, "tags": ["{'a'}"], "7": 1}


async def test_an_event_in_itself_is_kept_as_it_is():
    event = dict(EVENT)
    event["properties"] = {"self": event}
    attempt = await attempt_delivery(Answers(a=INVALID), event, POLICY)
    assert attempt.dead_letter["event"] is event


async def test_a_dead_letter_without_names_stays_one():
    letter = {"line": 5, "event": EVENT, "failures": [{"code": "GONE"}]}
    live = Answers(a=Delivered())
    attempt = await attempt_delivery(live, letter, POLICY)
    assert (attempt.retry, attempt.dead_letter["line"], live.requests) == (None, 1, [])
    assert [failed.code for failed in attempt.failures] == ["INVALID_EVENT"]


async def test_a_host_says_when_the_event_arrived_and_a_retry_remembers_it():
    live = Answers(a=Failed("DOWN", "down", retryable=True))
    arrived = datetime(2026, 1, 2, tzinfo=UTC)
    first = await attempt_delivery(live, EVENT, POLICY, received_at=arrived)
    await attempt_delivery(live, first.retry, POLICY)
    assert [received_at for _, _, received_at, _ in live.requests] == [arrived, arrived]
    since = datetime.fromisoformat(first.retry["retryingSince"])
    assert datetime.now(UTC) - since < timedelta(minutes=1)
