import json
from dataclasses import replace

import pytest

from destination_kit.delivery import EventMismatchError, ResultsError, load_results_index
from destination_kit.delivery.lines import Line
from destination_kit.delivery.resume import KnownLine, PartialLine, event_key
from tests.kit.dkit import TALK, dkit, instance, records, track, write


def test_other_events_than_those_of_the_results_are_refused(files):
    write(files.e, *track("a", "b"))
    dkit("deliver", files.i, files.e, "--results", files.r)
    before = files.r.read_bytes()
    write(files.e, *track("new", "other", "c"))
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


def numbered(number, **fields):
    return Line(number, json.dumps({"n": number, **fields}).encode())


def recorded(line, **fields):
    return {"line": line.number, "hash": line.digest, "status": "delivered", **fields}


def test_each_record_counts_for_one_line_wherever_it_stands(tmp_path):
    path = tmp_path / "r.jsonl"
    lines = [numbered(number) for number in range(1, 20_001)]
    write(path, *map(recorded, lines))
    index, length = load_results_index(path)
    assert (len(index), length) == (20_000, path.stat().st_size)
    with index:
        for line in lines:
            assert index.take(replace(line, number=line.number + 7), None).number == line.number
            assert index.take(line, None) is None
        assert index.take(numbered(20_001), None) is None


def test_of_equal_lines_the_one_with_the_same_number_is_meant(tmp_path):
    same = [Line(number, b"{}") for number in (1, 2, 3)]
    failed = [{"subscription": "Talk", "status": "failed", "retryable": True}]
    records = [recorded(line) for line in same]
    records[1] |= {"status": "failed", "results": failed}
    with load_results_index(write(tmp_path / "r.jsonl", *records))[0] as index:
        found = [index.take(line, None).partial is not None for line in same]
    assert found == [False, True, False]


def test_a_record_of_a_line_that_has_moved_replaces_the_earlier_one(tmp_path):
    first, moved = numbered(1), replace(numbered(1), number=4)
    failed = [{"subscription": "Talk", "status": "failed", "retryable": True}]
    records = [recorded(first, status="failed", results=failed), recorded(moved, was=1)]
    with load_results_index(write(tmp_path / "r.jsonl", *records))[0] as index:
        assert len(index) == 1
        assert index.take(moved, None) == KnownLine(4)
        assert index.take(first, None) is None


def result_of(name, status="failed", **fields):
    return {"subscription": name, "status": status, **fields}


A, B = result_of("A", retryable=True), result_of("B", retryable=False)
C = result_of("C", "delivered")


@pytest.mark.parametrize(
    ("fields", "partial", "retried"),
    [
        ({"results": [C]}, None, None),
        ({"status": "skipped"}, None, None),
        ({"status": "failed"}, None, PartialLine(None, 1, 0)),
        ({"status": "failed", "results": [B, C]}, None, PartialLine(frozenset("B"), 1, 0)),
        (
            {"status": "failed", "results": [A, B, C], "tries": 3, "unknownTries": 2},
            PartialLine(frozenset("A"), 3, 2),
            PartialLine(frozenset("AB"), 3, 2),
        ),
        (
            {"status": "open", "open": ["A"], "results": [A, B], "tries": 1, "unknownTries": 1},
            PartialLine(frozenset("A"), 1, 1),
            PartialLine(frozenset("AB"), 1, 1),
        ),
        (
            {"status": "open", "results": [A, B], "tries": "many", "unknownTries": None},
            PartialLine(frozenset("AB"), 0, 0),
            PartialLine(frozenset("AB"), 0, 0),
        ),
        ({"status": "open"}, PartialLine(None, 1, 0), PartialLine(None, 1, 0)),
    ],
)
def test_a_resumed_run_sends_what_is_open_of_a_line(tmp_path, fields, partial, retried):
    line = numbered(1)
    path = write(tmp_path / "r.jsonl", recorded(line, **fields))
    failed = {result["subscription"] for result in fields.get("results", ())} - {"C"}
    with load_results_index(path)[0] as index:
        assert len(index) == (partial is None)
        assert index.take(line, None) == KnownLine(1, partial, frozenset(failed))
    with load_results_index(path, retry_failed=True)[0] as index:
        assert index.take(line, None).partial == retried


