"""Hosts in processes of their own, `dkit serve` as an operator starts it."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import sys
from contextlib import asynccontextmanager, closing
from pathlib import Path

KEY = "k-load"
DKIT = (sys.executable, "-m", "destination_kit.cli", "serve")
_DESTINATION = Path(__file__).with_name("load_destination.py")
_METADATA = "Metadata-Version: 2.1\nName: load-destination\nVersion: 0.1\n"
_ENTRY_POINT = "[destination_kit]\nload = load_destination\n"


def install(folder):
    """Install the destination of the load in a folder; return the environment that finds it."""
    about = folder / "load_destination-0.1.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    (about / "METADATA").write_text(_METADATA, encoding="utf-8")
    (about / "entry_points.txt").write_text(_ENTRY_POINT, encoding="utf-8")
    shutil.copy(_DESTINATION, folder)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "LOAD_KEY": KEY}


def free_port():
    """Return a port that nothing listens at, so that a host has the same one after a restart."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def instance(action="post", trigger='userId != "none"', **more):
    subscription = {
        "name": action,
        "action": action,
        "trigger": trigger,
        "useDefaultMapping": True,
    }
    return {
        "destination": "actions-load",
        "settings": {},
        "subscriptions": [subscription],
        **more,
    }


def config(instances, **more):
    """Return a configuration whose source feeds these instances."""
    return {
        "sources": {"web": {"writeKeys": [{"$secret": "LOAD_KEY"}], "destinations": [*instances]}},
        "destinations": dict(instances),
        "listen": {"ingress": {"port": free_port()}, "administration": {"port": free_port()}},
        "limits": {"freeBytes": 0},
        **more,
    }


class HostProcess:
    """A host that can be killed and started again on its file and its port."""

    def __init__(self, folder, document, environment, *, command=DKIT, arguments=()):
        self.folder = folder
        self.file = folder / "queue.db"
        self.port = document["listen"]["ingress"]["port"]
        self.administration = document["listen"]["administration"]["port"]
        self.starts = 0
        self._environment = environment
        self._command = (*command, "host.json", *arguments)
        self._process = None
        (folder / "host.json").write_text(json.dumps(document), encoding="utf-8")

    @property
    def pid(self):
        return self._process.pid

    @property
    def log(self):
        return (self.folder / "host.log").read_text(encoding="utf-8", errors="replace")

    async def start(self, *, wait=True):
        with (self.folder / "host.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1
        if wait:
            await self._wait_until_it_listens()

    async def _wait_until_it_listens(self):
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    if self._process.returncode is not None:
                        raise RuntimeError(f"the host does not start:\n{self.log}") from None
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return

    def send_signal(self, number):
        os.kill(self.pid, number)

    async def wait(self):
        """Return the exit code when the process has ended."""
        return await self._process.wait()

    async def kill(self):
        self._process.kill()
        await self._process.wait()

    async def end(self):
        """Stop as an operator does; return the exit code."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            return await self._process.wait()

    async def close(self):
        if self._process and self._process.returncode is None:
            await self.kill()

    def read(self, statement, *values):
        """Return the rows of a query of the file."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=30)) as file:
            return file.execute(statement, values).fetchall()

    def look(self):
        """Read the file as a person with `sqlite3` does: with a connection that may write."""
        with closing(sqlite3.connect(self.file, timeout=30)) as file:
            file.execute("SELECT status, count(*) FROM overview GROUP BY 1").fetchall()

    @property
    def unfinished(self):
        return self.read("SELECT count(*) FROM deliveries WHERE state <= 3")[0][0]

    async def finished(self, seconds=600):
        """Wait until every delivery is final."""
        async with asyncio.timeout(seconds):
            while self.unfinished:
                await asyncio.sleep(0.1)

    def memory(self):
        """Return the bytes of the process's memory."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def processor_time(self):
        """Return the seconds of processor time of the process."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def hosting(folder, document, environment, **options):
    """A running host, which is killed at the end if it still runs."""
    folder.mkdir(parents=True, exist_ok=True)
    host = HostProcess(folder, document, environment, **options)
    try:
        await host.start()
        yield host
    finally:
        await host.close()
