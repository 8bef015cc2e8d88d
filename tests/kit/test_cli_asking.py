"""`preview`, `auth` and `choices`: what asks questions and changes nothing."""

import pytest

from destination_kit import Destination
from tests.kit.dkit import PARTNER, TOKEN, dkit, instance, track, write

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


def test_preview_of_an_action_that_asks_nobody(preview):
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


def ask(tmp_path, command, *options, document=None, destinations=(PARTNER,)):
    path = write(tmp_path / "i.json", document or instance())
    return dkit(command, path, *options, destinations=destinations)


def test_good_credentials_show_the_account(tmp_path):
    ran = ask(tmp_path, "auth")
    assert (ran.code, ran.out) == (0, "Partner accepts the credentials of ann.\n")


def test_bad_credentials_are_a_failure(tmp_path):
    document = instance(settings={"token": "wrong"})
    ran = ask(tmp_path, "auth", document=document)
    assert (ran.code, ran.out) == (1, "unknown token\n")
    assert ask(tmp_path, "auth", "--json", document=document).json == {
        "ok": False,
        "account": None,
        "message": "unknown token",
        "warnings": [],
    }


def test_a_destination_that_cannot_test_credentials_warns(tmp_path):
    plain = Destination(slug="plain", name="Plain")
    ran = ask(tmp_path, "auth", document={"destination": "plain"}, destinations=(plain,))
    assert (ran.code, ran.out) == (0, "Plain accepts the credentials.\n")
    assert ran.err.startswith("warning: ")


def test_choices_show_a_page_and_how_to_get_the_next(tmp_path):
    ran = ask(tmp_path, "choices", "say", "room")
    assert ran.out.splitlines()[-1] == "r1     Room 1"
    assert ran.err == "there is more: --page '2'\n"
    last = ask(tmp_path, "choices", "say", "room", "--page", "2", "--json")
    assert last.json == {"choices": [{"value": "r1", "label": "Room 1"}], "nextPage": None}


@pytest.mark.parametrize(
    ("action", "field", "said"),
    [
        ("say", "rom", "'rom' of say has no choices; did you mean 'room'?; there is: room"),
        ("shout", "room", "'room' of shout has no choices; there is: none"),
        ("sy", "room", "Partner has no action 'sy'; did you mean 'say'?; there is: say, shout"),
    ],
)
def test_choices_of_what_has_none_name_what_there_is(tmp_path, action, field, said):
    ran = ask(tmp_path, "choices", action, field)
    assert (ran.code, ran.err) == (2, f"dkit: {said}\n")


def test_choices_that_the_partner_does_not_give_are_a_failure_without_secrets(tmp_path):
    document = instance({"action": "say", "mapping": {"word": "broken", "room": "x"}})
    ran = ask(tmp_path, "choices", "say", "room", document=document)
    assert (ran.code, ran.err) == (1, "dkit: no rooms for [secret]\n")
