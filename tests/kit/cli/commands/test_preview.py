"""`dkit preview` shows payloads and requests, and sends nothing."""

import gzip
import json
from functools import partial

import pytest

from tests.kit.dkit import TOKEN, dkit, instance, track, write

# Without a time of its own, gzip is the same in every process that collects the tests.
compress = partial(gzip.compress, mtime=0)

SHOUT = {
    "name": "Loud",
    "action": "shout",
    "trigger": 'type = "track" and event = "Hi"',
    "mapping": {
        "word": {"@path": "$.event"},
        "room": TOKEN,
        "hook": "https://hooks.example/x?token=hidden-key",
    },
}


@pytest.fixture
def preview(tmp_path):
    def run(*events, options=(), subscriptions=(SHOUT,), tail=b""):
        document = write(tmp_path / "i.json", instance(*subscriptions))
        return dkit("preview", document, write(tmp_path / "e", *events, tail=tail), *options)

    return run


def test_preview_shows_a_summary_then_payload_and_request_without_secrets(preview):
    ran = preview(*track("Hi"))
    assert ran.code == 0
    lines = [line for line in ran.out.splitlines() if '"hook"' not in line]
    assert lines == [
        "1 event: 1 match, 0 would fail",
        "subscription  matches  would fail",
        "------------  -------  ----------",
        "Loud                1           0",
        "",
        'Event 1: track "Hi"',
        "  Loud (shout)",
        "    payload {",
        '      "word": "Hi",',
        '      "room": "[secret]",',
        "    }",
        "    POST https://api.partner.example/shout?…",
        "    content-type: application/json",
        "    authorization: [secret]",
        "    {",
        '      "room": "[secret]"',
        "    }",
    ]
    assert "hidden-key" not in ran.out


def test_preview_names_the_clause_that_does_not_match(preview):
    ran = preview(*track("Bye"))
    assert '\n  Loud (shout): does not match event = "Hi"\n' in ran.out
    assert ran.code == 0


def test_preview_says_why_an_event_would_fail(preview):
    ran = preview(
        *track("Hi"), subscriptions=[{**SHOUT, "mapping": {"room": "x", "word": {"@path": "$.no"}}}]
    )
    assert ran.code == 1
    assert "    fails: /word: " in ran.out


def test_preview_of_an_action_that_sends_no_request(preview):
    ran = preview(*track("Hi"), subscriptions=())
    assert ran.out.endswith("    no request\n")


def test_a_broken_line_fails_and_the_others_are_shown(preview):
    ran = preview(*track("Bye"), b"oops", *track("Bye"))
    assert ran.code == 1
    assert "Event 2 fails: not JSON: Expecting value at column 1" in ran.out
    assert "Event 3: " in ran.out


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 0),
        (b'{"batch": [{"type": "page"}, {"type": "page"}]}', 2),
        (compress(b'{"type": "page"}\n' * 2), 2),
        (b'{\n  "type": "page"\n}\n', 1),
        (b'{"type": "page"}', 1),
        (b'[{"type": "page"},\n {"type": "page"}]', 2),
        (b"[]", 0),
    ],
)
def test_events_come_as_lines_as_an_array_or_alone(preview, content, count):
    ran = preview(tail=content)
    assert ran.out.count("Event ") == count
    assert count or ran.out == "There is no event.\n"


def test_preview_in_json_has_everything(preview):
    [hi, bye, broken] = preview(*track("Hi", "Bye"), b"5", options=["--json"]).json
    assert hi["subscriptions"][0]["request"]["headers"]["authorization"] == "[secret]"
    assert hi["subscriptions"][0]["payload"]["room"] == "[secret]"
    assert bye["subscriptions"][0]["unmet"] == 'event = "Hi"'
    assert broken["failed"]["code"] == "INVALID_EVENT"


def test_preview_in_json_says_why_an_event_would_fail(preview):
    subscription = {**SHOUT, "mapping": {"room": "x", "word": {"@path": "$.no"}}}
    [found] = preview(*track("Hi"), options=["--json"], subscriptions=[subscription]).json
    assert found["subscriptions"][0]["failed"]["problems"][0]["path"] == "/word"


