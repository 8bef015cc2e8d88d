import gzip
import json
import resource
import shlex
import stat
from dataclasses import replace
from functools import partial
from unittest.mock import ANY

import pytest
from jsonschema import Draft7Validator

from destination_kit import RateLimit
from destination_kit.fields import load_metaschema
from tests.kit.dkit import LOUD, PARTNER, TALK, TOKEN, dkit, instance, records, track, write

# Without a time of its own, gzip is the same in every process that collects the tests.
compress = partial(gzip.compress, mtime=0)


@pytest.fixture
def deliver(tmp_path):
    """Return (events, options) -> the run; its files stand beside each other."""
    write(tmp_path / "i.json", instance())

    def run(*options, events=None, tail=b""):
        for kind in ("results", "dead-letters"):  # of an earlier run
            (tmp_path / f"e.{kind}.jsonl").unlink(missing_ok=True)
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
            "hash": ANY,
            "messageId": "m-hi",
            "status": "delivered",
            "results": [{**talk, "status": "delivered", "response": {"said": "hi"}}],
        },
        {
            "line": 2,
            "lowWater": ANY,
            "hash": ANY,
            "status": "skipped",
            "results": [],
            "reason": "no enabled subscription matches the event",
        },
        {
            "line": 4,
            "lowWater": ANY,
            "hash": ANY,
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
            "hash": ANY,
            "messageId": "m-lost",
            "receivedAt": ANY,
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
            "hash": ANY,
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


def test_the_summary_in_json_counts_everything(deliver, tmp_path):
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
            {
                "subscription": "Talk",
                "matched": 3,
                "delivered": 1,
                "failed": 1,
                "unknown": 1,
                "skipped": 0,
            }
        ],
        "failures": [
            reason("Talk", "NO_SUCH_THING", "no such thing", 2),
            reason("Talk", "CONNECTION_FAILED", "no answer", 3),
            reason(None, "INVALID_EVENT", "not JSON: Expecting value at column 1", 4),
        ],
        "end": "complete",
        "line": 5,
        "results": str(tmp_path / "e.results.jsonl"),
        "deadLetters": str(tmp_path / "e.dead-letters.jsonl"),
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
    options = ("--results", "/dev/null", "--dead-letters", tmp_path / "d.jsonl")
    ran = deliver(*options, events=track("refuse"))
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


def test_existing_results_are_refused_with_both_next_commands(files):
    write(files.e, *track("refuse"))
    write(files.r, {"precious": True})
    ran = dkit("deliver", files.i, files.e, "--results", files.r, "--retry-for", "60")
    assert (ran.code, ran.out) == (2, "")
    assert f"dkit: {files.r} exists, from an earlier run:\n" in ran.err
    given = ["dkit", "deliver", str(files.i), str(files.e), "--retry-for", "60"]
    assert words_after(ran, "to go on with that run: ") == [*given, "--resume", str(files.r)]
    stem = str(files.e).removesuffix(".jsonl")
    assert words_after(ran, "to write other files: ") == [
        *(*given, "--results", f"{stem}.results-2.jsonl"),
        *("--dead-letters", f"{stem}.dead-letters.jsonl"),
    ]
    assert records(files.r) == [{"precious": True}]
    other = words_after(ran, "to write other files: ")
    assert dkit(*other[1:]).code == 1
    assert records(files.r) == [{"precious": True}]


def test_existing_dead_letters_are_refused_with_the_command_that_sends_them_again(files):
    write(files.e, *track("a"))
    write(files.d, {"line": 1, "event": track("a")[0], "failures": [{"subscription": "Talk"}]})
    store = ("--store", str(files.i.parent / "store.json"))
    ran = dkit("deliver", files.i, files.e, "--dead-letters", files.d, *store)
    assert (ran.code, ran.out) == (2, "")
    again = words_after(ran, "to send its events again: ")
    assert again == ["dkit", "deliver", str(files.i), str(files.d), *store]
    assert dkit(*again[1:]).code == 0
    assert not list(files.r.parent.glob("e.*.jsonl"))


def test_records_have_names_beside_the_events_and_the_end_names_them(deliver, tmp_path):
    results, letters = tmp_path / "e.results.jsonl", tmp_path / "e.dead-letters.jsonl"
    ran = deliver(events=track("hi", "never", "refuse"))
    assert ran.out.splitlines()[-2:] == [
        f"results: {results}",
        f"dead letters: {letters} (1 new)",
    ]
    assert [letter["line"] for letter in records(letters)] == [2]
    assert stat.S_IMODE(letters.stat().st_mode) == 0o600
    resume = words_after(ran, "go on with: ")
    assert resume[-2:] == ["--resume", str(results)]
    write(tmp_path / "e.jsonl", *track("hi", "never", "never"))
    assert dkit(*resume[1:]).out.splitlines()[-1] == f"dead letters: {letters} (1 new)"


