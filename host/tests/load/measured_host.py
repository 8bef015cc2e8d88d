"""A host whose queue is measured, or in memory: `dkit serve` with another queue.

    python measured_host.py memory|sqlite CONFIG [--connect-to PATTERN=URL]

SIGTERM stops it; it then writes `figures.json` beside its configuration, with the seconds of each
take by the instances that it handed out.
"""

import asyncio
import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from time import perf_counter

from uvloop import new_event_loop

from destination_host.config.loading import load_config
from destination_host.queue.memory import MemoryQueue
from destination_host.queue.sqlite import SqliteQueue
from destination_host.serve.host import Host
from destination_host.serve.interpreter import tune_interpreter
from destination_kit import Catalog


class _Timed:
    """Adds the time of each take that found something."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.takes = []

    async def take(self, room):
        started = perf_counter()
        taken = await super().take(room)
        if taken:
            seconds = perf_counter() - started
            names = sorted({delivery.instance for delivery in taken})
            self.takes.append((",".join(names), len(taken), seconds))
        return taken


class TimedSqliteQueue(_Timed, SqliteQueue):
    """SQLite."""


class TimedMemoryQueue(_Timed, MemoryQueue):
    """Memory."""


async def open_queue(kind, config):
    if kind == "memory":
        return TimedMemoryQueue(retention=config.retention)
    return await TimedSqliteQueue.open(config.queue_file, retention=config.retention)


async def main(kind, path, connections):
    load = partial(load_config, path, Catalog.installed(), os.environ.get)
    config = load()
    queue = await open_queue(kind, config)
    async with queue:
        host = Host(config, queue, load, connections)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, host.stop)
        await host.run()
    path.with_name("figures.json").write_text(json.dumps(queue.takes), encoding="utf-8")


if __name__ == "__main__":
    KIND, CONFIG, *REST = sys.argv[1:]
    CONNECTIONS = dict(text.split("=", 1) for text in REST if "=" in text)
    tune_interpreter()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main(KIND, Path(CONFIG), CONNECTIONS))
