"""The programs of docs/hosts.md as processes, with what each needs: engines, files, a partner."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import httpx
import nats
from celery import Celery

from destinations.qualtrics import simulator
from tests.contracts.documents import blocks, modules, programs

DOCUMENT = "docs/hosts.md"
TOKEN = "simulated-token"
SCRIPTS = Path(sys.executable).parent


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


class Partner:
    """A simulated Qualtrics on one port, which can be down; it remembers what it received."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = ExitStack()
        self._earlier: list[str] = []
        self.up()

    def up(self) -> None:
        self._server.enter_context(simulator.background(simulator.Config(), port=self.port))

    def down(self) -> None:
        self._earlier = self.received()
        self._server.close()

    def change(self, **config) -> None:
        httpx.post(f"{self.url}/_sim/config", json=config, trust_env=False).raise_for_status()

    def state(self) -> dict:
        return httpx.get(f"{self.url}/_sim/state", timeout=20, trust_env=False).json()

    def contacts(self) -> list[dict]:
        return [contact for found in self.state()["contacts"].values() for contact in found]

    def received(self) -> list[str]:
        """Return the user of each contact and of each start of the workflow."""
        runs = [run["payload"]["userId"] for run in self.state()["workflowRuns"]]
        return [*self._earlier, *(contact["extRef"] for contact in self.contacts()), *runs]

    def close(self) -> None:
        self._server.close()


class Host:
    """A program of the document in a folder of its own."""

    name = ""
    #: Its file, as the document names it.
    file = ""
    #: Whether it takes what is sent to it while it runs, and not files.
    command: tuple[str, ...] = ()

    def __init__(self, folder: Path, partner: Partner) -> None:
        self.folder = folder
        [instance] = blocks(DOCUMENT, "json")
        (folder / "instance.json").write_text(instance, encoding="utf-8")
        for name, source in modules(DOCUMENT).items():
            (folder / f"{name}.py").write_text(source, encoding="utf-8")
        self.environment = {
            **os.environ,
            "QUALTRICS_API_TOKEN": TOKEN,
            "CONNECT_TO": f"*.qualtrics.com={partner.url}",
            "SETTINGS_PAUSE": "1",
            "MAX_PAUSE": "0.3",
            "LEASE": "8",
            "PYTHONPATH": str(folder),
        }
        self.log = folder / "log.txt"
        self.process: subprocess.Popen | None = None

    def run(self, *arguments: str) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *(arguments or self.command)],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        """Start what runs before events come."""

    def deliver(self, *lines: bytes) -> None:
        """Hand over the lines of events."""
        raise NotImplementedError

    def deliver_gzip(self, *lines: bytes) -> None:
        raise NotImplementedError

    def dead_letters(self) -> list[dict]:
        return read_lines(self.folder / "dead-letters.jsonl")

    def replay(self) -> None:
        """Send the dead letters again, as the document says."""
        raise NotImplementedError

    def restart(self) -> None:
        self.stop()
        self.start()

    def count_failures(self, remedy: str) -> int:
        return self.log.read_text(encoding="utf-8").count(f"({remedy}): ")

    def stop(self, number: int = signal.SIGINT) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def close(self) -> None:
        self.stop(signal.SIGKILL)


class Program(Host):
    name = "program"
    file = "program.py"

    def deliver(self, *lines):
        (self.folder / "events.jsonl").write_bytes(b"\n".join(lines))
        self.run("program.py", "events.jsonl")

    def deliver_gzip(self, *lines):
        (self.folder / "events.gz").write_bytes(gzip.compress(b"\n".join(lines)))
        self.run("program.py", "events.gz")

    def restart(self):
        self.stop()
        [path] = self.folder.glob("waiting-*.jsonl")
        todo = path.rename(self.folder / "todo.jsonl")
        self.run("program.py", todo.name)

    def replay(self):
        self.process.wait(60)
        (self.folder / "dead-letters.jsonl").rename(self.folder / "again.jsonl")
        self.run("program.py", "again.jsonl")


