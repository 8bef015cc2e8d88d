import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest

from destination_kit import Catalog
from destination_kit.delivery import Completed, Limits, LineSource, RetryPolicy, deliver_lines
from destination_kit.delivery.events import DeliveryRequest
from destination_kit.delivery.lines import Line
from destination_kit.delivery.sender import EventSender, Slot
from destination_kit.results import Delivered, EventResult, Failed, SubscriptionResult
from tests.kit.dkit import PARTNER, dkit, instance, records, track, write

TALK = {"name": "Talk", "action": "say", "useDefaultMapping": True, "mapping": {"room": "r1"}}


@pytest.fixture
def files(tmp_path):
    names = {"i": "i.json", "e": "e.jsonl", "r": "r.jsonl", "d": "d.jsonl"}
    found = SimpleNamespace(**{name: tmp_path / file for name, file in names.items()})
    write(found.i, instance(TALK))
    return found


def deliver(files, *events, options=()):
    write(files.e, *events)
    return dkit("deliver", files.i, files.e, "--results", files.r, "--json", *options)


def test_an_event_with_a_retryable_failure_is_sent_again(files):
    ran = deliver(files, *track("busy 3", "hi", "never"))
    assert (ran.code, ran.json["delivered"], ran.json["repeated"]) == (1, 2, 1)
    by_line = {each["line"]: each for each in records(files.r)}
    assert by_line[1]["status"] == "delivered"
    assert by_line[3]["results"][0]["code"] == "NO_SUCH_THING"
    assert len(by_line) == 3


def test_attempts_repeated_after_an_unknown_outcome_are_counted_apart(files):
    ran = deliver(files, *track("lose 1", "busy 1", "hi"))
    assert (ran.json["repeated"], ran.json["repeatedUnknown"]) == (2, 1)
    by_line = {each["line"]: each for each in records(files.r)}
    assert (by_line[1]["tries"], by_line[1]["unknownTries"]) == (2, 1)
    assert (by_line[2]["tries"], by_line[2]["unknownTries"]) == (2, 0)
    assert "tries" not in by_line[3]


def test_the_summary_counts_events_that_were_sent_again(files):
    write(files.e, *track("lose 1", "busy 1"))
    ran = dkit("deliver", files.i, files.e)
    repeated = "2 sent again, 1 of them without knowing what had become of them"
    assert f"{repeated}\n" in ran.out


def test_only_the_subscriptions_that_failed_get_the_event_again(files):
    again = {**TALK, "name": "Again", "mapping": {"room": "r1", "word": "busy 2"}}
    write(files.i, instance(TALK, again))
    ran = deliver(files, *track("hi"))
    assert ran.json["repeated"] == 1
    [record] = records(files.r)
    assert [each["subscription"] for each in record["results"]] == ["Talk", "Again"]
    assert record["results"][0]["response"] == {"said": "hi"}


def test_an_event_whose_time_is_up_is_a_complete_dead_letter(files):
    options = ("--retry-for", "2s", "--dead-letters", files.d)
    ran = deliver(files, *track("later"), options=options)
    assert ran.code == 1
    [letter] = records(files.d)
    assert letter["event"]["event"] == "later"
    assert letter["tries"] >= 2  # the wait of 3 s is longer than the run, so the backoff decides
    assert letter["failures"][0]["retryable"] is True
    assert letter["failures"][0]["retryAfter"] == 3.0


def test_later_events_of_a_user_do_not_overtake_one_that_is_sent_again(files):
    first = {"type": "track", "event": "busy 5", "userId": "ann"}
    later = {"type": "track", "event": "hi", "userId": "ann"}
    other = {"type": "track", "event": "hi", "userId": "bob"}
    gap = [{"type": "track", "event": "wait 0.02", "userId": "carl"}]
    deliver(files, first, *gap, later, other, options=("--concurrency", "2"))
    order = [each["line"] for each in records(files.r)]
    assert order.index(1) < order.index(3)


def test_a_stopped_run_leaves_waiting_events_to_the_next(files):
    ran = deliver(files, *track("hi", "later", "interrupt"))
    assert (ran.code, ran.json["end"]) == (1, "stopped")
    assert sorted(each["line"] for each in records(files.r)) == [1, 3]


def test_rejected_credentials_end_the_wait_for_retries(files):
    ran = deliver(files, *track("later", "refuse"))
    assert ran.json["end"] == "credentials"
    [record] = records(files.r)
    assert (record["messageId"], record["status"], record["open"]) == ("m-refuse", "open", ["Talk"])


def test_events_without_a_user_do_not_wait_for_each_other(files):
    slow = {"type": "track", "event": "busy 5"}
    gap = {"type": "track", "event": "wait 0.02"}
    deliver(files, slow, gap, {"type": "track", "event": "hi"}, options=("--concurrency", "2"))
    order = [each["line"] for each in records(files.r)]
    assert order.index(3) < order.index(1)


