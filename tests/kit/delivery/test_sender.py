from collections import Counter
from types import SimpleNamespace

import pytest

from destination_kit import Catalog
from destination_kit.delivery import Completed, Limits, LineSource, deliver_lines
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