DONE, OPEN = {"results": [C]}, {"status": "open", "open": ["A"], "messageId": "m"}
DONE_A = {"results": [result_of("A", "delivered")], "messageId": "m"}


@pytest.mark.parametrize(
    ("records", "final"),
    [
        ([(1, DONE), (1, DONE)], 1),
        ([(1, DONE), (2, DONE)], 2),
        ([(1, OPEN), (1, DONE)], 1),
        ([(1, DONE), (1, OPEN)], 0),
        ([(1, OPEN), (1, OPEN)], 0),
        ([(1, OPEN), (2, DONE_A)], 2),
        ([(1, OPEN), (2, OPEN), (3, DONE_A)], 3),
        ([(1, DONE_A), (2, OPEN)], 1),
        ([(1, OPEN), (2, {**DONE_A, "messageId": "other"})], 1),
        ([(1, OPEN), (2, {**DONE, "messageId": "m"})], 1),
        ([(1, {**OPEN, "open": ["A", "B"]}), (2, DONE_A)], 1),
        ([(1, {"status": "open", "messageId": "m"}), (2, DONE_A)], 1),
    ],
)
def test_lines_with_a_final_result_are_counted_once(tmp_path, records, final):
    """An open line is final, too, once a later line has delivered its event where it was open."""
    rows = [recorded(numbered(number), **fields) for number, fields in records]
    with load_results_index(write(tmp_path / "r.jsonl", *rows))[0] as index:
        assert len(index) == final


@pytest.mark.parametrize("number", [1, 2**62 - 1])
def test_a_line_number_fits_into_an_integer_of_the_index(tmp_path, number):
    path = write(tmp_path / "r.jsonl", recorded(numbered(number)))
    with load_results_index(path)[0] as index:
        assert index.take(numbered(number), None) == KnownLine(number)


@pytest.mark.parametrize("number", [-1, 0, 2**62, 1.0, "1", True, None])
def test_a_record_without_a_line_number_is_no_result(tmp_path, number):
    first, second = numbered(1), {**recorded(numbered(2)), "line": number}
    path = write(tmp_path / "r.jsonl", recorded(first), second)
    with pytest.raises(ResultsError, match=r"r\.jsonl, line 2 is not a result of dkit deliver"):
        load_results_index(path)


def test_an_earlier_number_that_is_no_line_number_does_not_count(tmp_path):
    path = tmp_path / "r.jsonl"
    write(path, recorded(numbered(1)), {**recorded(numbered(1)), "was": 0})
    with load_results_index(path)[0] as index:
        assert len(index) == 1


def test_only_a_stream_without_a_known_line_can_be_another_one(tmp_path):
    lines = [numbered(number) for number in (1, 2)]
    rows = [recorded(line, messageId=f"m-{line.number}") for line in lines]
    with load_results_index(write(tmp_path / "r.jsonl", *rows))[0] as index:
        with pytest.raises(EventMismatchError) as caught:
            index.take(Line(2, b"{}"), "other")
        assert (caught.value.line_number, caught.value.expected) == (2, "m-2")
        assert str(caught.value) == "line 2 is other"
        assert index.take(Line(2, b"{}"), event_key("m-2", {"A"})) is None, "of the same event"
        assert index.take(Line(1, b"{}"), None) is None, "an event without an id is not compared"
        assert index.take(lines[0], "m-1") == KnownLine(1)
        assert index.take(Line(2, b"{}"), "other") is None


def test_lines_put_in_front_do_no_harm(talk_files):
    write(talk_files.e, *track("a", "unlisted", "c"))
    dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r)
    mapping = {"word": {"@path": "$.messageId"}, "room": "r1"}
    write(talk_files.i, instance({**TALK, "mapping": mapping}))
    write(talk_files.e, *track("x", "y", "a", "unlisted", "c"))
    ran = dkit("deliver", talk_files.i, talk_files.e, "--resume", talk_files.r, "--json")
    assert (ran.code, ran.json["events"], ran.json["delivered"]) == (0, 3, 3)
    assert [record.get("was") for record in records(talk_files.r)[3:]] == [None, None, 2]
    again = dkit("deliver", talk_files.i, talk_files.e, "--resume", talk_files.r, "--json")
    assert again.json["events"] == 0


