import json
import shlex
import stat
from unittest.mock import ANY

import pytest
from jsonschema import Draft7Validator

from destination_kit.fields import load_metaschema
from tests.kit.dkit import LOUD, TALK, TOKEN, dkit, instance, records, track, write


@pytest.fixture
def deliver(tmp_path):
    """Return (events, options) -> the run; its files stand beside each other."""
    write(tmp_path / "i.json", instance())

    def run(*options, events=None, tail=b""):
        if events is not None:
            write(tmp_path / "e.jsonl", *events, tail=tail)
        once = ("--retry-for", "0")
        return dkit("deliver", tmp_path / "i.json", tmp_path / "e.jsonl", *once, *options)

    return run


def test_an_http_library_that_does_not_exist_is_misuse_and_leaves_no_files(
    deliver, tmp_path, monkeypatch
):
    monkeypatch.setenv("DKIT_TRANSPORT", "requests")
    ran = deliver("--results", tmp_path / "r.jsonl", events=track("hi"))
    assert ran.code == 2
    assert "DKIT_TRANSPORT" in ran.err
    assert not (tmp_path / "r.jsonl").exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTPS_PROXY", "http://alice:hunter2#x@127.0.0.1:8933"),
        ("ALL_PROXY", "http://alice:hunter2@127.0.0.1:8933\n"),
        ("SSL_CERT_FILE", "/nowhere/hunter"),
    ],
)
def test_a_proxy_or_certificates_that_cannot_be_used_are_one_error_before_the_first_event(
    deliver, tmp_path, monkeypatch, variable, value
):
    monkeypatch.setenv(variable, value)
    ran = deliver("--results", tmp_path / "r.jsonl", events=track("hi", "again"))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count(f"{variable}: ") == 1
    assert "fault in" not in ran.err
    assert "hunter2" not in ran.err
    assert not (tmp_path / "r.jsonl").exists()


def test_every_event_has_a_result_with_its_line(deliver, tmp_path):
    results = tmp_path / "r.jsonl"
    events = [*track("hi"), {"type": "page"}, b"", *track("never", "lost"), b'{"a":']
    ran = deliver("--results", results, events=events)
    assert ran.code == 1
    talk = {"subscription": "Talk", "action": "say"}
    assert sorted(records(results), key=lambda each: each["line"]) == [
        {
            "line": 1,
            "lowWater": ANY,
            "messageId": "m-hi",
            "status": "delivered",
            "results": [{**talk, "status": "delivered", "response": {"said": "hi"}}],
        },
        {
            "line": 2,
            "lowWater": ANY,
            "status": "skipped",
            "results": [],
            "reason": "no enabled subscription matches the event",
        },
        {
            "line": 4,
            "lowWater": ANY,
            "messageId": "m-never",
            "status": "failed",
            "results": [
                {
                    **talk,
                    "status": "failed",
                    "code": "NO_SUCH_THING",
                    "message": "no such thing",
                    "retryable": False,
                    "remedy": "event",
                    "outcome": "failed",
                }
            ],
        },
        {
            "line": 5,
            "lowWater": ANY,
            "messageId": "m-lost",
            "status": "failed",
            "results": [
                {
                    **talk,
                    "status": "failed",
                    "code": "CONNECTION_FAILED",
                    "message": "no answer",
                    "retryable": True,
                    "remedy": "wait",
                    "outcome": "unknown",
                }
            ],
        },
        {
            "line": 6,
            "lowWater": ANY,
            "status": "failed",
            "results": [],
            "reason": "INVALID_EVENT: not JSON: Expecting value at column 6",
        },
    ]


def test_every_result_is_what_its_metaschema_describes(deliver, tmp_path):
    events = [*track("hi", "later", "lost", "leak"), b"oops", {"type": "page"}, *track("", None)]
    deliver("--results", tmp_path / "r.jsonl", events=events)
    validator = Draft7Validator(load_metaschema("result"))
    found = records(tmp_path / "r.jsonl")
    assert len(found) == len(events)
    assert not [error for each in found for error in validator.iter_errors(each)]


def test_the_exit_code_is_0_where_events_are_delivered_or_skipped(deliver):
    ran = deliver(events=[*track("hi"), {"type": "page"}])
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[2].split() == ["Talk", "1", "1", "0", "0"]
    assert ": 1 delivered, 0 failed, 1 skipped" in ran.out


