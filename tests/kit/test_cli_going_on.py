"""`deliver` again: the line to go on with, other events, dead letters, and why events failed."""

import gc
import json
import shlex
from types import SimpleNamespace

import pytest

from destination_kit.cli.summary import MOST_KEPT, Reasons
from destination_kit.delivery.resume import Mark, load_done
from destination_kit.delivery.runner import Outcome
from destination_kit.delivery.source import Line
from destination_kit.results import EventResult, Failed, SubscriptionResult
from tests.kit.dkit import dkit, instance, records, track, write

LOUD = {
    "name": "Loud",
    "action": "say",
    "trigger": 'type = "track"',
    "mapping": {"word": {"@path": "$.properties.loud"}, "room": "r1"},
}
TALK = {**LOUD, "name": "Talk", "mapping": {"word": {"@path": "$.event"}, "room": "r1"}}


@pytest.fixture
def files(tmp_path):
    """Return the paths of an instance, of events, of results and of dead letters."""
    names = ("my i.json", "e.jsonl", "r.jsonl", "d.jsonl")
    found = SimpleNamespace(**dict(zip("ierd", (tmp_path / each for each in names), strict=True)))
    write(found.i, instance(TALK, LOUD))
    return found


def said(ran, start):
    [line] = [line for line in ran.err.splitlines() if start in line]
    return shlex.split(line.partition(start)[2])


def test_the_line_to_go_on_with_has_every_option(files):
    write(files.e, *track("refuse"))
    options = [
        *("--connect-to", "*.a.example=http://127.0.0.1:9", "--dead-letters", str(files.d)),
        *("--connect-to", "b.example=http://127.0.0.1:9", "--deadline", "2.5"),
        *("--concurrency", "3", "--destination", "partner", "--window", "5"),
        *("--retry-for", "60", "--limit", "search=5", "--no-batch", "--allow-duplicates"),
    ]
    ran = dkit("deliver", files.i, files.e, *options, "--results", files.r)
    start, end = said(ran, "go on with: "), ["--resume", str(files.r)]
    assert start[:4] == ["dkit", "deliver", str(files.i), str(files.e)]
    assert sorted(start[4:]) == sorted([*options, *end])
    assert said(ran, "test them with: ")[:3] == ["dkit", "auth", str(files.i)]
    assert said(ran, "test them with: ")[3:] == [
        *("--destination", "partner"),
        *("--connect-to", "*.a.example=http://127.0.0.1:9"),
        *("--connect-to", "b.example=http://127.0.0.1:9"),
    ]
    assert dkit(*start[1:]).code == 1


def test_the_line_to_go_on_with_leaves_out_what_is_usual(files):
    write(files.e, *track("refuse"))
    ran = dkit("deliver", files.i, files.e, "--results", files.r)
    given = ["dkit", "deliver", str(files.i), str(files.e), "--resume", str(files.r)]
    assert said(ran, "go on with: ") == given


def test_other_events_than_those_of_the_results_are_refused(files):
    write(files.e, *track("a", "b"))
    dkit("deliver", files.i, files.e, "--results", files.r)
    before = files.r.read_bytes()
    write(files.e, *track("new", "b", "c"))
    ran = dkit("deliver", files.i, files.e, "--resume", files.r)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1] == (
        f"dkit: line 1 is m-new, but {files.r} has m-a there: not the same events"
    )
    assert files.r.read_bytes() == before


def test_events_without_a_message_id_cannot_be_compared(files):
    write(files.e, *track("a"), {"type": "page"})
    dkit("deliver", files.i, files.e, "--results", files.r)
    write(files.e, {"type": "page"}, {"type": "page", "messageId": "x"})
    assert dkit("deliver", files.i, files.e, "--resume", files.r).code == 0