def test_a_resumed_run_sends_an_event_only_to_open_subscriptions(files):
    """One subscription has the event already, the other waits when the run is stopped."""
    again = {**TALK, "name": "Again", "mapping": {"room": "r1", "word": "later"}}
    write(files.i, instance(TALK, again))
    stopped = deliver(files, *track("hi", "interrupt"))
    assert stopped.json["end"] == "stopped"
    first = [each for each in records(files.r) if each["line"] == 1]
    assert [(each["status"], each["open"]) for each in first] == [("open", ["Again"])]
    write(files.i, instance(TALK, {**again, "mapping": {"room": "r1", "word": "hi"}}))
    ran = dkit("deliver", files.i, files.e, "--resume", files.r, "--json")
    assert (ran.code, ran.json["end"]) == (0, "complete")
    last = [each for each in records(files.r) if each["line"] == 1][-1]
    assert [each["subscription"] for each in last["results"]] == ["Again"]
    assert (last["status"], last["tries"], last["unknownTries"]) == ("delivered", 2, 0)


def test_a_resumed_run_counts_repeated_attempts_with_an_unknown_outcome(files):
    write(files.e, *track("lost", "interrupt"))
    stopped = dkit("deliver", files.i, files.e, "--results", files.r, "--json")
    assert stopped.json["end"] == "stopped"
    write(files.i, instance({**TALK, "mapping": {"room": "r1", "word": "hi"}}))
    ran = dkit("deliver", files.i, files.e, "--resume", files.r, "--json")
    assert (ran.code, ran.json["repeated"], ran.json["repeatedUnknown"]) == (0, 1, 1)


async def test_a_listener_sees_which_events_wait_for_an_earlier_one_of_their_user(files):
    first = {"type": "track", "event": "busy 5", "userId": "ann"}
    gap = {"type": "track", "event": "wait 0.02", "userId": "carl"}
    later = {"type": "track", "event": "hi", "userId": "ann"}
    waiting, most = Counter(), Counter()

    class Listener:
        def on_outcome(self, outcome):
            pass

        def on_retry_wait(self, code, change):
            waiting[code] += change
            most[code] = max(most[code], waiting[code])

    live = Catalog.of(PARTNER).configure(instance(TALK)).open()
    with write(files.e, first, gap, later, later).open("rb") as file:
        async with live:
            source = LineSource(file.fileno())
            await deliver_lines(live, source, Limits(concurrency=2), Completed(), Listener())
    assert (most["BUSY"], most["USER_ORDER"]) == (1, 2), "an event that waits holds no place"
    assert not +waiting


def test_events_that_wait_for_a_retry_give_their_place_to_others(files):
    failing = [{**event, "userId": f"u-{n}"} for n, event in enumerate(track(*["later"] * 40))]
    options = ("--concurrency", "2", "--retry-for", "4s")
    deliver(files, *failing, *track("hi"), options=options)
    assert next(each["line"] for each in records(files.r)) == 41, "the good event passes 40"


LOST = Failed("CONNECTION_FAILED", "?", outcome="unknown")
BUSY, FULL = (Failed(code, "later", retryable=True, retry_after=1e-4) for code in ("BUSY", "FULL"))
NEVER, DONE = Failed("NO_SUCH_THING", "no"), Delivered()


async def outcome_of(*attempts, request, time_limit=60.0, is_stopped=False):
    """Return the outcome of an event with these results, the attempts for it, and the waits."""
    left, sent, waits, numbers = list(attempts), [], [], []

    async def send(_events, *, deadline, received_at, only, attempt, jobs=(), unknown=()):
        sent.append((deadline, only))
        numbers.append(attempt)
        results = left.pop(0).items()
        return [
            EventResult(tuple(SubscriptionResult(name, "say", found) for name, found in results))
        ]

    stop_event = asyncio.Event()
    if is_stopped:
        stop_event.set()
    sender = EventSender(
        SimpleNamespace(send=send),
        SimpleNamespace(on_retry_wait=lambda code, change: waits.append((code, change))),
        stop_event,
        deadline=5.0,
        retry_policy=RetryPolicy(first_pause=1e-4, time_limit=time_limit),
    )
    outcome = await sender.send(Line(1, b"{}"), request, Slot())
    assert numbers == [request.attempts + number for number in range(1, len(sent) + 1)]
    return outcome, sent, waits


def codes(outcome):
    return [getattr(result.result, "code", "") for result in outcome.result.results]