def reason(subscription, code, message, line):
    return {
        "subscription": subscription,
        "code": code,
        "message": message,
        "count": 1,
        "firstLine": line,
    }


def test_the_summary_in_json_counts_everything(deliver):
    ran = deliver("--json", events=[*track("hi", "never", "lost"), b"oops", {"type": "page"}])
    summary = ran.json
    assert summary.pop("seconds") >= 0
    assert summary == {
        "events": 5,
        "delivered": 1,
        "failed": 3,
        "skipped": 1,
        "broken": 1,
        "parked": 0,
        "duplicate": 0,
        "repeated": 0,
        "repeatedUnknown": 0,
        "subscriptions": [
            {"subscription": "Talk", "matched": 3, "delivered": 1, "failed": 1, "unknown": 1}
        ],
        "failures": [
            reason("Talk", "NO_SUCH_THING", "no such thing", 2),
            reason("Talk", "CONNECTION_FAILED", "no answer", 3),
            reason(None, "INVALID_EVENT", "not JSON: Expecting value at column 1", 4),
        ],
        "end": "complete",
        "line": 5,
    }


def test_an_empty_file_is_all_well(deliver):
    assert deliver(events=[]).code == 0


def test_the_last_line_needs_no_line_break(deliver):
    assert deliver("--json", events=track("a"), tail=b'{"type": "page"}').json["events"] == 2


def test_dead_letters_keep_failed_events_as_they_arrived_readable_by_their_owner_only(
    deliver, tmp_path
):
    letters = tmp_path / "d.jsonl"
    odd = b'{"type": "track", "event": "\xff'
    deliver("--dead-letters", letters, events=[*track("hi", "never"), odd])
    assert stat.S_IMODE(letters.stat().st_mode) == 0o600
    event, broken = sorted(records(letters), key=lambda each: each["line"])
    assert (event["line"], event["event"]) == (2, track("never")[0])
    assert event["failures"][0]["code"] == "NO_SUCH_THING"
    assert broken["failures"][0]["code"] == "INVALID_EVENT"
    assert broken["text"].encode("utf-8", "surrogateescape") == odd


def test_refused_credentials_end_the_run_and_are_not_final(deliver, tmp_path):
    results, letters = tmp_path / "r.jsonl", tmp_path / "d.jsonl"
    words = ["hi", "refuse", *["later"] * 50]
    options = ("--results", results, "--dead-letters", letters, "--concurrency", 1)
    ran = deliver(*options, events=track(*words))
    assert ran.code == 1
    assert {each["line"]: each["status"] for each in records(results)} == {
        1: "delivered",
        2: "open",
    }
    assert records(letters) == []
    assert "The partner refused the credentials, and line 2 was the last one read." in ran.err
    assert f"--resume {results}" in ran.err


def test_events_in_flight_when_credentials_are_refused_are_finished(deliver, tmp_path):
    results = tmp_path / "r.jsonl"
    deliver("--results", results, events=track("wait 0.05", "refuse"))
    assert [each["status"] for each in records(results)] == ["open", "delivered"]


def test_without_results_rejected_events_are_dead_letters(deliver, tmp_path):
    ran = deliver("--dead-letters", tmp_path / "d.jsonl", events=track("refuse"))
    assert [each["line"] for each in records(tmp_path / "d.jsonl")] == [1]
    assert "cannot be resumed" in ran.err


def test_a_run_resumes_where_it_stopped(deliver, tmp_path):
    results = tmp_path / "r.jsonl"
    events = track("a", "refuse", "b", "c")
    deliver("--results", results, "--concurrency", 1, events=events)
    events[1]["event"] = "welcome"
    ran = deliver("--resume", results, "--json", events=events)
    assert ran.code == 0
    assert ran.err == "1 line has a result already\n"
    assert ran.json["events"] == 3
    assert sorted(each["line"] for each in records(results)) == [1, 2, 2, 3, 4]


def test_an_incomplete_last_line_is_cut_off_and_its_event_sent_again(deliver, tmp_path):
    results = tmp_path / "r.jsonl"
    done = {"line": 1, "status": "skipped", "results": []}
    write(results, done, tail=b'{"line": 2, "sta')
    assert deliver("--resume", results, events=track("a", "b")).code == 0
    assert [each["line"] for each in records(results)] == [1, 2]
    assert records(results)[0] == done