def test_an_incomplete_last_line_is_not_final(talk_files):
    first, second = (json.dumps(event).encode() for event in track("a", "b"))
    talk_files.e.write_bytes(first + b"\n" + second[:20])
    ran = dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r)
    assert ran.code == 1
    assert f"--resume {talk_files.r}" in ran.err
    statuses = {record["line"]: record["status"] for record in records(talk_files.r)}
    assert statuses == {1: "delivered", 2: "open"}
    assert not talk_files.d.exists()
    talk_files.e.write_bytes(first + b"\n" + second + b"\n")
    ran = dkit("deliver", talk_files.i, talk_files.e, "--resume", talk_files.r, "--json")
    assert (ran.code, ran.json["delivered"]) == (0, 1)


def test_a_file_that_is_no_file_of_dead_letters_is_not_touched(talk_files):
    write(talk_files.e, *track("a"))
    dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r)
    talk_files.d.write_bytes(b'{"precious": 1}\nhalf a line')
    talk_files.d.chmod(0o644)
    arguments = (talk_files.i, talk_files.e, "--resume", talk_files.r)
    ran = dkit("deliver", *arguments, "--dead-letters", talk_files.d)
    assert (ran.code, "is no dead letter of dkit deliver" in ran.err) == (2, True)
    assert talk_files.d.read_bytes() == b'{"precious": 1}\nhalf a line'
    assert talk_files.d.stat().st_mode & 0o777 == 0o644


def test_a_resumed_run_sends_again_what_time_or_settings_mend(talk_files):
    words = ["hi", "later", "unlisted", "never", "lost"]
    write(talk_files.e, *track(*words), b"broken")
    dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r, "--retry-for", "0")
    assert {record.get("messageId"): record["status"] for record in records(talk_files.r)} == {
        None: "failed",
        "m-hi": "delivered",
        "m-later": "failed",
        "m-unlisted": "open",
        "m-never": "failed",
        "m-lost": "failed",
    }
    mended = [{**event, "event": "hi"} for event in track(*words)]
    write(talk_files.e, *mended, b"broken")
    ran = dkit("deliver", talk_files.i, talk_files.e, "--resume", talk_files.r, "--json")
    assert (ran.json["delivered"], ran.json["failed"]) == (3, 0)
    again = [record["messageId"] for record in records(talk_files.r)[6:]]
    assert sorted(again) == ["m-later", "m-lost", "m-unlisted"]
    assert (
        dkit("deliver", talk_files.i, talk_files.e, "--resume", talk_files.r, "--json").json[
            "events"
        ]
        == 0
    )


def test_retry_failed_sends_again_what_failed_for_whatever_reason(talk_files):
    write(talk_files.e, *track("hi", "never", "later"), b"broken")
    dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r, "--retry-for", "0")
    mended = [{**event, "event": "hi"} for event in track("hi", "never", "later")]
    write(talk_files.e, *mended, *track("mended"))
    ran = dkit(
        "deliver", talk_files.i, talk_files.e, "--resume", talk_files.r, "--retry-failed", "--json"
    )
    assert (ran.code, ran.json["delivered"]) == (0, 3)
    ran = dkit(
        "deliver", talk_files.i, talk_files.e, "--resume", talk_files.r, "--retry-failed", "--json"
    )
    assert (ran.code, ran.json["events"]) == (0, 0)


def test_retry_failed_without_results_is_refused(talk_files):
    write(talk_files.e, *track("hi"))
    ran = dkit("deliver", talk_files.i, talk_files.e, "--retry-failed")
    assert ran.code == 2
    assert "--retry-failed needs --resume RESULTS" in ran.err


def test_an_event_that_a_later_line_delivered_is_not_sent_again(talk_files):
    first, second = track("later", "hi")
    write(talk_files.e, first, {**second, "messageId": first["messageId"]})
    ran = dkit(
        "deliver",
        talk_files.i,
        talk_files.e,
        "--results",
        talk_files.r,
        "--retry-for",
        "0",
        "--json",
    )
    assert (ran.json["delivered"], ran.json["failed"]) == (1, 1)
    assert (
        dkit("deliver", talk_files.i, talk_files.e, "--resume", talk_files.r, "--json").json[
            "events"
        ]
        == 0
    )


