"""The writer of the command line."""

import io
import json
import subprocess
import sys

import pytest

from destination_kit.cli.errors import OutputError
from destination_kit.cli.writer import ConsoleWriter, write_message
from tests.end_to_end.conftest import DKIT


class Full(io.StringIO):
    def write(self, _text):
        raise OSError(28, "No space left on device")


def test_an_event_cannot_move_the_cursor(capsys):
    ConsoleWriter().text("a\x1b[2Jb\rc\nd")
    assert (
        capsys.readouterr().out == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\nd\n"
    )


def test_json_escapes_what_steers_a_terminal_and_keeps_its_value(capsys):
    value = {"name": "a\x9b2Jb\x7f\x85\u202e\u2028 é 日 \x1b"}
    ConsoleWriter().json(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert not [character for character in "\x9b\x7f\x85\u202e\u2028\x1b" if character in out]
    assert "é 日" in out


def test_a_message_as_json_is_one_object_a_line(capsys):
    ConsoleWriter(log_format="json").error("a\nb\x9b")
    write_message("going on", log_format="json", level="info", details={"done": 3})
    error, info = map(json.loads, capsys.readouterr().err.splitlines())
    assert (error["level"], error["message"]) == ("error", "a\nb\x9b")
    assert (info["level"], info["message"], info["done"]) == ("info", "going on", 3)
    assert error["time"].endswith("Z")


def test_a_result_that_cannot_be_written_raises_and_a_message_is_lost(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Full())
    monkeypatch.setattr(sys, "stderr", Full())
    with pytest.raises(OutputError, match="No space left"):
        ConsoleWriter().text("a")
    ConsoleWriter().notice("a")


def test_messages_never_land_in_the_result(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    ConsoleWriter().notice("a warning")
    assert capsys.readouterr().out == ""


def test_an_error_is_red_where_a_person_asks_for_it(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    ConsoleWriter().error("no")
    assert capsys.readouterr().err == "\x1b[31mdkit: \x1b[0mno\n"


@pytest.mark.parametrize("arguments", ["list", "list --json", "--help", "--version"])
@pytest.mark.parametrize("output", [">&-", "> /dev/full"])
def test_an_output_that_takes_nothing_is_one_sentence(arguments, output):
    command = f'"{DKIT[0]}" {" ".join(DKIT[1:])} {arguments} {output}'
    ran = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    # argparse writes its help to standard error where there is no standard output.
    *other_lines, last_line = ran.stderr.splitlines()
    assert last_line.startswith("dkit: cannot write the result to standard output: ")
    assert bool(other_lines) == (arguments == "--help" and output == ">&-")


def test_a_closed_error_stream_keeps_its_messages_out_of_the_result(tmp_path):
    command = f'"{DKIT[0]}" {" ".join(DKIT[1:])} check {tmp_path}/none.json 2>&-'
    ran = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, check=False)
    assert (ran.returncode, ran.stdout) == (2, b"")