@pytest.mark.parametrize(
    "line", [b"oops", b"[]", b'{"line": 0}', b'{"line": 1e99}', b'{"line": 9000000000}']
)
def test_a_file_that_holds_no_results_is_not_touched(deliver, tmp_path, line):
    results = write(tmp_path / "r.jsonl", line)
    ran = deliver("--resume", results, events=track("a"))
    assert ran.code == 2
    assert "line 1 is not a result of dkit deliver" in ran.err
    assert results.read_bytes() == line + b"\n"


@pytest.mark.parametrize(
    ("option", "remedy"),
    [("--results", "go on after it with --resume"), ("--dead-letters", "deliver it as EVENTS")],
)
def test_an_existing_file_is_never_overwritten(deliver, tmp_path, option, remedy):
    path = write(tmp_path / "old", {"precious": True})
    ran = deliver(option, path, events=track("a"))
    assert ran.code == 2
    assert f"{path} exists: name another file, or {remedy}" in ran.err
    assert records(path) == [{"precious": True}]


def test_a_resumed_run_adds_to_its_dead_letters(deliver, tmp_path):
    results, letters = tmp_path / "r.jsonl", tmp_path / "d.jsonl"
    deliver("--results", results, "--dead-letters", letters, events=track("never"))
    letters.chmod(0o644)
    deliver("--resume", results, "--dead-letters", letters, events=track("never", "later"))
    assert [each["line"] for each in records(letters)] == [1, 2]
    assert stat.S_IMODE(letters.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--concurrency", "0"), "from 1 to 10000"),
        (("--limit", "search"), "should be NAME=CALLS"),
        (("--limit", "search=0"), "should be NAME=CALLS"),
        (("--window", "10001"), "from 1 to 10000"),
        (("--concurrency", "many"), "from 1 to 10000"),
        (("--deadline", "0"), "above 0"),
        (("--deadline", "nan"), "above 0"),
        (("--deadline", "soon"), "above 0"),
        (("--connect-to", "*.x.example=https://elsewhere.example"), "--connect-to *.x.example: "),
        (("--connect-to", "http://127.0.0.1:1"), "should be PATTERN=URL, such as '*.qualtrics"),
        (("--resume", "/nowhere/r.jsonl"), "cannot read /nowhere/r.jsonl"),
        (("--resume", "a", "--results", "b"), "leave out --results"),
        (("--results", "/nowhere/r.jsonl"), "cannot write /nowhere/r.jsonl"),
    ],
)
def test_misuse_is_reported_before_anything_is_sent(deliver, options, message):
    ran = deliver(*options, events=track("a"))
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


@pytest.mark.parametrize("events", ["missing.jsonl", "."])
def test_events_that_cannot_be_read_leave_no_files_behind(tmp_path, events):
    path = write(tmp_path / "i.json", instance())
    ran = dkit("deliver", path, tmp_path / events, "--results", tmp_path / "r.jsonl")
    assert ran.code == 2
    assert "cannot read" in ran.err
    assert not (tmp_path / "r.jsonl").exists()


@pytest.mark.parametrize("command", ["deliver", "preview"])
def test_only_one_file_can_be_standard_input(command):
    ran = dkit(command, "-", "-")
    assert (ran.code, ran.err) == (
        2,
        "dkit: only one of INSTANCE and EVENTS can be standard input\n",
    )


def test_concurrency_bounds_the_events_in_flight(deliver):
    events = track(*["wait 0.05"] * 8)
    eight, two, one = (
        deliver("--json", "--concurrency", many, events=events).json["seconds"]
        for many in (8, 2, 1)
    )
    assert one >= 0.4
    assert two >= 0.2
    assert eight < one


def test_an_event_that_takes_too_long_fails(deliver):
    ran = deliver("--json", "--deadline", "0.05", events=track("wait 5"))
    assert ran.json["failures"][0]["code"] == "SELF_TIMEOUT"