def test_a_number_as_message_id_is_compared_as_its_text(files):
    first, second = track("a", "b")
    write(files.e, {**first, "messageId": 17}, second)
    dkit("deliver", files.i, files.e, "--results", files.r)
    assert records(files.r)[0]["messageId"] == "17"
    write(files.e, {**first, "messageId": 17.0}, second)
    assert dkit("deliver", files.i, files.e, "--resume", files.r).code == 0
    write(files.e, {**first, "messageId": 18}, {**second, "messageId": 19})
    ran = dkit("deliver", files.i, files.e, "--resume", files.r)
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        f"dkit: line 1 is 18, but {files.r} has 17 there: not the same events",
    )


def test_a_line_that_was_written_anew_and_moved_is_known_by_its_event(tmp_path):
    first = recorded(numbered(1), messageId="m-1", results=[])
    index, _ = load_results_index(write(tmp_path / "r.jsonl", first))
    with index:
        assert index.holds_event("m-1")
        assert index.take(Line(9, b"{}"), "m-1") == KnownLine(1)
        assert index.take(Line(1, b"{}"), "m-1") is None


def test_a_letter_is_not_known_by_another_letter_of_its_event(tmp_path):
    talk, loud = numbered(1), numbered(2)
    written = write(tmp_path / "r.jsonl", recorded(talk, messageId="m", only=["Talk"], results=[]))
    with load_results_index(written)[0] as index:
        assert index.take(replace(loud, number=1), event_key("m", {"Loud"})) is None
        assert index.take(Line(1, b"{}"), event_key("m", None)) is None
        assert index.take(Line(1, b"{}"), event_key("m", {"Talk"})) == KnownLine(1)


def test_the_place_of_another_event_is_a_mismatch_until_a_line_is_known(tmp_path):
    first = recorded(numbered(1), messageId="m-1")
    with load_results_index(write(tmp_path / "r.jsonl", first))[0] as index:
        with pytest.raises(EventMismatchError, match="line 1 is m-2"):
            index.check_event(Line(1, b"{}"), event_key("m-2", {"Talk"}))
        index.check_event(Line(2, b"{}"), "m-2")
        index.is_of_this_stream = True
        index.check_event(Line(1, b"{}"), "m-2")


def test_a_whole_last_record_counts_without_its_line_break(tmp_path):
    path = write(tmp_path / "r.jsonl", recorded(numbered(1)), b"")
    tail = json.dumps(recorded(numbered(2))).encode()
    for half, count in ((tail, 2), (tail[:-1], 1), (b"\0\0", 1)):
        whole = write(path, recorded(numbered(1)), b"").stat().st_size
        path.write_bytes(path.read_bytes() + half)
        index, length = load_results_index(path)
        with index:
            assert (len(index), length) == (count, whole + len(tail) * (count - 1))


@pytest.mark.parametrize(
    "change",
    [
        {"status": "done"},
        {"status": []},
        {"hash": "\ud800"},
        {"hash": "0" * 23},
        {"hash": 5},
        {"hash": None, "results": {}},
        {"line": True},
    ],
)
def test_a_record_of_something_else_is_no_result(tmp_path, change):
    path = write(tmp_path / "r.jsonl", recorded(numbered(1)) | change)
    with pytest.raises(ResultsError, match="line 1 is not a result of dkit deliver"):
        load_results_index(path)
    path.write_bytes(b"my notes")
    with pytest.raises(ResultsError, match="line 1 is not a result"):
        load_results_index(path)


def test_nothing_is_sent_where_a_later_line_shows_other_events(talk_files):
    write(talk_files.e, {"type": "track", "event": "x"}, *track("a"))
    dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r)
    before = talk_files.r.read_bytes()
    write(talk_files.e, {"type": "track", "event": "y"}, *track("b"))
    ran = dkit("deliver", talk_files.i, talk_files.e, "--resume", talk_files.r)
    assert (ran.code, talk_files.r.read_bytes()) == (2, before)
