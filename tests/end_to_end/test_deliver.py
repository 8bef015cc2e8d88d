import json
import signal
import time
from pathlib import Path

import pytest

from tests.end_to_end.conftest import SAMPLES, dkit, lines_of, python, simulated, start

STATUS = Path("/proc/self/status")
EVENTS = SAMPLES / "events.jsonl"


def wait_until(condition, seconds=20.0):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.01)


def has_lines(path, count=1):
    return lambda: path.exists() and path.read_bytes().count(b"\n") >= count


def test_what_the_results_say_is_what_qualtrics_holds(qualtrics, instance, tmp_path):
    options = ("--results", tmp_path / "r", "--dead-letters", tmp_path / "d", "--concurrency", 1)
    ran = dkit("deliver", instance, EVENTS, *options, *qualtrics.connect, "--json")
    assert (ran.returncode, ran.stderr) == (1, "")
    assert lines_of(tmp_path / "r") == list(range(1, 41))
    assert len(lines_of(tmp_path / "d")) == 2
    text = (tmp_path / "r").read_text(encoding="utf-8")
    counts = qualtrics.counts
    assert len({*_values(text, "transactionId")}) == counts["transactions"] > 0
    assert len({*_values(text, "contactId")}) == counts["contacts"] > 0
    assert len({*_values(text, "requestId")}) == counts["workflowRuns"] > 0
    assert json.loads(ran.stdout)["events"] == 40


def _values(text, key):
    for line in text.splitlines():
        for result in json.loads(line)["results"]:
            if key in (result.get("response") or {}):
                yield result["response"][key]


def test_events_come_from_a_pipe_too(qualtrics, instance, people, tmp_path):
    records = ("--results", tmp_path / "r", "--dead-letters", tmp_path / "d")
    events = people(20).read_text()
    ran = dkit("deliver", instance, "-", *qualtrics.connect, *records, input=events)
    assert ran.returncode == 0, ran.stderr
    assert qualtrics.counts["contacts"] == 20


def test_an_instance_comes_from_a_pipe_too(qualtrics, instance, people):
    ran = dkit("deliver", "-", people(2), *qualtrics.connect, input=instance.read_text())
    assert ran.returncode == 0, ran.stderr


def test_a_bad_token_ends_the_run_at_once_and_a_good_one_goes_on(
    qualtrics, instance, people, tmp_path
):
    results, events = tmp_path / "r", people(500)
    ran = dkit(
        "deliver", instance, events, "--results", results, *qualtrics.connect, token="wrong-token"
    )
    assert ran.returncode == 1
    assert "The partner refused the credentials" in ran.stderr
    kept = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    assert {record["status"] for record in kept} == {"open"}
    assert qualtrics.counts["calls"] < 50
    ran = dkit("deliver", instance, events, "--resume", results, *qualtrics.unlimited)
    assert ran.returncode == 0, ran.stderr
    assert sorted(set(lines_of(results))) == list(range(1, 501))
    assert qualtrics.counts["contacts"] == 500


@pytest.mark.slow
@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_finishes_what_is_in_flight_and_can_go_on(
    which, instance, people, tmp_path
):
    results, events = tmp_path / "r", people(120)
    with simulated(latency=0.1) as qualtrics:
        arguments = (instance, events, *qualtrics.connect, "--concurrency", 12)
        run = start("deliver", *arguments, "--results", results)
        wait_until(has_lines(results))
        run.send_signal(which)
        out, err = run.communicate(timeout=20)
        done = lines_of(results)
        assert run.returncode == 1
        assert f"Stopped after line {done[-1]}; what was in flight has its result." in err
        assert done == list(range(1, len(done) + 1))
        assert len(done) < 120
        assert len(done) == qualtrics.counts["contacts"]
        assert f"{len(done)} events in " in out
        again = dkit("deliver", *arguments, "--resume", results)
        assert again.returncode == 0, again.stderr
        assert lines_of(results) == list(range(1, 121))
        assert qualtrics.counts["contacts"] == 120


def test_a_second_interrupt_ends_the_run_at_once(instance, people, tmp_path):
    with simulated(latency=8.0) as qualtrics:
        arguments = (instance, people(50), *qualtrics.connect, "--results", tmp_path / "r")
        run = start("deliver", *arguments)
        wait_until((tmp_path / "r").exists)
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        time.sleep(0.2)
        started = time.monotonic()
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=20)
    assert time.monotonic() - started < 4
    assert run.returncode == 1
    assert "Ended at once after line 16" in err


def test_a_silent_pipe_can_be_interrupted(qualtrics, instance, tmp_path):
    results = tmp_path / "r"
    records = ("--results", results, "--dead-letters", tmp_path / "d")
    run = start("deliver", instance, "-", *qualtrics.connect, *records)
    run.stdin.write('{"type": "page"}\n')
    run.stdin.flush()
    wait_until(has_lines(results))
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=10) == 1
    assert lines_of(results) == [1]
    run.communicate()


def test_a_killed_run_goes_on_where_its_results_end(instance, people, tmp_path):
    results, events = tmp_path / "r", people(200)
    with simulated(latency=0.05) as qualtrics:
        run = start("deliver", instance, events, *qualtrics.unlimited, "--results", results)
        wait_until(has_lines(results, 20))
        run.kill()
        run.communicate()
        with results.open("ab") as file:
            file.write(b'{"line": 1, "stat')
        ran = dkit("deliver", instance, events, *qualtrics.unlimited, "--resume", results)
        assert ran.returncode == 0, ran.stderr
        assert lines_of(results) == list(range(1, 201))
        assert qualtrics.counts["contacts"] == 200


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="asks Linux for the most memory that was used")
def test_a_long_file_takes_little_memory(instance, tmp_path):
    line = json.dumps({"type": "page", "properties": {"text": "x" * 1000}}) + "\n"
    least, most = (_memory(instance, tmp_path, line * count) for count in (100, 60_000))
    assert most - least < 10_000  # kilobytes; the longer file alone has 62,000


def _memory(instance, folder, text):
    (folder / "events.jsonl").write_text(text, encoding="utf-8")
    (folder / "events.results.jsonl").unlink(missing_ok=True)
    code = (
        "import re, sys; from destination_kit.cli import main; main(sys.argv[1:]);"
        f"print(re.search(r'VmHWM:\\s*(\\d+)', open('{STATUS}').read())[1], file=sys.stderr)"
    )
    ran = python(code, "deliver", instance, folder / "events.jsonl")
    assert ran.returncode == 0, ran.stderr
    return int(ran.stderr.splitlines()[-1])  # after the progress and the warning