def test_a_dead_letter_is_previewed_for_the_subscriptions_that_failed(preview):
    other = {**SHOUT, "name": "Other"}
    letter = {"line": 3, "event": track("Hi")[0], "failures": [{"subscription": "Other"}]}
    [found] = preview(letter, subscriptions=[SHOUT, other], options=["--json"]).json
    assert [each["subscription"] for each in found["subscriptions"]] == ["Other"]


NAMED = [{**SHOUT, "name": f"Loud {number}"} for number in range(6)]


def test_subscriptions_that_do_not_match_are_shown_where_none_does_or_with_all(preview):
    page = {"type": "page"}
    ran = preview(
        *track("Hi"),
        page,
        subscriptions=[SHOUT, {**SHOUT, "name": "Quiet", "trigger": 'type = "page"'}],
    )
    assert ran.out.count("does not match") == 0
    ran = preview(page, subscriptions=NAMED)
    assert ran.out.count("does not match") == 3
    assert "  and 3 more subscriptions that do not match" in ran.out
    ran = preview(
        page,
        *track("Hi"),
        subscriptions=[*NAMED, {**SHOUT, "name": "P", "trigger": 'type = "page"'}],
        options=["--all"],
    )
    assert ran.out.count("does not match") == 7


def test_a_limit_shows_the_events_that_match_first_and_names_the_rest(preview):
    ran = preview(*[{"type": "page"}] * 3, *track("Hi", "Hi"), options=["--limit", "2"])
    assert [line for line in ran.out.splitlines() if line.startswith("Event")] == [
        'Event 4: track "Hi"',
        'Event 5: track "Hi"',
    ]
    assert ran.out.startswith("5 events: 2 match, 0 would fail\n")
    assert ran.err == "2 of 5 events are shown; --limit N shows N, --all every one\n"


def test_ten_events_of_many_are_shown_and_all_with_all(preview):
    events = track("Hi") * 400
    ran = preview(*events)
    assert ran.out.startswith("The first 250 events: 250 match")
    assert ran.out.count("\nEvent ") == 10
    assert "10 of the first 250 events are shown" in ran.err
    ran = preview(*events, options=["--all"])
    assert ran.out.count("Event ") == 400
    assert "\n400 events: 400 match" in ran.out
    assert len(preview(*events, options=["--all", "--json"]).json) == 400
    assert len(preview(*events, options=["--json"]).json) == 10


@pytest.mark.parametrize("limit", ["0", "x", "-1"])
def test_a_limit_is_a_number_above_0(preview, limit):
    ran = preview(options=[f"--limit={limit}"])
    assert (ran.code, "should be a number above 0" in ran.err) == (2, True)


def test_an_event_of_an_unknown_type_is_named_once_with_the_likely_one(preview):
    events = [{"type": "Track", "event": "Hi"}] * 3
    ran = preview(*track("Hi"), *events)
    assert ran.code == 0
    warning = (
        'warning: 3 events have the unknown type "Track" (first: line 2); did you mean "track"?\n'
    )
    assert ran.err == warning
    assert preview(*track("Hi"), *events, options=["--strict"]).code == 1


def test_a_run_without_a_match_warns_and_is_a_failure_with_strict(preview):
    ran = preview(*track("Bye"))
    assert ran.code == 0
    assert 'The only event matched no enabled subscription: Loud needs event = "Hi"' in ran.err
    assert preview(*track("Bye"), options=["--strict"]).code == 1
    assert preview(*track("Hi"), options=["--strict"]).code == 0


def test_an_event_that_integrations_refuse_says_so(preview):
    event = {**track("Hi")[0], "integrations": {"Partner": False}}
    ran = preview(event)
    assert "  is not sent: integrations says no to Partner\n" in ran.out
    [found] = preview(event, options=["--json"]).json
    assert (found["refused"], found["subscriptions"]) == ("integrations says no to Partner", [])


def test_a_file_that_is_cut_off_is_named_and_its_events_are_shown(preview):
    ran = preview(tail=compress(json.dumps(track("Hi")[0]).encode() + b"\n")[:-4])
    assert ran.code == 1
    assert 'Event 1: track "Hi"' in ran.out
    assert "ends in the middle of its gzip data" in ran.err


def test_a_file_in_another_encoding_is_misuse_with_the_next_step(preview):
    ran = preview(tail='{"type": "page"}'.encode("utf-16"))
    assert (ran.code, ran.out) == (2, "")
    assert "is UTF-16, and JSON is UTF-8: convert it" in ran.err