async def test_attempts_of_earlier_runs_are_counted():
    request = DeliveryRequest({"type": "track"}, {"A"}, 3, 2)
    outcome, sent, _ = await outcome_of({"A": NEVER}, request=request)
    assert (outcome.attempts, outcome.unknown_attempts) == (4, 2)
    assert sent == [(5.0, {"A"})]
    outcome, sent, _ = await outcome_of({"A": BUSY}, {"A": LOST}, {"A": DONE}, request=request)
    assert (outcome.attempts, outcome.unknown_attempts, codes(outcome)) == (6, 3, [""])
    assert (outcome.is_interrupted, len(sent)) == (False, 3)


async def test_a_wait_is_reported_under_the_code_of_the_first_failure():
    attempts = ({"A": NEVER, "B": BUSY, "C": FULL}, {"B": DONE, "C": LOST}, {"C": DONE})
    outcome, sent, waits = await outcome_of(*attempts, request=DeliveryRequest({"type": "track"}))
    assert codes(outcome) == ["NO_SUCH_THING", "", ""]
    assert [only for _, only in sent] == [None, {"B", "C"}, {"C"}]
    turn = [("USER_ORDER", 1), ("USER_ORDER", -1)]
    pauses = [("BUSY", 1), ("BUSY", -1), ("CONNECTION_FAILED", 1), ("CONNECTION_FAILED", -1)]
    assert waits == turn + pauses
    assert (outcome.attempts, outcome.unknown_attempts) == (3, 1)


async def test_a_stopped_run_leaves_the_next_attempt_to_another():
    outcome, sent, waits = await outcome_of(
        {"A": LOST}, request=DeliveryRequest({"type": "track"}), is_stopped=True
    )
    assert (outcome.is_interrupted, outcome.is_open, len(sent)) == (True, True, 1)
    assert (outcome.attempts, outcome.unknown_attempts) == (1, 0)
    assert waits[2:] == [("CONNECTION_FAILED", 1), ("CONNECTION_FAILED", -1)]


async def test_an_event_whose_time_is_up_is_not_interrupted():
    outcome, sent, _ = await outcome_of(
        {"A": LOST}, request=DeliveryRequest({"type": "track"}), time_limit=0.0
    )
    assert (outcome.is_interrupted, outcome.attempts, len(sent)) == (False, 1, 1)


async def test_a_slot_is_taken_once_and_given_back_once():
    first, retries = asyncio.Semaphore(1), asyncio.Semaphore(1)
    slot = Slot(first, retries)
    await slot.acquire()
    await slot.acquire()
    assert (first.locked(), retries.locked()) == (True, False)
    slot.release()
    slot.release()
    assert (first.locked(), retries.locked()) == (False, False)
    await slot.acquire()
    assert (first.locked(), retries.locked()) == (False, True), "a retry takes another place"


async def sent_in_order(*events, outcomes, stop_after=None):
    """Send events at once; return their types as the partner gets them, and the outcomes."""
    left, order = {name: list(results) for name, results in outcomes.items()}, []
    stop_event = asyncio.Event()

    async def send(sent_events, **_):
        [event] = sent_events
        name = event["type"]
        order.append(name)
        await asyncio.sleep(0.01)  # requests on several connections arrive in any order
        if name == stop_after:
            stop_event.set()
        results = left.get(name) or [DONE]
        return [EventResult((SubscriptionResult("A", "say", results.pop(0)),))]

    sender = EventSender(
        SimpleNamespace(send=send),
        SimpleNamespace(on_retry_wait=lambda *_: None),
        stop_event,
        deadline=5.0,
        retry_policy=RetryPolicy(first_pause=1e-4),
    )
    requests = [DeliveryRequest(event) for event in events]
    tasks = [sender.send(Line(1, b"{}"), request, Slot()) for request in requests]
    return order, await asyncio.gather(*tasks)


IDENTIFY, DELETE, TRACK, GROUP = (
    {"type": name, "userId": "ann"} for name in ("identify", "delete", "track", "group")
)


async def test_a_deletion_waits_for_earlier_events_of_its_user_and_later_ones_for_it():
    outcomes = {"identify": [BUSY, BUSY, DONE], "delete": [BUSY, DONE]}
    order, _ = await sent_in_order(IDENTIFY, DELETE, TRACK, GROUP, outcomes=outcomes)
    assert order[:5] == [*("identify",) * 3, *("delete",) * 2]
    assert sorted(order[5:]) == ["group", "track"]


async def test_events_of_other_users_do_not_wait_for_a_deletion():
    other = {"type": "page", "userId": "bob"}
    order, _ = await sent_in_order(IDENTIFY, DELETE, other, outcomes={})
    assert order == ["identify", "page", "delete"]


async def test_a_deletion_is_left_to_the_next_run_when_an_earlier_event_is():
    order, [interrupted, deletion] = await sent_in_order(
        IDENTIFY, DELETE, outcomes={"identify": [BUSY]}, stop_after="identify"
    )
    assert (order, interrupted.is_interrupted, deletion) == (["identify"], True, None)
