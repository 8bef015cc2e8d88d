"""`dkit preview` shows payloads and requests, and sends nothing."""

import pytest

from tests.kit.dkit import TOKEN, dkit, instance, track, write

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


def test_preview_shows_payload_and_first_request_without_secrets(preview):
    ran = preview(*track("Hi"))
    assert ran.code == 0
    lines = [line for line in ran.out.splitlines() if '"hook"' not in line]
    assert lines == [
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
    assert ran.out.splitlines()[1] == '  Loud (shout): does not match event = "Hi"'
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
