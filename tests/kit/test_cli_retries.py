"""`deliver` sends an event again until it is final or its time is up."""

from types import SimpleNamespace

import pytest

from destination_kit.delivery.retry import LONGEST_PAUSE, _pause
from destination_kit.results import Failed
from tests.kit.dkit import dkit, instance, records, track, write

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


def test_an_event_that_can_still_succeed_is_sent_again(files):
    ran = deliver(files, *track("busy 3", "hi", "never"))
    assert (ran.code, ran.json["delivered"], ran.json["repeated"]) == (1, 2, 1)
    by_line = {each["line"]: each for each in records(files.r)}
    assert by_line[1]["status"] == "delivered"
    assert by_line[3]["results"][0]["code"] == "NO_SUCH_THING"
    assert len(by_line) == 3


def test_what_may_be_there_twice_is_counted_apart(files):
    ran = deliver(files, *track("lose 1", "busy 1", "hi"))
    assert (ran.json["repeated"], ran.json["repeatedUnknown"]) == (2, 1)
    by_line = {each["line"]: each for each in records(files.r)}
    assert (by_line[1]["tries"], by_line[1]["unknownTries"]) == (2, 1)
    assert (by_line[2]["tries"], by_line[2]["unknownTries"]) == (2, 0)
    assert "tries" not in by_line[3]


def test_people_are_told_what_was_sent_again(files):
    write(files.e, *track("lose 1", "busy 1"))
    ran = dkit("deliver", files.i, files.e)
    told = "2 sent again, 1 of them without knowing what had become of them"
    assert ran.out.splitlines()[-1].endswith(told)


def test_only_the_subscriptions_that_failed_get_it_again_and_taken_stays(files):
    again = {**TALK, "name": "Again", "mapping": {"room": "r1", "word": "busy 2"}}
    write(files.i, instance(TALK, again))
    ran = deliver(files, *track("hi"))
    assert ran.json["repeated"] == 1
    [record] = records(files.r)
    assert [each["subscription"] for each in record["results"]] == ["Talk", "Again"]
    assert record["results"][0]["response"] == {"said": "hi"}


def test_an_event_whose_time_is_up_is_a_complete_dead_letter(files):
    options = ("--retry-for", "1s", "--dead-letters", files.d)
    ran = deliver(files, *track("later"), options=options)
    assert ran.code == 1
    [letter] = records(files.d)
    assert letter["event"]["event"] == "later"
    assert letter["tries"] == 1  # it may not be sent before 3 s have passed
    assert letter["failures"][0]["retryable"] is True
    assert letter["failures"][0]["retryAfter"] == 3.0


def test_later_events_of_a_person_do_not_overtake_one_that_is_sent_again(files):
    first = {"type": "track", "event": "busy 5", "userId": "ann"}
    later = {"type": "track", "event": "hi", "userId": "ann"}
    other = {"type": "track", "event": "hi", "userId": "bob"}
    gap = [{"type": "track", "event": "wait 0.02", "userId": "carl"}]
    deliver(files, first, *gap, later, other, options=("--concurrency", "2"))
    order = [each["line"] for each in records(files.r)]
    assert order.index(1) < order.index(3)


def test_a_run_that_is_stopped_leaves_what_waits_to_the_next(files):
    ran = deliver(files, *track("hi", "later", "interrupt"))
    assert (ran.code, ran.json["end"]) == (1, "stopped")
    assert sorted(each["line"] for each in records(files.r)) == [1, 3]


def test_refused_credentials_stop_what_waits_as_well(files):
    ran = deliver(files, *track("later", "refuse"))
    assert ran.json["end"] == "credentials"
    assert not files.r.read_text()


def test_a_pause_is_what_the_partner_wants_else_longer_each_time():
    wanted = [Failed("A", "a", retryable=True, retry_after=each) for each in (5.0, 90.0, None)]
    assert _pause(wanted, 1) == 90.0
    unknown = [Failed("A", "a", retryable=True)]
    for tries, longest in ((1, 1), (2, 2), (5, 16), (30, LONGEST_PAUSE)):
        assert longest / 2 <= _pause(unknown, tries) <= longest


@pytest.mark.parametrize("text", ["", "4d", "-1", "1.5h", "h"])
def test_a_time_is_a_number_with_a_unit(files, text):
    ran = dkit("deliver", files.i, files.i, f"--retry-for={text}")
    assert ran.code == 2
    assert "should be a time such as 90s, 30m or 4h" in ran.err


def test_events_of_nobody_do_not_wait_for_each_other(files):
    slow = {"type": "track", "event": "busy 5"}
    gap = {"type": "track", "event": "wait 0.02"}
    deliver(files, slow, gap, {"type": "track", "event": "hi"}, options=("--concurrency", "2"))
    order = [each["line"] for each in records(files.r)]
    assert order.index(3) < order.index(1)


def test_a_run_that_goes_on_sends_no_subscription_twice_what_it_has(files):
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


def test_a_run_that_goes_on_counts_what_it_repeats_without_knowing(files):
    write(files.e, *track("lost", "interrupt"))
    stopped = dkit("deliver", files.i, files.e, "--results", files.r, "--json")
    assert stopped.json["end"] == "stopped"
    write(files.i, instance({**TALK, "mapping": {"room": "r1", "word": "hi"}}))
    ran = dkit("deliver", files.i, files.e, "--resume", files.r, "--json")
    assert (ran.code, ran.json["repeated"], ran.json["repeatedUnknown"]) == (0, 1, 1)


def test_whoever_wants_no_pause_is_not_asked_without_end():
    at_once = [Failed("A", "a", retryable=True, retry_after=0.0)]
    assert 0 < _pause(at_once, 1) < _pause(at_once, 8) <= LONGEST_PAUSE / 100
