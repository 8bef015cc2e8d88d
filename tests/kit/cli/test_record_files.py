"""The files of results and dead letters: names, locks, and what a full disk leaves."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from destination_kit.cli.errors import UsageError
from destination_kit.cli.record_files import (
    RecordPaths,
    check_distinct,
    check_unused,
    default_record_paths,
    existing_files,
    open_record_file,
)


def write(path, *records, **options):
    with open_record_file(str(path), **options) as file:
        file.keep_whole_lines()
        for record in records:
            file.write(record)


@pytest.mark.parametrize("torn", ["", '{"n": 2, "to', "x" * 200_000])
def test_an_incomplete_last_line_is_cut_off(tmp_path, torn):
    path = tmp_path / "dead.jsonl"
    path.write_text('{"n": 1}\n' + torn, encoding="utf-8")
    write(path, {"n": 3}, may_exist=True)
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [1, 3]


def test_a_whole_last_record_gets_its_line_break(tmp_path):
    path = tmp_path / "dead.jsonl"
    path.write_text('{"n": 1}\n{"n": 2}', encoding="utf-8")
    write(path, {"n": 3}, may_exist=True)
    assert path.read_text() == '{"n": 1}\n{"n": 2}\n{"n": 3}\n'


def test_a_file_with_an_incomplete_line_only_starts_anew(tmp_path):
    path = tmp_path / "dead.jsonl"
    path.write_text('{"n": ', encoding="utf-8")
    write(path, {"n": 1}, may_exist=True)
    assert path.read_text() == '{"n": 1}\n'


@pytest.mark.parametrize(
    ("events", "stem"),
    [
        ("events.jsonl", "events"),
        ("events.jsonl.gz", "events"),
        ("events.json", "events"),
        ("2024.05.ndjson", "2024.05"),
        ("events.2024", "events.2024"),
        ("events", "events"),
    ],
)
def test_records_stand_beside_the_events(tmp_path, events, stem):
    path = tmp_path / events
    path.touch()
    assert list(default_record_paths([str(path)])) == [
        str(tmp_path / f"{stem}.results.jsonl"),
        str(tmp_path / f"{stem}.dead-letters.jsonl"),
    ]


def test_pipes_and_several_files_have_no_default_names(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "e").touch()
    for events in (["-"], [str(tmp_path / "pipe")], [str(tmp_path / "e")] * 2):
        assert default_record_paths(events) is None


def link(path, other):
    other.symlink_to(path)
    return other


@pytest.mark.parametrize(
    "spell",
    [
        lambda path: path,
        lambda path: path.parent / "x" / ".." / path.name,
        lambda path: (path.parent / "hard").hardlink_to(path) or path.parent / "hard",
    ],
)
def test_a_file_that_another_run_writes_is_refused_however_it_is_spelt(tmp_path, spell):
    path = tmp_path / "r.jsonl"
    (tmp_path / "x").mkdir()
    with open_record_file(str(path)) as file:
        file.write({"line": 1})
        expected = rf"is being written by another dkit deliver \(process {os.getpid()}\)"
        with (
            pytest.raises(UsageError, match=expected),
            open_record_file(str(spell(path)), may_exist=True),
        ):
            pass
    write(path, {"line": 2}, may_exist=True)
    assert path.read_text().count("\n") == 2


HOLD = """
import sys
from destination_kit.cli.record_files import open_record_file
with open_record_file(sys.argv[1]) as file:
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_lock_of_a_killed_process_is_gone(tmp_path):
    path = tmp_path / "r.jsonl"
    command = [sys.executable, "-c", HOLD, path]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    with (
        pytest.raises(UsageError, match=f"process {holder.pid}"),
        open_record_file(str(path), may_exist=True),
    ):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    write(path, {"line": 1}, may_exist=True)
    assert path.read_text() == '{"line": 1}\n'


def test_a_full_disk_leaves_whole_records_only(tmp_path):
    path = tmp_path / "r.jsonl"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open_record_file(str(path)) as file:
        file.write({"line": 1})
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large") as raised:
                file.write({"line": 2, "messageId": "m" * 40})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert raised.value.filename == str(path)
        assert path.read_text() == '{"line": 1}\n'
        file.write({"line": 3})
    assert path.read_text() == '{"line": 1}\n{"line": 3}\n'


def test_a_new_file_stays_only_where_it_holds_something_or_is_wanted(tmp_path):
    path = tmp_path / "r.jsonl"
    with pytest.raises(KeyError), open_record_file(str(path)):
        raise KeyError
    assert not path.exists()
    with open_record_file(str(path), is_optional=True):
        assert path.exists()
    assert not path.exists()
    with open_record_file(str(path)):
        pass
    assert path.exists()


def test_a_device_is_written_without_a_lock_and_keeps_its_mode():
    mode = Path("/dev/null").stat().st_mode
    with open_record_file("/dev/null", mode=0o600), open_record_file("/dev/null") as file:
        file.write({"line": 1})
        assert not file.is_regular
    assert Path("/dev/null").stat().st_mode == mode


def test_a_link_is_not_followed(tmp_path):
    elsewhere = tmp_path / "precious"
    elsewhere.write_text("mine")
    path = str(link(elsewhere, tmp_path / "r.jsonl"))
    for options in ({"may_exist": True}, {"must_exist": True}):
        with (
            pytest.raises(UsageError, match="is a link: name the file itself"),
            open_record_file(path, **options),
        ):
            pass
    assert elsewhere.read_text() == "mine"


def test_text_of_other_scripts_and_lone_surrogates_is_kept(tmp_path):
    path = tmp_path / "r.jsonl"
    record = {"names": ["\u0439" * 10, "\ud800"]}
    with open_record_file(str(path)) as file:
        file.write({"names": "\u0439" * 10})
        file.write(record)
    first, second = path.read_bytes().splitlines()
    assert len(first) < 40
    assert json.loads(second) == record


def test_a_device_or_pipe_holds_no_results_of_an_earlier_run(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/null", str(tmp_path / "pipe")):
        with (
            pytest.raises(UsageError, match="is a device or a pipe"),
            open_record_file(path, must_exist=True),
        ):
            pass


def test_a_pipe_is_not_opened_to_see_whether_it_is_used(tmp_path):
    """Its writer would take the check for a reader, and lose what it writes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=lambda: pipe.open("wb").close())
    writer.start()
    writer.join(0.1)  # until it waits for a reader
    check_unused(str(pipe))
    writer.join(0.3)
    assert writer.is_alive()
    pipe.open("rb").close()
    writer.join()


def test_a_pipe_whose_reader_has_left_is_an_error(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with open_record_file(str(tmp_path / "pipe")) as file:
        os.close(reader)
        with pytest.raises(BrokenPipeError):
            file.write({"line": 1})


def test_a_file_that_was_removed_takes_no_record(tmp_path):
    path = tmp_path / "r.jsonl"
    with open_record_file(str(path)) as file:
        file.write({"line": 1})
        path.unlink()
        with pytest.raises(FileNotFoundError, match="removed during the run"):
            file.write({"line": 2})


def test_a_link_to_itself_is_compared_by_its_name(tmp_path):
    path = tmp_path / "r.jsonl"
    path.symlink_to(path)
    check_distinct(RecordPaths(results=str(path), dead_letters="d.jsonl"), ["e.jsonl"])


def test_a_folder_is_no_record_file_of_an_earlier_run(tmp_path):
    with pytest.raises(UsageError, match="is a folder: name a file that can be written"):
        existing_files(RecordPaths(results=str(tmp_path), dead_letters=str(tmp_path / "d.jsonl")))
