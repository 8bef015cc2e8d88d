import gc
import json

from destination_kit.delivery import load_results_index
from destination_kit.delivery.resume import FinalLine
from tests.kit.dkit import dkit, track, write


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
