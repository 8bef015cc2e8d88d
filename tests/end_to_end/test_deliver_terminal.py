"""`dkit deliver` on a real pseudo-terminal, and what becomes of a run when its output goes away."""

import fcntl
import json
import os
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager

import pytest

from destination_kit.cli.rendering import display_width
from tests.end_to_end.conftest import DKIT, dkit, environment, lines_of, simulated, start
from tests.end_to_end.test_deliver import has_lines, wait_until

pytestmark = pytest.mark.slow

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
#: Makes the terminal the controlling one, so that its end is a hang-up, and runs dkit.
ATTACHED = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@contextmanager
def on_terminal(*arguments, width=80, stderr=None, **variables):
    """Run dkit on a pseudo-terminal of this width; yield the process and the other end."""
    other_end, terminal = os.openpty()
    styles = {"COLUMNS", "NO_COLOR", "FORCE_COLOR"}
    unstyled = {name: value for name, value in environment().items() if name not in styles}
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", ATTACHED, *DKIT, *map(str, arguments)],
        stdin=terminal,
        stdout=terminal,
        stderr=stderr or terminal,
        env={**unstyled, "TERM": "xterm", **variables},
        start_new_session=True,
    )
    os.close(terminal)
    try:
        yield process, other_end
    finally:
        process.kill()
        process.wait()


def read_all(process, other_end):
    """Return what a process writes to its terminal, until it ends."""
    text = b""
    while True:
        if select.select([other_end], [], [], 20)[0]:
            try:
                text += os.read(other_end, 65_536)
            except OSError:  # the process has ended
                process.wait(timeout=20)
                return text.decode()


def screen_lines(text):
    """Return every line that a terminal showed, those that were shown in place included."""
    return [line for line in ANSI.sub("", text).replace("\r", "\n").split("\n") if line]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(instance, people, width, tmp_path):
    document = json.loads(instance.read_text())
    document["subscriptions"][0]["name"] = (
        "顧客を同期する、 and a very long name that no terminal shows"
    )
    instance.write_text(json.dumps(document))
    with simulated(latency=0.1) as qualtrics:
        arguments = ("deliver", instance, people(120), *qualtrics.unlimited)
        with on_terminal(*arguments, width=width) as (process, other_end):
            text = read_all(process, other_end)
    assert process.returncode == 0
    lines = screen_lines(text)
    bars = [line for line in lines if " of " in line and "/s" in line]
    assert len(bars) > 1
    assert ("[" in bars[-1]) == (width > 40)
    assert "\r\x1b[K" in text
    # Paths and commands stay whole, so that they can be copied.
    assert not [line for line in lines if display_width(line) > width and str(tmp_path) not in line]