class Stream(Host):
    name = "stream"
    file = "stream.py"
    path = "events.jsonl"

    def deliver(self, *lines):
        (self.folder / self.path).write_bytes(b"\n".join(lines))
        self.run("stream.py", self.path)

    def deliver_gzip(self, *lines):
        self.path = "events.gz"
        (self.folder / self.path).write_bytes(gzip.compress(b"\n".join(lines)))
        self.run("stream.py", self.path)

    def restart(self):
        self.stop()
        self.run("stream.py", self.path)

    def replay(self):
        self.process.wait(60)
        pattern = self.environment["CONNECT_TO"]
        self.run(
            "-m",
            "destination_kit.cli",
            "deliver",
            "instance.json",
            "dead-letters.jsonl",
            f"--connect-to={pattern}",
        )


class Router(Host):
    """A router that is not in Python, with `dkit worker` as its child."""

    #: The language of its block in the document, and what runs it.
    language = ""
    launcher: tuple[str, ...] = ()

    def __init__(self, folder, partner):
        super().__init__(folder, partner)
        for file, source in programs(DOCUMENT, self.language).items():
            (folder / file).write_text(source, encoding="utf-8")
        self.environment["PATH"] = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
        pauses = ("--max-pause=0.3", "--settings-pause=1")
        pattern = self.environment["CONNECT_TO"]
        self.arguments = ("events.jsonl", "instance.json", *pauses, f"--connect-to={pattern}")

    def run(self, *arguments):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.launcher, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def deliver(self, *lines):
        (self.folder / "events.jsonl").write_bytes(b"\n".join(lines))
        self.run(*self.arguments)

    def restart(self):
        self.stop()
        self.run(*self.arguments)

    def _results(self):
        return read_lines(self.folder / "results.jsonl")

    def count_failures(self, remedy):
        parts = [part for result in self._results() for part in result.get("results", ())]
        return sum(part.get("remedy") == remedy for part in parts)

    def dead_letters(self):
        lines = (self.folder / "events.jsonl").read_text(encoding="utf-8").split("\n")
        refused = [result["id"] for result in self._results() if "error" in result]
        letters = [result["deadLetter"] for result in self._results() if "deadLetter" in result]
        return [*letters, *({"text": lines[number - 1]} for number in refused)]

    def replay(self):
        self.process.wait(60)
        letters = self.folder / "letters.jsonl"
        letters.write_text("\n".join(map(json.dumps, self.dead_letters())), encoding="utf-8")
        connect = f"--connect-to={self.environment['CONNECT_TO']}"
        command = ("-m", "destination_kit.cli", "deliver", "instance.json", letters.name, connect)
        subprocess.run(
            [sys.executable, *command], cwd=self.folder, env=self.environment, check=True
        )


class NodeRouter(Router):
    name = "router-node"
    file = "router.mjs"
    language = "js"
    launcher = ("node", "router.mjs")


class GoRouter(Router):
    name = "router-go"
    file = "router.go"
    language = "go"
    launcher = ("./router",)

    def __init__(self, folder, partner):
        super().__init__(folder, partner)
        build = {**self.environment, "GOCACHE": str(folder / "go-cache"), "GOFLAGS": "-mod=mod"}
        command = ("go", "build", "-o", "router", "router.go")
        subprocess.run(command, cwd=folder, env=build, check=True)


class Web(Host):
    name = "web"
    file = "web.py"

    def __init__(self, folder, partner):
        super().__init__(folder, partner)
        self.port = free_port()
        self.command = ("-m", "uvicorn", "web:app", "--port", str(self.port))

    def start(self):
        self.run()
        assert wait_until(self._listens), self.log.read_text()

    def _listens(self):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True

    def _post(self, content):
        url = f"http://127.0.0.1:{self.port}/v1/batch"
        httpx.post(url, content=content, timeout=30, trust_env=False).raise_for_status()

    def deliver(self, *lines):
        self._post(b'{"batch": [' + b",".join(lines) + b"]}")

    def deliver_gzip(self, *lines):
        self._post(gzip.compress(b'{"batch": [' + b",".join(lines) + b"]}"))

    def _query(self, statement):
        with closing(sqlite3.connect(self.folder / "queue.db")) as queue:
            return queue.execute(statement).fetchall()

    def dead_letters(self):
        return [
            json.loads(body)
            for (body,) in self._query("SELECT body FROM messages WHERE due IS NULL")
        ]

    def replay(self):
        [command] = [block for block in blocks(DOCUMENT, "sh") if "UPDATE messages" in block]
        command = command.replace("python ", f"{sys.executable} ")
        subprocess.run(command, shell=True, cwd=self.folder, check=True)  # noqa: S602 - the document's own line