def test_a_run_without_failures_leaves_no_file_of_dead_letters(deliver, tmp_path):
    ran = deliver(events=track("hi"))
    assert ran.out.splitlines()[-1] == "dead letters: none"
    assert (tmp_path / "e.results.jsonl").exists()
    assert not (tmp_path / "e.dead-letters.jsonl").exists()


@pytest.mark.parametrize("existing", ["e.results.jsonl", "e.dead-letters.jsonl"])
def test_no_record_file_is_created_where_the_other_cannot_be(files, existing):
    folder = files.e.parent
    write(files.e, *track("a"))
    write(folder / existing, b"mine")
    assert dkit("deliver", files.i, files.e).code == 2
    assert [path.name for path in folder.glob("e.*.jsonl")] == [existing]
    assert (folder / existing).read_bytes() == b"mine\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--results", "R", "--dead-letters", "R"), "cannot hold both results and dead letters"),
        (("--results", "R", "--dead-letters", "./R"), "cannot hold both results and dead letters"),
        (("--dead-letters", "E"), "is a file that the run reads"),
        (("--results", "E"), "is a file that the run reads"),
        (("--resume", "E"), "is a file that the run reads"),
        (("--results", "I"), "is a file that the run reads"),
        (("--dead-letters", "/nowhere/d"), "cannot write /nowhere/d: there is no folder /nowhere;"),
        (("--results", "/proc/r"), "cannot write /proc/r: No such file or directory; name a file"),
        (("--dead-letters", "/proc/d"), "cannot write /proc/d: No such file or directory; name"),
    ],
)
def test_files_that_cannot_hold_records_are_refused(files, monkeypatch, options, message):
    monkeypatch.chdir(files.e.parent)
    write(files.e, *track("a"))
    names = {"E": files.e.name, "I": files.i.name, "R": "r.jsonl", "./R": "./r.jsonl"}
    before = sorted(files.e.parent.iterdir()), files.e.read_bytes(), files.i.read_bytes()
    ran = dkit("deliver", files.i, files.e, *(names.get(option, option) for option in options))
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert (sorted(files.e.parent.iterdir()), files.e.read_bytes(), files.i.read_bytes()) == before


def test_standard_input_needs_the_names_of_its_records(files):
    ran = dkit("deliver", files.i, "-")
    assert ran.code == 2
    assert "add --results FILE --dead-letters FILE" in ran.err
    assert "add --dead-letters FILE" in dkit("deliver", files.i, "-", "--results", files.r).err


LIMITED = replace(
    PARTNER,
    rate_limits=lambda *_: (RateLimit("search", 500),),
    all_rate_limits=(RateLimit("search", 500), RateLimit("brand", 3000)),
)


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        (LIMITED, "Partner has no such limit; did you mean 'search'?; it has brand, search"),
        (PARTNER, "Partner has no rate limits"),
    ],
)
def test_a_limit_that_does_not_exist_is_refused_with_those_that_do(files, destination, message):
    write(files.e, *track("a"))
    arguments = ("deliver", files.i, files.e, "--limit", "serch=5")
    ran = dkit(*arguments, destinations=(destination,))
    assert (ran.code, ran.out, ran.err) == (2, "", f"dkit: --limit serch: {message}\n")


def test_a_destination_that_lists_no_limits_takes_any_name(files):
    write(files.i, instance(TALK))
    write(files.e, *track("a"))
    destination = replace(LIMITED, all_rate_limits=())
    arguments = ("deliver", files.i, files.e, "--limit", "other=5")
    assert dkit(*arguments, destinations=(destination,)).code == 0


def test_quiet_writes_nothing_where_every_event_is_well(files):
    write(files.i, instance(TALK))
    write(files.e, *track("hi"))
    ran = dkit("deliver", files.i, files.e, "-q", "--results", files.r)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    ran = dkit("deliver", files.i, files.e, "-q", "--resume", files.r)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    files.r.unlink()
    ran = dkit("deliver", files.i, write(files.e, *track("never")), "--quiet")
    assert "Why events failed" in ran.out


def test_verbose_writes_each_failure(files):
    write(files.i, instance(TALK))
    write(files.e, *track("hi", "never"), b"oops")
    ran = dkit("deliver", files.i, files.e, "-v")
    assert sorted(ran.err.splitlines()) == [
        "line 2, Talk (NO_SUCH_THING): no such thing",
        "line 3 (INVALID_EVENT): not JSON: Expecting value at column 1",
    ]


