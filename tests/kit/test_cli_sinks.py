import json

import pytest

from destination_kit.cli.recorder import open_sink


def write(path, *records, **options):
    with open_sink(str(path), remedy="", **options) as add:
        for record in records:
            add(record)


@pytest.mark.parametrize("torn", ["", '{"n": 2, "to', "x" * 200_000])
def test_going_on_cuts_what_a_killed_run_left_torn(tmp_path, torn):
    path = tmp_path / "dead.jsonl"
    path.write_text('{"n": 1}\n' + torn, encoding="utf-8")
    write(path, {"n": 3}, keep=-1)
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [1, 3]


def test_a_file_that_is_torn_from_its_start_is_begun_anew(tmp_path):
    path = tmp_path / "dead.jsonl"
    path.write_text('{"n": ', encoding="utf-8")
    write(path, {"n": 1}, keep=-1)
    assert path.read_text() == '{"n": 1}\n'
