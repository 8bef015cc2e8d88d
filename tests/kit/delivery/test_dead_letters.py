import json

import pytest

from destination_kit.delivery.dead_letters import create_dead_letter
from destination_kit.delivery.lines import Line
from destination_kit.delivery.outcomes import Outcome
from destination_kit.results import EventResult, Failed, SubscriptionResult
from tests.kit.dkit import dkit, records, track, write


def test_a_dead_letter_goes_only_to_the_subscriptions_that_failed(files):
    event = {**track("hi")[0], "properties": {"loud": "never"}}
    write(files.e, event)
    dkit("deliver", files.i, files.e, "--dead-letters", files.d)
    [letter] = records(files.d)
    letter["event"]["properties"]["loud"] = "well"
    ran = dkit("deliver", files.i, write(files.e, letter), "--results", files.r)
    assert ran.code == 0
    [record] = records(files.r)
    assert record["messageId"] == "m-hi"
    assert [each["subscription"] for each in record["results"]] == ["Loud"]


def test_an_invalid_line_is_read_again_from_its_dead_letter(files):
    write(files.e, b'{"type": \xff}', b"[1]")
    dkit("deliver", files.i, files.e, "--dead-letters", files.d)
    again = files.d.with_name("again")
    ran = dkit("deliver", files.i, files.d, "--dead-letters", again, "--json")
    assert ran.json["broken"] == 2
    texts = [[each["text"] for each in records(path)] for path in (files.d, again)]
    assert texts[0] == texts[1]


def test_a_corrected_text_of_a_dead_letter_is_sent(files):
    letter = {"line": 7, "text": json.dumps(track("hi")[0]), "failures": [{}]}
    ran = dkit("deliver", files.i, write(files.e, letter), "--json")
    assert ran.json["subscriptions"][0]["delivered"] == 1


@pytest.mark.parametrize(
    "event",
    [
        {"type": "page", "event": {}, "failures": [{"subscription": "Talk"}]},
        {"event": {}, "failures": []},
        {"event": "x", "failures": [{"subscription": "Talk"}]},
    ],
)
def test_an_object_that_is_no_dead_letter_is_an_event(files, event):
    assert dkit("deliver", files.i, write(files.e, event), "--json").json["skipped"] == 1


def test_a_dead_letter_with_a_text_that_is_not_utf_8_is_an_invalid_line(files):
    write(files.e, {"line": 1, "text": "\ud800", "failures": []})
    assert dkit("deliver", files.i, files.e, "--json").json["broken"] == 1


@pytest.mark.parametrize("failures", [[], [{"code": "GONE"}], [7]])
def test_a_dead_letter_without_names_is_not_skipped(files, failures):
    letter = {"line": 1, "event": track("hi")[0], "failures": failures}
    ran = dkit("deliver", files.i, write(files.e, letter), "--json")
    assert (ran.code, ran.json["broken"], ran.json["skipped"]) == (1, 1, 0)
    assert "name no `subscription`" in ran.out


def test_a_letter_of_a_letter_keeps_the_first_text(files):
    text = '{"type": "track", "event": "never", "a": 1e999}'
    write(files.e, text.encode())
    dkit("deliver", files.i, files.e, "--dead-letters", files.d)
    again = files.d.with_name("again")
    dkit("deliver", files.i, files.d, "--dead-letters", again)
    assert [letter["text"] for letter in records(files.d) + records(again)] == [text, text]


FAILED = SubscriptionResult("Talk", "say", Failed("NO_SUCH_THING", "no"))


@pytest.mark.parametrize("number", [b"1e999", b"-1e999"])
def test_the_text_is_kept_of_an_event_with_a_number_that_json_cannot_hold(number):
    content = b'{"type": "track", "n": ' + number + b"}"
    outcome = Outcome(Line(3, content), EventResult((FAILED,)), json.loads(content))
    letter = create_dead_letter(outcome)
    assert (letter["line"], letter["text"]) == (3, content.decode())
    assert letter["failures"][0]["code"] == "NO_SUCH_THING"
    assert "event" not in letter


def test_a_dead_letter_holds_the_event_and_how_often_it_was_sent():
    outcome = Outcome(Line(3, b"{}"), EventResult((FAILED,)), {"type": "track"})
    letter = create_dead_letter(outcome)
    assert (letter["event"], letter["tries"]) == ({"type": "track"}, 1)
    assert "text" not in letter