def test_what_is_done_below_the_low_water_is_read_again_and_not_kept(tmp_path):
    path, number = tmp_path / "r.jsonl", 50_000
    order = [line for start in range(1, number, 10) for line in reversed(range(start, start + 10))]
    with path.open("w", encoding="utf-8") as file:
        for place, line in enumerate(order, 1):
            record = {"line": line, "lowWater": place - place % 10, "messageId": f"m-{line}"}
            if line % 3 == 0:
                del record["messageId"]
            file.write(json.dumps(record) + "\n")
        file.write('{"line": 50002, "lowWater": 50000, "messageId": "m-50002"}\n')
    done, length = load_done(path)
    assert (len(done), length) == (number + 1, path.stat().st_size)
    for line in range(1, number + 1):
        mark = done.take(line)
        assert mark.differs("m-other") is (line % 3 != 0)
        assert not mark.differs(f"m-{line}")
        assert not mark.differs(None)
    assert done.take(50_001) is None
    assert done.take(50_002).differs("m-other")
    kept = gc.get_referents(*gc.get_referents(done))
    assert sum(isinstance(each, Mark) for each in kept) < 20_000


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


def test_a_line_that_was_broken_is_tried_again_as_it_was(files):
    write(files.e, b'{"type": \xff}', b"[1]")
    dkit("deliver", files.i, files.e, "--dead-letters", files.d)
    again = files.d.with_name("again")
    ran = dkit("deliver", files.i, files.d, "--dead-letters", again, "--json")
    assert ran.json["broken"] == 2
    texts = [[each["text"] for each in records(path)] for path in (files.d, again)]
    assert texts[0] == texts[1]


def test_a_broken_line_that_was_mended_is_sent(files):
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
def test_what_is_no_dead_letter_is_an_event(files, event):
    assert dkit("deliver", files.i, write(files.e, event), "--json").json["skipped"] == 1


def test_a_text_that_no_line_had_is_broken(files):
    write(files.e, {"line": 1, "text": "\ud800", "failures": []})
    assert dkit("deliver", files.i, files.e, "--json").json["broken"] == 1


def test_a_json_array_is_refused_in_one_sentence_and_leaves_no_files_behind(files):
    write(files.e, b"\xef\xbb\xbf [", b'{"type": "page"}]')
    ran = dkit("deliver", files.i, files.e, "--results", files.r)
    said = "dkit: deliver takes JSON lines; this file is a JSON array\n"
    assert (ran.code, ran.err) == (2, said)
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


def test_nothing_is_said_where_nothing_failed(files):
    write(files.i, instance(TALK))
    ran = dkit("deliver", files.i, write(files.e, *track("hi")), "--results", files.r)
    assert "Why" not in ran.out
    assert "details" not in ran.out


def failed(line, message, code="ODD"):
    result = SubscriptionResult("Talk", "say", Failed(code, message))
    return Outcome(Line(line, b""), EventResult((result,)))


def test_messages_that_differ_by_a_number_or_an_id_are_one_reason():
    reasons = Reasons()
    for line in (9, 4, 5):
        reasons.add(failed(line, f"no contact CID_{line}a7 within {line} s"))
    [found] = reasons.as_json()
    assert (found["count"], found["firstLine"]) == (3, 4)


def test_kinds_beyond_the_limit_are_counted_together_and_few_are_shown():
    reasons = Reasons()
    for line in range(MOST_KEPT + 5):
        reasons.add(failed(line + 1, "odd", f"CODE_{line}"))
    found = reasons.as_json()
    assert len(found) == MOST_KEPT + 1
    assert (found[0]["code"], found[0]["count"], found[0]["firstLine"]) == ("OTHER", 5, 51)
    shown = reasons.render().splitlines()
    assert shown[-1] == f"  and {MOST_KEPT + 5 - 5 - 9} more for other reasons"
    assert len(shown) == 12


def test_a_response_that_is_not_json_never_breaks_a_run(files):
    write(files.i, instance(TALK))
    ran = dkit("deliver", files.i, write(files.e, *track("set")), "--results", files.r)
    assert ran.code == 0
    assert records(files.r)[0]["results"][0]["response"] == "<set>"