def test_a_log_for_machines_is_one_object_a_line(files):
    write(files.i, instance(TALK))
    write(files.e, *track("hi", "never", "refuse"))
    ran = dkit("deliver", files.i, files.e, "-v", "--log-format", "json", "--results", files.r)
    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert {"level": "warning", "event": "failed", "line": 2}.items() <= lines[0].items()
    assert lines[-1]["message"].startswith("go on with: dkit deliver ")
    ran = dkit("deliver", files.i, files.e, "--log-format", "json", "--results", files.r)
    [error] = [json.loads(line) for line in ran.err.splitlines()]
    assert error["level"] == "error"


def test_records_that_cannot_be_written_stop_the_run_and_are_named(files):
    write(files.i, instance(TALK))
    write(files.e, *track("wait 0.1", "hi", "wait 0.05", *["hi"] * 100))
    ran = dkit(
        *("deliver", files.i, files.e, "--results", "/dev/full", "--dead-letters", files.d),
        *("--concurrency", "3", "--json"),
    )
    assert (ran.code, ran.json["end"]) == (1, "not recorded")
    assert ran.json["delivered"] < 10
    assert "dkit: cannot write /dev/full: No space left on device." in ran.err
    assert "Delivered, but not recorded: lines 1-" in ran.err
    assert "Make room, or mend the file." in ran.err


