import json

import pytest

from destination_kit.cli.recorder import WHOLE_LINES, open_record_file


def write(path, *records, **options):
    with open_record_file(str(path), remedy="", **options) as add:
        for record in records:
            add(record)


@pytest.mark.parametrize("torn", ["", '{"n": 2, "to', "x" * 200_000])
def test_an_incomplete_last_line_is_cut_off(tmp_path, torn):
    path = tmp_path / "dead.jsonl"
    path.write_text('{"n": 1}\n' + torn, encoding="utf-8")
    write(path, {"n": 3}, keep=WHOLE_LINES)
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [1, 3]


def test_a_file_with_an_incomplete_line_only_starts_anew(tmp_path):
    path = tmp_path / "dead.jsonl"
    path.write_text('{"n": ', encoding="utf-8")
    write(path, {"n": 1}, keep=WHOLE_LINES)
    assert path.read_text() == '{"n": 1}\n'