class Worker(Host):
    name = "worker"
    file = "worker.py"
    command = ("-m", "faststream", "run", "worker:app")

    def __init__(self, folder, partner, engine):
        super().__init__(folder, partner)
        self.url = self.environment["NATS_URL"] = engine

    def start(self):
        self.run()
        assert wait_until(lambda: self._ask(self._exists)), self.log.read_text()

    def _ask(self, question):
        async def ask():
            connection = await nats.connect(self.url)
            try:
                return await question(connection.jetstream())
            finally:
                await connection.close()

        return asyncio.run(ask())

    async def _exists(self, stream):
        with suppress(nats.js.errors.NotFoundError):
            return await stream.stream_info("events-dead-letters")

    def deliver(self, *lines):
        async def publish(stream):
            for line in lines:
                await stream.publish("events", line)

        self._ask(publish)

    def deliver_gzip(self, *lines):
        self.deliver(*map(gzip.compress, lines))

    def dead_letters(self):
        async def read(stream):
            info = await stream.stream_info("events-dead-letters")
            first = info.state.last_seq + 1 - info.state.messages
            numbers = range(first, info.state.last_seq + 1)
            return [
                json.loads((await stream.get_msg("events-dead-letters", number)).data)
                for number in numbers
            ]

        return self._ask(read)

    def replay(self):
        subprocess.run(
            [sys.executable, "replay.py"], cwd=self.folder, env=self.environment, check=True
        )


class Tasks(Host):
    name = "tasks"
    file = "tasks.py"
    command = (
        "-m",
        "celery",
        "-A",
        "tasks",
        "worker",
        "--concurrency",
        "2",
        "--loglevel",
        "WARNING",
    )

    def __init__(self, folder, partner, engine):
        super().__init__(folder, partner)
        self.environment["BROKER"] = engine
        self.app = Celery(broker=engine)

    def start(self):
        self.run()

    def deliver(self, *lines):
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                message = line.decode()
            self.app.send_task("tasks.deliver", (message,))

    def dead_letters(self):
        with (
            self.app.connection_for_read() as connection,
            connection.SimpleQueue("dead-letters") as queue,
        ):
            letters = []
            with suppress(queue.Empty):
                while True:
                    letters.append(queue.get(block=False))
            for letter in letters:
                letter.requeue()
            return [letter.payload for letter in letters]

    def replay(self):
        subprocess.run(
            [sys.executable, "-c", "import tasks; tasks.replay()"],
            cwd=self.folder,
            env=self.environment,
            check=True,
        )

    def close(self):
        super().close()
        self.app.close()


def read_lines(path: Path) -> list[dict]:
    return (
        [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
        if path.exists()
        else []
    )


@contextmanager
def engine(*command: str, port: int, folder: Path) -> Iterator[None]:
    """Run an engine on a port until the context ends."""
    with (folder / "engine.txt").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

    def listens() -> bool:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        return False

    try:
        assert wait_until(listens, 20), (folder / "engine.txt").read_text(encoding="utf-8")
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def nats_server(folder: Path) -> Iterator[str]:
    port = free_port()
    command = (str(SCRIPTS / "nats-server"), "--jetstream", "--addr=127.0.0.1", f"--port={port}")
    with engine(*command, f"--store_dir={folder}", port=port, folder=folder):
        yield f"nats://127.0.0.1:{port}"


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    command = shutil.which("redis-server")
    assert command, "these tests need Redis: apt-get install redis-server"
    port = free_port()
    options = ("--bind", "127.0.0.1", "--port", str(port), "--appendonly", "yes")
    with engine(command, *options, port=port, folder=folder):
        yield f"redis://127.0.0.1:{port}/0"