def test_an_interrupt_stops_the_reading_and_lets_what_is_in_flight_finish(deliver, tmp_path):
    results = tmp_path / "r.jsonl"
    events = track("interrupt", "wait 0.05", *["a"] * 9)
    ran = deliver("--results", results, "--concurrency", 2, "--json", events=events)
    assert (ran.code, ran.json["end"], ran.json["line"]) == (1, "stopped", 2)
    assert sorted(each["line"] for each in records(results)) == [1, 2]
    assert "Stopped after line 2; what was in flight has its result." in ran.err


def test_a_second_interrupt_ends_everything_at_once(deliver, tmp_path):
    ran = deliver("--json", events=track("wait 60", "interrupt interrupt", "wait 60"))
    assert (ran.code, ran.json["end"], ran.json["events"]) == (1, "broken off", 0)
    assert "what was in flight has no result" in ran.err


def test_an_exception_that_quotes_a_secret_is_masked_everywhere(deliver, tmp_path, caplog):
    files = (tmp_path / "r.jsonl", tmp_path / "d.jsonl")
    ran = deliver("--results", files[0], "--dead-letters", files[1], events=track("leak"))
    texts = [ran.out, ran.err, caplog.text, *(each.read_text() for each in files)]
    assert "[secret]" in texts[3]
    assert not [text for text in texts if TOKEN in text]
    assert json.loads(texts[3])["results"][0]["code"] == "UNKNOWN_ERROR"


def test_an_event_that_is_there_twice_is_sent_once(deliver, tmp_path):
    results = tmp_path / "r.jsonl"
    hello = {"type": "track", "event": "hi", "messageId": "m-1"}
    nameless = {"type": "track", "event": "hi", "messageId": ""}
    events = [hello, nameless, {**hello, "event": "never"}, nameless, hello]
    ran = deliver("--results", results, "--json", events=events)
    assert (ran.code, ran.json["delivered"], ran.json["duplicate"]) == (0, 3, 2)
    again = [each for each in records(results) if each["status"] == "skipped"]
    assert {each["line"]: each["reason"] for each in again} == {
        3: "the event m-1 is on line 1 already",
        5: "the event m-1 is on line 1 already",
    }
    assert "2 skipped (2 of them duplicates)" in deliver(events=events).out


def test_an_empty_message_id_names_no_event(deliver):
    events = [{"type": "track", "event": "hi", "messageId": ""}] * 3
    assert deliver("--json", events=events).json["delivered"] == 3


def test_allow_duplicates_sends_duplicates(deliver):
    events = [{"type": "track", "event": "hi", "messageId": "m-1"}] * 3
    assert deliver("--allow-duplicates", "--json", events=events).json["delivered"] == 3


def test_dead_letters_of_one_event_for_different_subscriptions_are_no_duplicates(deliver):
    event = {"type": "track", "event": "hi", "messageId": "m-1"}
    letters = [
        {"event": event, "failures": [{"subscription": name}]} for name in ("Talk", "X", "Talk")
    ]
    ran = deliver("--json", events=letters)
    assert (ran.json["delivered"], ran.json["duplicate"], ran.json["skipped"]) == (1, 1, 2)


def test_a_resumed_run_knows_the_events_of_lines_that_are_done(deliver, tmp_path):
    results = tmp_path / "r.jsonl"
    hello = {"type": "track", "event": "hi", "messageId": "m-1"}
    refused = {"type": "track", "event": "refuse", "messageId": "m-2"}
    deliver("--results", results, events=[hello, refused])
    ran = deliver("--resume", results, "--json", events=[hello, {**refused, "event": "hi"}, hello])
    assert (ran.json["delivered"], ran.json["duplicate"]) == (1, 1)


@pytest.mark.parametrize("concurrency", [1, 3, 16])
def test_every_line_up_to_the_low_water_mark_has_its_result_by_then(deliver, tmp_path, concurrency):
    results = tmp_path / "r.jsonl"
    words = ["wait 0.02", "hi", "hi", b"", "never", "wait 0.01", b"oops", "hi", "wait 0.03", "hi"]
    events = [each if isinstance(each, bytes) else track(each)[0] for each in words * 3]
    deliver("--results", results, "--concurrency", concurrency, events=events)
    done = {number for number, event in enumerate(events, 1) if event == b""}
    for each in records(results):
        done.add(each["line"])
        assert set(range(1, each["lowWater"] + 1)) <= done
    assert each["lowWater"] == len(events)


