import gc
import json

from destination_kit.delivery import load_results_index
from destination_kit.delivery.resume import FinalLine
from tests.kit.dkit import dkit, records, track, write


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


def test_lines_below_the_low_water_mark_are_read_again_and_not_kept(tmp_path):
    path, number = tmp_path / "r.jsonl", 50_000
    order = [line for start in range(1, number, 10) for line in reversed(range(start, start + 10))]
    with path.open("w", encoding="utf-8") as file:
        for count, line in enumerate(order, 1):
            record = {"line": line, "lowWater": count - count % 10, "messageId": f"m-{line}"}
            if line % 3 == 0:
                del record["messageId"]
            file.write(json.dumps(record) + "\n")
        file.write('{"line": 50002, "lowWater": 50000, "messageId": "m-50002"}\n')
    index, length = load_results_index(path)
    assert (len(index), length) == (number + 1, path.stat().st_size)
    for line in range(1, number + 1):
        final_line = index.take_final(line)
        assert final_line.has_other_event("m-other") is (line % 3 != 0)
        assert not final_line.has_other_event(f"m-{line}")
        assert not final_line.has_other_event(None)
    assert index.take_final(50_001) is None
    assert index.take_final(50_002).has_other_event("m-other")
    kept = gc.get_referents(*gc.get_referents(index))
    assert sum(isinstance(value, FinalLine) for value in kept) < 20_000


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


def test_a_line_that_failed_and_was_sent_again_is_read_from_the_index(tmp_path):
    path = tmp_path / "r.jsonl"
    talk = {"subscription": "Talk", "action": "say"}
    failed = {**talk, "status": "failed", "code": "BUSY", "message": "busy", "retryable": True}
    done = {**talk, "status": "delivered"}
    lines = [
        {"line": 1, "lowWater": 1, "messageId": "a", "status": "failed", "results": [failed]},
        {"line": 2, "lowWater": 2, "messageId": "b", "status": "failed", "results": [failed]},
        *(
            {"line": number, "lowWater": number, "status": "delivered", "results": [done]}
            for number in range(3, 1000)
        ),
        {"line": 1, "lowWater": 999, "messageId": "a", "status": "delivered", "results": [done]},
    ]
    write(path, *lines)
    index, _ = load_results_index(path)
    assert index.take_final(1) == FinalLine(hash("a"))
    assert index.take_final(2) is None
    assert index.take_partial(2).open_subscriptions == {"Talk"}
    assert index.take_final(999) == FinalLine()


def test_a_number_as_message_id_is_compared_as_its_text(files):
    first, second = track("a", "b")
    write(files.e, {**first, "messageId": 17}, second)
    dkit("deliver", files.i, files.e, "--results", files.r)
    assert records(files.r)[0]["messageId"] == "17"
    write(files.e, {**first, "messageId": 17.0}, second)
    assert dkit("deliver", files.i, files.e, "--resume", files.r).code == 0
    write(files.e, {**first, "messageId": 18}, second)
    ran = dkit("deliver", files.i, files.e, "--resume", files.r)
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        f"dkit: line 1 is 18, but {files.r} has 17 there: not the same events",
    )
