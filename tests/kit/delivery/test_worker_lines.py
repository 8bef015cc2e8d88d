"""Request lines of `dkit worker` are read exactly, and each is answered with its id."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from destination_kit import Delivered, EventResult, Failed, Skipped, SubscriptionResult
from destination_kit.delivery import RetryPolicy
from destination_kit.delivery.attempts import attempt_event
from destination_kit.delivery.lines import Line
from destination_kit.delivery.worker_lines import (
    InvalidRequest,
    error_line,
    fault_line,
    read_request,
    result_line,
    skipped_line,
)

EVENT = {"type": "track", "event": "Order", "userId": "u-1", "messageId": "m-1"}
WAIT = Failed("SERVICE_UNAVAILABLE", "later", retryable=True, remedy="wait")
DOUBT = Failed("X", "lost", retryable=True, remedy="wait", outcome="unknown")
JOB = Failed("JOB_PENDING", "soon", retryable=True, remedy="wait", outcome="unknown", job=7)
INVALID = Failed("NOT_FOUND", "no such thing", remedy="event")
MOMENT = "2026-01-31T12:00:00+00:00"


def read(number=1, /, **keys):
    return read_request(Line(number, json.dumps(keys).encode()))


class Live:
    """An instance that gives each subscription its prepared result."""

    def __init__(self, **results):
        self.results = results
        self.options = []

    async def send(self, events, **options):
        self.options.append(options)
        only = options["only"]
        parts = [
            SubscriptionResult(name, "say", result)
            for name, result in self.results.items()
            if only is None or name in only
        ]
        return [EventResult(tuple(parts), None if parts else Skipped("no match"))]


async def answer(live, request, policy=None):
    policy = policy or RetryPolicy()
    return result_line(request, await attempt_event(live, request.queued, policy, deadline=5.0))


def test_a_request_says_what_earlier_attempts_left():
    request = read(
        id="a",
        event=EVENT,
        only=["Talk"],
        attempt=3,
        unknown=["Talk"],
        jobs={"Talk": 7},
        receivedAt=MOMENT,
        retryingSince="2026-01-31T13:00:00Z",
    )
    left = request.queued.request
    assert (request.id, request.event) == ("a", EVENT)
    assert (left.only, left.attempts, left.unknown) == ({"Talk"}, 2, {"Talk"})
    assert left.jobs == {"Talk": 7}
    assert request.queued.received_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert request.queued.retrying_since == datetime(2026, 1, 31, 13, tzinfo=UTC)


def test_a_request_without_further_keys_is_a_first_attempt():
    left = read(id=1, event=EVENT, only=None, attempt=None).queued.request
    assert (left.only, left.attempts, left.unknown, left.jobs) == (None, 0, frozenset(), {})


def test_the_event_of_a_request_may_be_a_dead_letter():
    failures = [{"subscription": "Talk", "outcome": "unknown"}]
    letter = {"event": EVENT, "failures": failures, "tries": 4}
    left = read(id=1, event=letter).queued.request
    assert (left.event, left.only, left.unknown) == (EVENT, {"Talk"}, {"Talk"})
    assert read(id=1, event=letter, only=["Loud"]).queued.request.only == {"Loud"}


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"event": EVENT}, "`id` should be a text or a number"),
        ({"id": True, "event": EVENT}, "`id` should be a text or a number"),
        ({"id": 1}, "`event` should be a JSON object: an event, or a dead letter"),
        ({"id": 1, "event": EVENT, "only": []}, "`only` should name a subscription"),
        ({"id": 1, "event": EVENT, "only": "Talk"}, "`only` should be an array of names"),
        ({"id": 1, "event": EVENT, "unknown": [1]}, "`unknown` should be an array of names"),
        ({"id": 1, "event": EVENT, "attempt": 0}, "`attempt` should be the number of this"),
        ({"id": 1, "event": EVENT, "attempt": True}, "`attempt` should be the number of this"),
        ({"id": 1, "event": EVENT, "jobs": []}, "`jobs` should be an object"),
        ({"id": 1, "event": EVENT, "receivedAt": "noon"}, "`receivedAt` should be a time with"),
        ({"id": 1, "event": EVENT, "retryingSince": "2026-01-31T12:00"}, "`retryingSince` should"),
        ({"id": 1, "event": EVENT, "onyl": []}, "there is no key 'onyl' in a request; did you"),
        ({"id": 1, "event": EVENT, "zzz": 1}, "there is no key 'zzz' in a request; there are id,"),
    ],
)
def test_a_line_that_is_no_request_is_answered_with_its_id(keys, message):
    invalid = read(4, **keys)
    assert isinstance(invalid, InvalidRequest)
    assert invalid.message.startswith(message)
    error = {"code": "INVALID_REQUEST", "message": invalid.message, "line": 4}
    known = {"id": 1} if keys.get("id") == 1 and keys["id"] is not True else {}
    assert error_line(invalid) == {**known, "error": error}


@pytest.mark.parametrize(
    ("content", "known"),
    [
        (b'{"id": 7, "event": {', 7),
        (b' {"id":"a\\"b", "event": nonsense}', 'a"b'),
        (b'{"id": -3, "event": {"n": NaN}}', -3),
        (b'{"id": 12', None),  # the rest of the number may be cut off
        (b'{"event": {}, "id": 7', None),
        (b'{"id": "\xff", "event": {', None),
        (b"[1]", None),
        (b"", None),
    ],
)
def test_the_id_of_a_broken_line_is_read_where_it_stands_first(content, known):
    assert read_request(Line(1, content)).id == known


def test_a_line_that_is_too_long_keeps_its_id():
    line = Line(2, b'{"id": 5, "event": {"a": "' + b"x" * 90, is_truncated=True)
    assert read_request(line) == InvalidRequest(2, "the line is longer than 8,000,000 bytes", 5)


@pytest.mark.parametrize("depth", [100, 101])
def test_an_event_may_have_as_many_levels_in_a_request_as_elsewhere(depth):
    nested = 0
    for _ in range(depth):
        nested = {"a": nested}
    assert isinstance(read(id=1, event=nested), InvalidRequest) == (depth == 101)


def test_a_byte_order_mark_is_no_obstacle():
    assert read_request(Line(1, b'\xef\xbb\xbf{"id": 1, "event": {}}')).id == 1


async def test_a_delivered_event_has_a_result_and_no_more():
    line = await answer(Live(Talk=Delivered({"n": 1})), read(id=1, event=EVENT))
    part = {"subscription": "Talk", "action": "say", "status": "delivered", "response": {"n": 1}}
    assert line == {"id": 1, "messageId": "m-1", "status": "delivered", "results": [part]}


async def test_an_event_without_a_match_is_skipped_with_the_reason():
    line = await answer(Live(), read(id=1, event=EVENT))
    assert (line["status"], line["reason"]) == ("skipped", "no match")


async def test_the_keys_of_a_retry_make_the_next_request():
    live = Live(Talk=Delivered(), Loud=WAIT, Far=DOUBT, Slow=JOB, Never=INVALID)
    request = {"id": 1, "event": EVENT}
    line = json.loads(json.dumps(await answer(live, read(**request))))
    assert line["status"] == "open"
    assert 0 < line["pause"] <= 1
    retry = line["retry"]
    assert (retry["only"], retry["attempt"]) == (["Loud", "Far", "Slow"], 2)
    assert (retry["unknown"], retry["jobs"]) == (["Far"], {"Slow": 7})
    assert [part["subscription"] for part in line["deadLetter"]["failures"]] == ["Never"]
    live.results = dict.fromkeys(live.results, Delivered())
    second = await answer(live, read(**request, **retry))
    assert second["status"] == "delivered"
    sent = live.options[-1]
    assert (sent["only"], sent["attempt"]) == ({"Loud", "Far", "Slow"}, 2)
    assert (sent["unknown"], sent["jobs"]) == ([{"Far"}], [{"Slow": 7}])
    assert sent["received_at"].isoformat() == retry["receivedAt"]


async def test_a_job_that_has_ended_is_not_polled_again():
    live = Live(Slow=JOB)
    request = {"id": 1, "event": EVENT}
    first = await answer(live, read(**request))
    live.results = {"Slow": WAIT}
    second = await answer(live, read(**request, **first["retry"]))
    assert (first["retry"]["jobs"], second["retry"]["jobs"]) == ({"Slow": 7}, {})


async def test_an_event_whose_time_is_up_is_a_dead_letter():
    line = await answer(Live(Talk=WAIT), read(id=1, event=EVENT), RetryPolicy(time_limit=0.0))
    assert (line["status"], line["deadLetter"]["event"]) == ("failed", EVENT)
    assert "retry" not in line


async def test_a_subscription_that_is_gone_fails_visibly():
    line = await answer(Live(), read(id=1, event=EVENT, only=["Old"]))
    assert line["status"] == "failed"
    [part] = line["results"]
    assert (part["subscription"], part["code"]) == ("Old", "SUBSCRIPTION_NOT_MATCHED")


def test_an_event_that_met_a_bug_goes_again_with_the_same_number():
    line = fault_line(read(id=1, event=EVENT, attempt=3), "it ended")
    assert line["error"] == {"code": "WORKER_ERROR", "message": "it ended"}
    assert (line["retry"], line["pause"]) == ({"attempt": 3}, 60.0)


def test_a_refused_event_says_why():
    line = skipped_line(read(id=1, event=EVENT), "no consent")
    assert line == {
        "id": 1,
        "messageId": "m-1",
        "status": "skipped",
        "results": [],
        "reason": "no consent",
    }


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
KEYS = ("id", "event", "only", "attempt", "unknown", "jobs", "receivedAt", "retryingSince")


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(), JSON))
def test_every_object_is_a_request_or_an_error(document):
    request = read_request(Line(1, json.dumps(document).encode()))
    identifier = document.get("id")
    is_id = isinstance(identifier, str | int | float) and not isinstance(identifier, bool)
    assert request.id == (identifier if is_id else None)


@given(st.binary(max_size=60))
def test_any_bytes_are_answered(content):
    assert read_request(Line(1, content)) is not None