def test_after_a_full_disk_a_resumed_run_sends_what_has_no_record(files):
    write(files.i, instance(TALK))
    write(files.e, *track("wait 0.02", *["hi"] * 200))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        ran = dkit("deliver", files.i, files.e, "--results", files.r, "--json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert ran.json["end"] == "not recorded"
    recorded = len(records(files.r))
    assert 0 < recorded < ran.json["delivered"]
    unrecorded = ran.json["delivered"] - recorded
    again = dkit(*words_after(ran, "go on with: ")[1:], "--json")
    assert again.code == 0
    assert again.json["delivered"] == 201 - recorded
    assert sorted(record["line"] for record in records(files.r)) == list(range(1, 202))
    assert unrecorded <= 17  # those that were in flight


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
        (("--results", "/nowhere/r.jsonl"), "cannot write /nowhere/r.jsonl: there is no folder"),
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


def test_an_exception_that_quotes_a_secret_is_shown_without_its_text(deliver, tmp_path, caplog):
    files = (tmp_path / "r.jsonl", tmp_path / "d.jsonl")
    ran = deliver("--results", files[0], "--dead-letters", files[1], events=track("leak"))
    texts = [ran.out, ran.err, caplog.text, *(each.read_text() for each in files)]
    assert "ValueError (dkit.py, line " in texts[3]
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
    assert (ran.json["delivered"], ran.json["duplicate"], ran.json["parked"]) == (1, 1, 1)


def test_a_dead_letter_for_a_subscription_that_is_gone_is_kept_until_it_has_its_name_back(deliver):
    event = track("hi")[0]
    letter = {"event": event, "failures": [{"subscription": "Gone"}, {"subscription": "Talk"}]}
    ran = deliver("--json", events=[letter])
    assert (ran.code, ran.json["skipped"], ran.json["parked"]) == (1, 0, 1)
    assert [failure["code"] for failure in ran.json["failures"]] == ["SUBSCRIPTION_NOT_FOUND"]
    assert "no enabled subscription has the name 'Gone'" in ran.json["failures"][0]["message"]


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


def test_the_command_to_resume_has_every_option(files, tmp_path):
    write(files.e, *track("refuse"))
    store = ("--store", str(tmp_path / "store.json"))
    options = [
        *("--connect-to", "*.a.example=http://127.0.0.1:9", "--dead-letters", str(files.d)),
        *("--connect-to", "b.example=http://127.0.0.1:9", "--deadline", "2.5"),
        *("--concurrency", "3", "--destination", "partner", "--window", "5"),
        *("--retry-for", "60", "--limit", "search=5", "--no-batch", "--allow-duplicates"),
        *(*store, "--log-format", "text", "--verbose"),
    ]
    destinations = (LIMITED,)
    ran = dkit(
        *("deliver", files.i, files.e, *options, "--results", files.r), destinations=destinations
    )
    options = [*options[:-3], "--verbose"]
    start, end = words_after(ran, "go on with: "), ["--resume", str(files.r)]
    assert start[:4] == ["dkit", "deliver", str(files.i), str(files.e)]
    assert sorted(start[4:]) == sorted([*options, *end])
    assert words_after(ran, "test them with: ")[:3] == ["dkit", "auth", str(files.i)]
    assert words_after(ran, "test them with: ")[3:] == [
        *("--destination", "partner"),
        *("--connect-to", "*.a.example=http://127.0.0.1:9"),
        *("--connect-to", "b.example=http://127.0.0.1:9"),
        *store,
    ]
    assert dkit(*start[1:], destinations=destinations).code == 1


def test_the_command_to_resume_leaves_out_defaults(files):
    write(files.e, *track("refuse"))
    ran = dkit("deliver", files.i, files.e, "--results", files.r)
    given = ["dkit", "deliver", str(files.i), str(files.e), "--resume", str(files.r)]
    assert words_after(ran, "go on with: ") == given


def test_a_file_that_no_run_can_read_is_refused_and_leaves_no_files_behind(files):
    write(files.e, b"".join(chunk.encode("utf-16-le") for chunk in ("[", "]")))
    ran = dkit("deliver", files.i, files.e, "--results", files.r)
    assert (ran.code, "is UTF-16LE" in ran.err) == (2, True)
    assert not files.r.exists()


def test_a_closed_standard_input_is_refused_and_leaves_no_files_behind(files, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    ran = dkit("deliver", files.i, "-", "--results", files.r, "--dead-letters", files.d)
    message = "dkit: standard input is closed: name a file of events\n"
    assert (ran.code, ran.err, files.r.exists()) == (2, message, False)


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
        "",
        f"results: {files.r}",
        f"dead letters: {str(files.e).removesuffix('.jsonl')}.dead-letters.jsonl (4 new)",
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


BATCH = {"batch": track("hi", "ho"), "sentAt": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(track("hi", "ho")).encode(),
        json.dumps(track("hi", "ho"), indent=2).encode(),
        json.dumps(BATCH).encode(),
        json.dumps(BATCH, indent=2).encode(),
        compress(json.dumps(track("hi")[0]).encode())
        + compress(json.dumps(track("ho")[0]).encode()),
        b"\xef\xbb\xbf" + json.dumps(track("hi", "ho")).encode(),
    ],
)
def test_events_are_delivered_from_every_form_and_a_resumed_run_skips_them(
    deliver, tmp_path, content
):
    results = tmp_path / "r.jsonl"
    ran = deliver("--results", results, events=[], tail=content)
    assert (ran.code, ": 2 delivered, 0 failed" in ran.out) == (0, True)
    assert [record["line"] for record in records(results)] == [1, 2]
    validator = Draft7Validator(load_metaschema("result"))
    assert not [error for record in records(results) for error in validator.iter_errors(record)]
    again = deliver("--resume", results)
    assert (again.code, "0 events" in again.out) == (0, True)


def test_a_result_says_where_an_event_stands_that_has_no_line_of_its_own(deliver, tmp_path):
    tail = (
        json.dumps({"batch": track("hi", "never")}).encode()
        + b"\n"
        + json.dumps(track("ho")[0]).encode()
    )
    ran = deliver(
        "--results", tmp_path / "r", "--dead-letters", tmp_path / "d", events=[b""], tail=tail
    )
    places = {r["line"]: (r.get("fileLine"), r.get("pointer")) for r in records(tmp_path / "r")}
    assert places == {2: (2, "/batch/0"), 3: (2, "/batch/1"), 4: (3, None)}
    [letter] = records(tmp_path / "d")
    assert (letter["line"], letter["fileLine"], letter["pointer"]) == (3, 2, "/batch/1")
    assert "line 2, /batch/1, Talk (NO_SUCH_THING)" in ran.out


@pytest.fixture
def two_files(tmp_path):
    write(tmp_path / "i.json", instance())
    return write(tmp_path / "a.jsonl", *track("a", "never")), write(
        tmp_path / "b.jsonl", *track("b")
    )


def test_several_files_are_one_run_that_can_be_resumed(two_files, tmp_path):
    results, letters = tmp_path / "r.jsonl", ("--dead-letters", tmp_path / "d.jsonl")
    ran = dkit("deliver", tmp_path / "i.json", *two_files, "--results", results, *letters)
    assert ran.code == 1
    a, b = map(str, two_files)
    found = sorted((r["line"], r["file"], r["fileLine"]) for r in records(results))
    assert found == [(1, a, 1), (2, a, 2), (3, b, 1)]
    assert f"{a}, line 2, Talk (NO_SUCH_THING)" in " ".join(ran.out.split())
    again = dkit("deliver", tmp_path / "i.json", *two_files, "--resume", results, *letters)
    assert (again.code, "0 events" in again.out) == (0, True)


def test_several_files_have_no_default_names_for_their_records(two_files, tmp_path):
    ran = dkit("deliver", tmp_path / "i.json", *two_files)
    assert ran.code == 2
    assert "add --results FILE --dead-letters FILE" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl", "i.json"]


def test_the_command_to_resume_names_every_file_and_strict(two_files, tmp_path):
    two_files[1].write_bytes(b'[{"type": "page"}')
    names = ("--dead-letters", tmp_path / "d.jsonl", "--strict")
    results = tmp_path / "r.jsonl"
    ran = dkit("deliver", tmp_path / "i.json", *two_files, "--results", results, *names)
    given = [tmp_path / "i.json", *two_files, *names, "--resume", results]
    assert (ran.code, words_after(ran, "go on with: ")) == (
        1,
        ["dkit", "deliver", *map(str, given)],
    )
    assert "The events cannot be read after line 3" in ran.err


def test_a_run_is_resumed_where_another_file_stands_before_the_others(two_files, tmp_path):
    results, letters = tmp_path / "r.jsonl", ("--dead-letters", tmp_path / "d.jsonl")
    dkit("deliver", tmp_path / "i.json", *two_files, "--results", results, *letters)
    new = write(tmp_path / "new.jsonl", *track("new"))
    arguments = (tmp_path / "i.json", new, *two_files, "--resume", results, *letters)
    ran = dkit("deliver", *arguments, "--json")
    assert (ran.code, ran.json["events"], ran.json["delivered"]) == (0, 1, 1)


def test_gzip_that_is_cut_off_is_named_and_can_be_resumed_from_a_new_copy(deliver, tmp_path):
    results, events = (
        tmp_path / "r.jsonl",
        "".join(json.dumps(e) + "\n" for e in track("a", "b", "c")),
    )
    content = compress(events.encode())
    ran = deliver("--results", results, events=[], tail=content[:-12])
    assert ran.code == 1
    assert "ends in the middle of its gzip data: it is cut off" in ran.err
    before = len(records(results))
    assert before >= 1
    again = deliver("--resume", results, events=[], tail=content)
    assert (again.code, f"{3 - before} event" in again.out) == (0, True)
    assert sorted(r["line"] for r in records(results)) == [1, 2, 3]


def test_an_unknown_type_is_named_once_and_a_run_without_a_match_says_why(deliver):
    ran = deliver(events=[{"type": "Track", "event": "hi"}] * 2)
    assert ran.code == 0
    unknown, unmatched = ran.err.splitlines()
    found = '2 events have the unknown type "Track" (first: line 1); did you mean "track"?'
    assert unknown == f"warning: {found}"
    needs = 'Talk needs type = "track" (2 events without)'
    assert unmatched == f"warning: None of 2 events matched an enabled subscription: {needs}"
    strict = deliver("--strict", "--log-format", "json")
    logged = [json.loads(text) for text in strict.err.splitlines()]
    warnings = [record["message"] for record in logged if record["level"] == "warning"]
    assert (strict.code, warnings[0]) == (1, found)
    assert deliver("--strict", events=track("hi")).code == 0


def test_integrations_and_consent_are_obeyed_before_an_action_runs(deliver, tmp_path):
    write(tmp_path / "i.json", instance(consent=["Ads"]))
    no_consent = {"consent": {"categoryPreferences": {"Ads": False}}}
    events = [
        {**track("a")[0], "integrations": {"All": False}},
        {**track("b")[0], "context": no_consent},
        {**track("c")[0], "integrations": {"All": False, "actions-partner": {}}},
    ]
    ran = dkit(
        "deliver", tmp_path / "i.json", write(tmp_path / "e", *events), "--results", tmp_path / "r"
    )
    assert ran.code == 0
    found = {r["messageId"]: (r["status"], r.get("reason")) for r in records(tmp_path / "r")}
    assert found == {
        "m-a": ("skipped", "integrations says no to All, and not yes to Partner"),
        "m-b": ("skipped", "no consent to Ads (context.consent.categoryPreferences)"),
        "m-c": ("delivered", None),
    }


@pytest.mark.parametrize("command", ["deliver", "preview"])
@pytest.mark.parametrize("content", [b"", b"\n \n", b"[]"])
def test_events_without_an_event_are_named(files, command, content):
    files.e.write_bytes(content)
    assert f"There is no event in {files.e}." in dkit(command, files.i, files.e).err
    for path in files.e.parent.glob("e.*.jsonl"):
        path.unlink()
    assert dkit(command, files.i, files.e, "--strict").code == 1