def test_a_refused_event_is_open(deliver, tmp_path):
    results = tmp_path / "r.jsonl"
    deliver("--results", results, events=track("hi", "refuse", "wait 0.05"))
    assert all(each["lowWater"] <= each["line"] for each in records(results))
    by_line = {each["line"]: each["status"] for each in records(results)}
    assert (by_line[1], by_line[2]) == ("delivered", "open")


def words_after(ran, start):
    [line] = [line for line in ran.err.splitlines() if start in line]
    return shlex.split(line.partition(start)[2])


def test_the_command_to_resume_has_every_option(files):
    write(files.e, *track("refuse"))
    options = [
        *("--connect-to", "*.a.example=http://127.0.0.1:9", "--dead-letters", str(files.d)),
        *("--connect-to", "b.example=http://127.0.0.1:9", "--deadline", "2.5"),
        *("--concurrency", "3", "--destination", "partner", "--window", "5"),
        *("--retry-for", "60", "--limit", "search=5", "--no-batch", "--allow-duplicates"),
    ]
    ran = dkit("deliver", files.i, files.e, *options, "--results", files.r)
    start, end = words_after(ran, "go on with: "), ["--resume", str(files.r)]
    assert start[:4] == ["dkit", "deliver", str(files.i), str(files.e)]
    assert sorted(start[4:]) == sorted([*options, *end])
    assert words_after(ran, "test them with: ")[:3] == ["dkit", "auth", str(files.i)]
    assert words_after(ran, "test them with: ")[3:] == [
        *("--destination", "partner"),
        *("--connect-to", "*.a.example=http://127.0.0.1:9"),
        *("--connect-to", "b.example=http://127.0.0.1:9"),
    ]
    assert dkit(*start[1:]).code == 1


def test_the_command_to_resume_leaves_out_defaults(files):
    write(files.e, *track("refuse"))
    ran = dkit("deliver", files.i, files.e, "--results", files.r)
    given = ["dkit", "deliver", str(files.i), str(files.e), "--resume", str(files.r)]
    assert words_after(ran, "go on with: ") == given


def test_a_json_array_is_refused_in_one_sentence_and_leaves_no_files_behind(files):
    write(files.e, b"\xef\xbb\xbf [", b'{"type": "page"}]')
    ran = dkit("deliver", files.i, files.e, "--results", files.r)
    message = "dkit: deliver takes JSON lines; this file is a JSON array\n"
    assert (ran.code, ran.err) == (2, message)
    assert not files.r.exists()


def test_disabled_subscriptions_are_not_in_the_summary(files):
    write(files.i, instance(TALK, {**LOUD, "enabled": False}))
    ran = dkit("deliver", files.i, write(files.e, *track("hi")))
    assert "Talk" in ran.out
    assert "Loud" not in ran.out


def test_the_run_says_why_events_failed_and_where_the_details_are(files):
    write(files.i, instance(TALK))
    write(files.e, *track("never", "hi", "never", "later"), b"oops")
    ran = dkit("deliver", files.i, files.e, "--results", files.r, "--retry-for", 0)
    assert ran.out.partition("\n\nWhy events failed\n")[2].splitlines() == [
        "  line 1 and 1 more, Talk (NO_SUCH_THING): no such thing",
        "  line 4, Talk (RETRYABLE_ERROR): busy",
        "  line 5 (INVALID_EVENT): not JSON: Expecting value at column 1",
        f"details in {files.r}",
    ]


def test_reasons_are_left_out_where_nothing_failed(files):
    write(files.i, instance(TALK))
    ran = dkit("deliver", files.i, write(files.e, *track("hi")), "--results", files.r)
    assert "Why" not in ran.out
    assert "details" not in ran.out


def test_a_response_that_is_not_json_never_breaks_a_run(files):
    write(files.i, instance(TALK))
    ran = dkit("deliver", files.i, write(files.e, *track("set")), "--results", files.r)
    assert ran.code == 0
    assert records(files.r)[0]["results"][0]["response"] == "<set>"


@pytest.mark.parametrize("text", ["", "4d", "-1", "1.5h", "h"])
def test_a_duration_is_a_number_with_a_unit(files, text):
    ran = dkit("deliver", files.i, files.i, f"--retry-for={text}")
    assert ran.code == 2
    assert "should be a time such as 90s, 30m or 4h" in ran.err
