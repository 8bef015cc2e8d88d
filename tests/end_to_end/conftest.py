"""The real command line in a process of its own, and a simulated Qualtrics to send to."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from urllib.request import urlopen

import pytest

from destinations.qualtrics.simulator import background, load_config

TOKEN = "e2e-t0ken-9f3c"
SAMPLES = files("destinations.qualtrics") / "samples"
DIRECTORY, LIST = "POOL_demo", "CG_demo"
DKIT = (sys.executable, "-m", "destination_kit.cli")


class Qualtrics:
    """A running simulator: where it is, and what it holds."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connect = ("--connect-to", f"*.qualtrics.com={url}")
        # It has no limits here, so nobody has to wait for a budget.
        lifted = [f"--limit={name}=1000000" for name in ("brand", "contacts", "search")]
        self.unlimited = (*self.connect, *lifted)

    @property
    def state(self) -> dict:
        with urlopen(f"{self.url}/_sim/state") as answer:  # noqa: S310 - our own server
            return json.load(answer)

    @property
    def counts(self) -> dict:
        return self.state["counts"]


@contextmanager
def simulated(**switches) -> Iterator[Qualtrics]:
    document = json.loads((SAMPLES / "simulator.json").read_text("utf-8"))
    document["tokens"] = {TOKEN: "UR_000000000000001"}
    with background(load_config({**document, **switches})) as url:
        yield Qualtrics(url)


@pytest.fixture
def qualtrics() -> Iterator[Qualtrics]:
    with simulated() as running:
        yield running


def environment(token: str = TOKEN) -> dict[str, str]:
    """Return the environment of a command, which uses the HTTP library that an operator gets."""
    inherited = {name: value for name, value in os.environ.items() if name != "DKIT_TRANSPORT"}
    return {**inherited, "QUALTRICS_API_TOKEN": token, "PYTHONUNBUFFERED": "1"}


def environment_with(plugin: str, site: Path) -> dict[str, str]:
    """Return the environment of a command that finds a plugin's code as if it were installed."""
    metadata = site / "partner_plugin-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: partner-plugin\nVersion: 1.0\n"
    )
    entry_point = "[destination_kit]\npartner-plugin = partner_plugin\n"
    (metadata / "entry_points.txt").write_text(entry_point)
    (site / "partner_plugin.py").write_text(plugin)
    return environment() | {"PYTHONPATH": str(site)}


@contextmanager
def serving(answer: Callable[[str, str, dict], tuple[int, object]]) -> Iterator[str]:
    """Serve a partner on a real socket; `answer` is path, authorization, body -> status, body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            is_json = "json" in self.headers.get("content-type", "")
            body = json.loads(content) if is_json else {}
            status, answered = answer(self.path, self.headers.get("authorization", ""), body)
            text = json.dumps(answered).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def dkit(
    *arguments: object, token: str = TOKEN, env: dict[str, str] | None = None, **options
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*DKIT, *map(str, arguments)],
        env=env or environment(token),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def python(code: str, *arguments: object) -> subprocess.CompletedProcess:
    """Run the command line from a few lines of Python."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def start(*arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [*DKIT, *map(str, arguments)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def instance(tmp_path):
    path = tmp_path / "instance.json"
    path.write_text((SAMPLES / "instance.json").read_text("utf-8"), encoding="utf-8")
    return path


@pytest.fixture
def people(tmp_path):
    """Return count -> a file of as many identify events of different people."""

    def write(count: int):
        path = tmp_path / "people.jsonl"
        events = (
            {"type": "identify", "userId": f"u-{number}", "traits": {}} for number in range(count)
        )
        path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        return path

    return write


@pytest.fixture
def transactions(tmp_path):
    """Return an instance that records every track event, for people who are looked up."""
    mapping = {
        "directoryId": DIRECTORY,
        "mailingListId": LIST,
        "email": {"@path": "$.properties.email"},
        "transactionData": {"n": {"@path": "$.properties.n"}},
    }
    subscription = {
        "name": "Record",
        "action": "upsertContactTransaction",
        "trigger": 'type = "track"',
        "useDefaultMapping": True,
        "mapping": mapping,
    }
    document = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": {"$secret": "QUALTRICS_API_TOKEN"}, "datacenter": "iad1"},
        "subscriptions": [subscription],
    }
    path = tmp_path / "instance.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def purchases(tmp_path):
    """Return count, people -> a file of as many track events of so many people."""

    def write(count, people):
        path = tmp_path / "purchases.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number in range(count):
                who = f"u-{number % people}"
                properties = {"n": number, "email": f"{who}@example.com"}
                event = {"type": "track", "event": "Bought", "userId": who}
                event |= {"messageId": f"m-{number}", "properties": properties}
                file.write(json.dumps(event) + "\n")
        return path

    return write


def lines_of(path) -> list[int]:
    return sorted(
        json.loads(line)["line"] for line in path.read_text(encoding="utf-8").splitlines()
    )
