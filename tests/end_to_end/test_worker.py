"""`dkit worker` and a router, as real processes: a kill of either side loses no event."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.contracts.hosts import GoRouter, NodeRouter, Partner, Router, wait_until
from tests.end_to_end.conftest import DKIT, environment_with

EVENTS, USERS, KILLS = 400, 20, 10


class PythonRouter(Router):
    name = "router-python"
    launcher = (sys.executable, str(Path(__file__).with_name("worker_router.py")))


KINDS = (
    PythonRouter,
    pytest.param(
        NodeRouter, marks=pytest.mark.skipif(not shutil.which("node"), reason="needs Node")
    ),
    pytest.param(
        GoRouter,
        marks=pytest.mark.skipif(
            not shutil.which("go"), reason="needs Go: apt-get install golang-go"
        ),
    ),
)


@pytest.fixture
def partner():
    partner = Partner()
    yield partner
    partner.close()


def track(number):
    return {
        "type": "track",
        "event": "Order",
        "userId": f"u-{number % USERS}",
        "properties": {"n": number},
    }


def received(partner):
    """Return the numbers of the events at the partner, in the order in which they came."""
    runs = partner.state()["workflowRuns"]
    return [run["payload"]["properties"]["n"] for run in runs]


def children(process):
    # Each thread has the children that it started, and a program in Go has many threads.
    texts = [path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/children")]
    return [int(pid) for pid in " ".join(texts).split()]


def kill(router, number):
    """Kill the worker or, the next time, the router, and start the latter again."""
    if number % 2:
        router.stop(signal.SIGKILL)
        router.run(*router.arguments)
    else:
        assert wait_until(lambda: children(router.process), 30), router.log.read_text()
        for pid in children(router.process):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.broker  # it starts six workers one after the other
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the worker in /proc")
@pytest.mark.parametrize("kind", KINDS)
def test_ten_kills_of_either_side_lose_no_event(kind, tmp_path, partner):
    partner.change(latency=0.05)
    router = kind(tmp_path, partner)
    router.deliver(*(json.dumps(track(number)).encode() for number in range(EVENTS)))
    try:
        for number in range(KILLS):
            # Each kill comes after progress, so that none meets a worker that has yet to start.
            goal = EVENTS * (number + 1) // (KILLS + 2)
            assert wait_until(lambda goal=goal: len({*received(partner)}) >= goal), (
                router.log.read_text()
            )
            kill(router, number)
        assert router.process.wait(60) == 0, router.log.read_text()
    finally:
        router.close()
    arrived = received(partner)
    assert {*range(EVENTS)} - {*arrived} == set()
    # An event is there twice only where it was in flight at a kill: one per user.
    repeated = [count - 1 for count in Counter(arrived).values() if count > 1]
    assert sum(repeated) <= KILLS * USERS
    for user in range(USERS):
        mine = [number for number in dict.fromkeys(arrived) if number % USERS == user]
        assert mine == sorted(mine)


def start(folder, partner, *options):
    router = PythonRouter(folder, partner)  # its folder has the instance file
    return subprocess.Popen(
        [*DKIT, "worker", *router.arguments[1:], *options],
        cwd=folder,
        env=router.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def request(number, **keys):
    event = track(number) | {"userId": f"v-{number}"}
    return json.dumps({"id": number, "event": event, **keys}).encode() + b"\n"


def test_sigterm_answers_what_is_in_flight_and_nothing_else(tmp_path, partner):
    partner.change(latency=0.5)
    worker = start(tmp_path, partner, "--concurrency=4")
    worker.stdin.write(b"".join(map(request, range(40))))
    worker.stdin.flush()
    assert wait_until(lambda: len(received(partner)) >= 4)
    worker.send_signal(signal.SIGTERM)
    output, errors = worker.communicate(timeout=30)  # standard input was open until now
    answered = [json.loads(line)["id"] for line in output.splitlines()]
    assert worker.returncode == 0
    assert b"dkit:" not in errors
    assert sorted(answered) == sorted(received(partner))
    assert 4 <= len(answered) <= 12


def test_a_router_that_reads_no_results_is_not_read_from(tmp_path, partner):
    worker = start(tmp_path, partner, "--window=5")
    os.set_blocking(worker.stdin.fileno(), False)
    line = json.dumps({"id": "x" * 30_000, "event": {"type": "page"}}).encode() + b"\n"
    rest, stuck_since, taken = b"", time.monotonic(), 0
    while time.monotonic() - stuck_since < 3:
        rest = rest or line
        try:
            count = worker.stdin.raw.write(rest) or 0
        except BlockingIOError:
            count = 0
        taken, rest = taken + count, rest[count:]
        if count:
            stuck_since = time.monotonic()
        else:
            time.sleep(0.02)
    # Two pipes, a chunk that was read ahead, and the window; without a bound it would take all.
    assert taken < 20 * len(line)
    os.set_blocking(worker.stdin.fileno(), True)
    output, _ = worker.communicate(rest, timeout=30)
    assert len(output.splitlines()) == -(-(taken + len(rest)) // len(line))


def test_a_router_that_has_gone_ends_the_worker(tmp_path, partner):
    worker = start(tmp_path, partner)
    worker.stdout.close()
    worker.stdout = None
    worker.stdin.write(request(1))
    worker.stdin.flush()
    _, errors = worker.communicate(timeout=30)
    assert worker.returncode == 1
    assert b"dkit:" not in errors


NOISY = """
import os
from destination_kit import Action, Destination, hookimpl

print("loaded")

async def say(context, payload):
    print("printed")
    os.write(1, b"written\\n")
    return {"said": True}

SAY = Action(
    title="Say", trigger='type = "track"', fields={"type": "object", "properties": {}}, perform=say
)
SETTINGS = {"type": "object", "properties": {}}

@hookimpl
def register_destinations():
    return [Destination(slug="noisy", name="Noisy", settings=SETTINGS, actions={"say": SAY})]
"""


def test_what_a_plugin_prints_breaks_no_line(tmp_path):
    document = {"destination": "noisy", "settings": {}, "subscriptions": [{"action": "say"}]}
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = subprocess.run(
        [*DKIT, "worker", str(path)],
        env=environment_with(NOISY, tmp_path / "site"),
        input=request(1),
        capture_output=True,
        check=False,
        timeout=60,
    )
    [line] = done.stdout.splitlines()
    assert json.loads(line)["status"] == "delivered"
    for text in (b"loaded", b"printed", b"written"):
        assert text in done.stderr
