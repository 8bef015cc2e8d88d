"""`dkit serve` in a process of its own, between a real client and a simulated Qualtrics."""

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from importlib.resources import files
from urllib.request import urlopen

import httpx
import pytest

from destination_host.queue import Filter, Status
from destination_host.queue.sqlite import SqliteQueue
from destinations.qualtrics.simulator import background, load_config

SAMPLES = files("destinations.qualtrics") / "samples"
DKIT = (sys.executable, "-m", "destination_kit.cli")
TOKEN, KEY = "e2e-t0ken-9f3c", "k-website"
ENVIRONMENT = {
    **os.environ,
    "QUALTRICS_API_TOKEN": TOKEN,
    "WEBSITE_WRITE_KEY": KEY,
    "PYTHONUNBUFFERED": "1",
}


@pytest.fixture
def qualtrics():
    document = json.loads((SAMPLES / "simulator.json").read_text("utf-8"))
    document["tokens"] = {TOKEN: "UR_000000000000001"}
    with background(load_config(document)) as url:
        yield url


@pytest.fixture
def folder(tmp_path):
    """A folder with a configuration whose ports the system chooses."""
    (tmp_path / "instance.json").write_bytes((SAMPLES / "instance.json").read_bytes())
    assert dkit(tmp_path, "serve", "--starter", "--instance", "instance.json").returncode == 0
    change(tmp_path, lambda config: config["listen"]["ingress"].update(port=0))
    change(tmp_path, lambda config: config["listen"]["administration"].update(port=0))
    return tmp_path


def change(folder, edit):
    path = folder / "host.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    edit(config)
    path.write_text(json.dumps(config), encoding="utf-8")