def test_a_throttled_run_shows_its_pace(instance, people, tmp_path):
    with simulated() as qualtrics:
        arguments = ("deliver", instance, people(10), *qualtrics.connect, "--limit", "contacts=60")
        with on_terminal(*arguments, width=120) as (process, other_end):
            text = read_all(process, other_end)
    assert "paced: contacts 58/min" in text
    assert "left" in text
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("variables", "is_colored", "has_bar"),
    [
        ({}, True, True),
        ({"NO_COLOR": "1"}, False, True),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_colors_follow_the_environment(instance, people, variables, is_colored, has_bar):
    with simulated(latency=0.1) as qualtrics:
        arguments = ("deliver", instance, people(60), *qualtrics.connect)
        with on_terminal(*arguments, **variables) as (process, other_end):
            text = read_all(process, other_end)
    assert ("\x1b[3" in text) is is_colored
    assert ("\x1b[K" in text) is has_bar


def test_a_closed_terminal_ends_a_run_as_sigterm_does(transactions, purchases, tmp_path):
    results, events = tmp_path / "purchases.results.jsonl", purchases(400, 8)
    with simulated(latency=0.1) as qualtrics, (tmp_path / "err").open("wb") as err:
        arguments = ("deliver", transactions, events, *qualtrics.unlimited, "--no-batch")
        arguments += ("--limit", "transactions=1000000")
        with on_terminal(*arguments, stderr=err) as (process, other_end):
            wait_until(has_lines(results, 20))
            os.close(other_end)
            process.send_signal(signal.SIGHUP)  # the shell sends a second one
            assert process.wait(timeout=20) == 1
        done = lines_of(results)
        assert len(done) < 400
        assert qualtrics.counts["transactions"] == len(done)
        [resume] = re.findall(
            "^go on with: dkit (.*)$", (tmp_path / "err").read_text(), re.MULTILINE
        )
        ran = dkit(*shlex.split(resume))
        assert ran.returncode == 0, ran.stderr
        assert lines_of(results) == list(range(1, 401))
        assert qualtrics.counts["transactions"] == 400


def test_a_closed_terminal_that_had_every_stream_costs_no_event(transactions, purchases, tmp_path):
    results, events = tmp_path / "purchases.results.jsonl", purchases(300, 8)
    with simulated(latency=0.1) as qualtrics:
        arguments = ("deliver", transactions, events, *qualtrics.unlimited, "--no-batch", "-v")
        arguments += ("--limit", "transactions=1000000")
        with on_terminal(*arguments) as (process, other_end):
            wait_until(has_lines(results, 20))
            os.close(other_end)
            assert process.wait(timeout=20) == 1
        assert qualtrics.counts["transactions"] == len(lines_of(results)) < 300
        ran = dkit(*arguments, "--resume", results)
        assert ran.returncode == 0, ran.stderr
        assert qualtrics.counts["transactions"] == 300


def test_nohup_outlives_the_terminal(instance, people, tmp_path):
    results = tmp_path / "people.results.jsonl"
    code = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    code += "os.execv(sys.argv[1], sys.argv[1:])"
    with simulated(latency=0.1) as qualtrics:
        command = [*DKIT, "deliver", instance, people(60), *qualtrics.connect]
        run = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, command)],
            env=environment(),
            stdout=subprocess.DEVNULL,
        )
        wait_until(has_lines(results))
        run.send_signal(signal.SIGHUP)
        assert run.wait(timeout=20) == 0
    assert lines_of(results) == list(range(1, 61))


def test_a_second_run_on_the_same_results_is_refused(instance, people, tmp_path):
    results, events = tmp_path / "people.results.jsonl", people(400)
    with simulated(latency=0.2) as qualtrics:
        arguments = ("deliver", instance, events, *qualtrics.unlimited)
        run = start(*arguments, "--concurrency", 2)
        wait_until(has_lines(results))
        (tmp_path / "link").hardlink_to(results)
        for options in ((), ("--resume", results), ("--resume", tmp_path / "link")):
            ran = dkit(*arguments, *options)
            assert ran.returncode == 2
            assert f"is being written by another dkit deliver (process {run.pid})" in ran.stderr
        letters = tmp_path / "people.dead-letters.jsonl"
        other = ("--results", tmp_path / "other", "--dead-letters", letters)
        assert "is being written by" in dkit(*arguments, *other).stderr
        assert "is being written by" in dkit("deliver", instance, letters).stderr
        assert not (tmp_path / "other").exists()
        run.kill()
        run.communicate()
        ran = dkit(*arguments, "--resume", results)
        assert ran.returncode == 0, ran.stderr
        assert qualtrics.counts["contacts"] == 400


def test_closed_outputs_cost_no_event_and_name_the_results(instance, people, tmp_path):
    results = tmp_path / "people.results.jsonl"
    with simulated() as qualtrics:
        words = [*DKIT, "deliver", instance, people(5), *qualtrics.connect]
        command = shlex.join(map(str, words))
        for output in (">&-", "> /dev/full", "| true", "2>&-", ">&- 2>&- <&-"):
            ran = subprocess.run(
                ["bash", "-c", f"set -o pipefail; {command} {output}"],
                env=environment(),
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert ran.returncode == (0 if output == "2>&-" else 1)
            assert lines_of(results) == [1, 2, 3, 4, 5]
            results.unlink()
            if "2>&-" not in output:
                assert f"the results are in {results}" in ran.stderr
            assert "fault" not in ran.stderr
        assert qualtrics.counts["contacts"] == 5


def test_a_progress_that_no_reader_takes_costs_no_event(instance, people, tmp_path):
    results = tmp_path / "people.results.jsonl"
    with simulated(latency=0.1) as qualtrics:
        command = [*DKIT, "deliver", instance, people(40), *qualtrics.connect, "-v"]
        reader, writer = os.pipe()
        os.close(reader)
        ran = subprocess.run(
            list(map(str, command)),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=writer,
            check=False,
            timeout=60,
        )
        os.close(writer)
    assert ran.returncode == 0
    assert b"40 events in " in ran.stdout
    assert lines_of(results) == list(range(1, 41))