def dkit(folder, *arguments, environment=ENVIRONMENT):
    return subprocess.run(
        [*DKIT, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


class Process:
    def __init__(self, popen):
        self.popen = popen
        self.log = ""
        self.url = self.wait_for(r'ingress: (http://[^\s"]+)')[1]

    def wait_for(self, pattern):
        """Read the log until it has a line that matches; return the match."""
        for line in self.popen.stderr:
            self.log += line
            if found := re.search(pattern, line):
                return found
        raise AssertionError(self.log)

    def post(self, *events):
        response = httpx.post(f"{self.url}/v1/batch", json={"batch": events}, auth=(KEY, ""))
        assert response.json() == {"success": True}

    def end(self, number):
        """Send a signal; return the exit code."""
        self.popen.send_signal(number)
        code = self.popen.wait(60)
        self.log += self.popen.stderr.read()
        return code


#: Makes standard input the terminal of the session, and becomes the command behind it.
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@contextmanager
def serving(folder, url, *options, terminal=None):
    # A session of its own has no terminal, as under systemd.
    before = () if terminal is None else (sys.executable, "-c", TAKE_TERMINAL)
    command = DKIT if terminal is None else DKIT[1:]
    popen = subprocess.Popen(
        [
            *before,
            *command,
            "serve",
            "host.json",
            "--connect-to",
            f"*.qualtrics.com={url}",
            *options,
        ],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=terminal,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Process(popen)
    finally:
        popen.kill()
        popen.wait()
        popen.stderr.close()


def person(number):
    return {
        "type": "identify",
        "messageId": f"m-{number}",
        "userId": f"u-{number}",
        "traits": {"email": f"p{number}@example.com"},
    }


def contacts(url):
    with urlopen(f"{url}/_sim/state") as answer:  # noqa: S310 - our own server
        return json.load(answer)["counts"]["contacts"]


def wait_until(check):
    """Wait until a check holds; the limit of the test is the limit of this."""
    while not check():
        time.sleep(0.05)


def kept(folder):
    async def read():
        async with await SqliteQueue.open(folder / "queue.db") as queue:
            return await queue.find(Filter(), limit=10_000)

    return asyncio.run(read())


def test_events_reach_the_partner_and_sigterm_stops_with_0(folder, qualtrics):
    with serving(folder, qualtrics) as host:
        host.post(*map(person, range(5)))
        wait_until(lambda: contacts(qualtrics) == 5)
        assert host.end(signal.SIGTERM) == 0
    assert "Traceback" not in host.log
    assert KEY not in host.log
    assert TOKEN not in host.log
    assert [row.status for row in kept(folder)] == [Status.DELIVERED] * 5


def test_as_json_every_line_of_the_log_is_an_object_with_a_line_for_each_delivery(
    folder, qualtrics
):
    with serving(folder, qualtrics, "--log-format", "json") as host:
        host.post(*map(person, range(3)))
        wait_until(lambda: contacts(qualtrics) == 3)
        assert host.end(signal.SIGTERM) == 0
    records = [json.loads(line) for line in host.log.splitlines()]
    assert all({"time", "level", "message"} <= record.keys() for record in records)
    found = {
        (record["messageId"], record["instance"], record["action"], record["outcome"])
        for record in records
        if record.get("logger") == "destination_host.deliveries"
    }
    assert found == {(f"m-{n}", "instance", "addContactToXmd", "delivered") for n in range(3)}
    assert TOKEN not in host.log
    assert KEY not in host.log
    assert "example.com" not in host.log


def test_an_event_that_killed_the_process_has_its_line_once(folder):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for number in range(3):
            with serving(folder, url, "--log-format", "json") as host:
                if not number:
                    host.post({**person(1), "messageId": f"m {TOKEN}"})
                connection, _ = silent.accept()
                assert host.end(signal.SIGKILL) == -signal.SIGKILL
                connection.close()
                assert "deliveries" not in host.log
        logs = []
        for _ in range(2):
            with serving(folder, url, "--log-format", "json") as host:
                assert host.end(signal.SIGTERM) == 0
                logs.append(host.log)
    assert "destination_host.deliveries" not in logs[1]
    [line] = [json.loads(line) for line in logs[0].splitlines() if "deliveries" in line]
    shown = ("instance", "outcome", "code", "attempts", "messageId")
    assert [line[name] for name in shown] == [
        "instance",
        "dead",
        "KILLED_ITS_WORKER",
        3,
        "m [secret]",
    ]


def test_otel_without_its_extra_is_refused_with_the_way_to_install_it(folder):
    (folder / "opentelemetry").mkdir()
    (folder / "opentelemetry" / "__init__.py").write_text("")
    hidden = {**ENVIRONMENT, "PYTHONPATH": str(folder)}
    refused = dkit(folder, "serve", "host.json", "--otel", environment=hidden)
    assert refused.returncode == 2
    assert "pip install 'destination-kit-host[otel]'" in refused.stderr


def test_what_was_answered_200_survives_a_kill(folder, qualtrics):
    sent = 0
    for _ in range(3):
        with serving(folder, qualtrics) as host:
            for _ in range(5):
                host.post(*map(person, range(sent, sent + 4)))
                sent += 4
            assert host.end(signal.SIGKILL) == -signal.SIGKILL
    with serving(folder, qualtrics) as host:
        wait_until(lambda: contacts(qualtrics) >= sent)
        host.end(signal.SIGTERM)
    assert contacts(qualtrics) == sent == len(kept(folder))


def test_a_backup_of_a_running_host_has_what_waits(folder, qualtrics, tmp_path_factory):
    restored = tmp_path_factory.mktemp("restored")
    unreachable = "http://127.0.0.1:9"
    with serving(folder, unreachable) as host:
        host.post(*map(person, range(5)))
        # What `.backup` of the sqlite3 command does, as docs/host.md tells operators.
        with (
            sqlite3.connect(folder / "queue.db") as live,
            closing(sqlite3.connect(restored / "queue.db")) as copy,
        ):
            live.backup(copy)
        live.close()
        host.post(person(5))
    for name in ("host.json", "instance.json"):
        (restored / name).write_bytes((folder / name).read_bytes())
    with serving(restored, qualtrics) as host:
        wait_until(lambda: contacts(qualtrics) == 5)
        assert host.end(signal.SIGTERM) == 0
    assert [row.status for row in kept(restored)] == [Status.DELIVERED] * 5


def test_sighup_reloads_a_daemon_and_a_bad_configuration_is_refused(folder, qualtrics):
    with serving(folder, qualtrics) as host:
        change(folder, lambda config: config.update(sources={}))
        host.popen.send_signal(signal.SIGHUP)
        assert "/sources: is required" in host.wait_for("is refused, the old one goes on.*")[0]
        host.post(person(1))
        change(
            folder,
            lambda config: config.update(
                sources={
                    "shop": {
                        "writeKeys": [{"$secret": "WEBSITE_WRITE_KEY"}],
                        "destinations": ["instance"],
                    }
                }
            ),
        )
        host.popen.send_signal(signal.SIGHUP)
        host.wait_for("the new configuration holds")
        host.post(person(2))
        wait_until(lambda: contacts(qualtrics) == 2)
        assert host.end(signal.SIGTERM) == 0
    assert [row.source for row in kept(folder)] == ["shop", "website"]


def test_sighup_stops_a_host_in_a_terminal_however_often_it_comes(folder, qualtrics):
    # The kernel and the shell both send it when a terminal closes.
    outer, terminal = os.openpty()
    with serving(folder, qualtrics, terminal=terminal) as host:
        host.popen.send_signal(signal.SIGHUP)
        assert host.end(signal.SIGHUP) == 0
    os.close(outer)
    os.close(terminal)
    assert "stops: takes no new events" in host.log
    assert "the new configuration" not in host.log


def test_a_second_sigterm_stops_at_once_and_loses_nothing(folder):
    # The system accepts the connection, and no one ever answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with serving(folder, f"http://127.0.0.1:{port}") as host:
            host.post(person(1))
            connection, _ = silent.accept()
            with connection:
                host.popen.send_signal(signal.SIGTERM)
                host.wait_for("stops: takes no new events")
                assert host.end(signal.SIGTERM) == 1
    assert "stopped at once" in host.log
    assert "Traceback" not in host.log
    assert [row.status for row in kept(folder)] == [Status.WAITING]


def test_a_second_host_on_the_same_queue_is_refused_in_a_sentence(folder, qualtrics):
    with serving(folder, qualtrics):
        second = dkit(folder, "serve", "host.json")
    assert second.returncode == 1
    assert "another process has opened the queue" in second.stderr
    assert "Traceback" not in second.stderr


def test_check_names_every_problem(folder):
    assert dkit(folder, "serve", "--check", "host.json").stdout.startswith("host.json is ready")
    change(
        folder,
        lambda config: (
            config["limits"].update(x=1) if "limits" in config else config.update(limits={"x": 1})
        ),
    )
    change(folder, lambda config: config["sources"]["website"]["destinations"].append("y"))
    checked = dkit(folder, "serve", "--check", "host.json")
    assert checked.returncode == 2
    assert "/limits/x: there is no 'x' here" in checked.stderr
    assert "/sources/website/destinations/1: there is no destination 'y'" in checked.stderr
    document = json.loads(dkit(folder, "serve", "--check", "host.json", "--json").stdout)
    assert [problem["path"] for problem in document["problems"]] == [
        "/limits/x",
        "/sources/website/destinations/1",
    ]


def test_the_schema_of_the_configuration_is_written(tmp_path):
    written = json.loads(dkit(tmp_path, "serve", "--schema").stdout)
    assert written["title"] == "Host"
    assert "sources" in written["properties"]


def test_a_missing_secret_is_named_by_its_place(folder):
    environment = {**ENVIRONMENT, "WEBSITE_WRITE_KEY": ""}
    checked = dkit(folder, "serve", "--check", "host.json", environment=environment)
    assert checked.returncode == 2
    assert "/sources/website/writeKeys/0: the secret is empty or missing" in checked.stderr


def test_without_a_configuration_the_command_names_the_starter(tmp_path):
    asked = dkit(tmp_path, "serve")
    assert asked.returncode == 2
    assert "--starter" in asked.stderr
    missing = dkit(tmp_path, "serve", "none.json")
    assert (missing.returncode, "cannot read none.json" in missing.stderr) == (2, True)


def test_the_starter_overwrites_nothing(folder):
    before = (folder / "host.json").read_bytes()
    again = dkit(folder, "serve", "--starter")
    assert again.returncode == 2
    assert "cannot write host.json: File exists" in again.stderr
    assert (folder / "host.json").read_bytes() == before
    assert dkit(folder, "serve", "--starter", "host.toml").returncode == 2
