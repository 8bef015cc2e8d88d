"""A host whose queue is in memory or measured; otherwise what `dkit serve` runs.

    python measured_host.py memory|sqlite CONFIG [--connect-to PATTERN=URL] [--lifted]

SIGTERM stops it; it then writes `takes.json` beside its configuration: of each take that found
something, the instances, the seconds of its statements, and the seconds until its caller had it.
`--lifted` lifts the rate limits of partners.
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
from destination_host.queue.sqlite import SqliteQueue, taking
from destination_host.serve.host import Host
from destination_host.serve.interpreter import tune_interpreter
from destination_kit import Budgets, Catalog

LIMITS = ("brand", "contacts", "search", "transactions", "transaction-lists", "workflows")


class TimedQueue(SqliteQueue):
    """Keeps how long takes last: on the writer's thread, and until the caller has them."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.takes = []

    async def take(self, room):
        started = perf_counter()

        def run(database, state):
            began = perf_counter()
            taken = taking.take(database, state, room, self._clock())
            return taken, perf_counter() - began

        taken, seconds = await self._writer.submit(run, is_durable=False)
        if taken:
            names = sorted({delivery.instance for delivery in taken})
            self.takes.append((names, seconds, perf_counter() - started))
        return taken


def load_catalog(*, is_lifted):
    """Return the installed destinations, as the rate limits of partners allow or without limits."""
    catalog = Catalog.installed()
    if not is_lifted:
        return catalog
    return Catalog(catalog.destinations, budgets=Budgets(dict.fromkeys(LIMITS, 10**9)))


async def main(kind, path, connections, catalog):
    load = partial(load_config, path, catalog, os.environ.get)
    config = load()
    if kind == "memory":
        await serve(config, MemoryQueue(retention=config.retention), load, connections)
        return
    queue = await TimedQueue.open(config.queue_file, retention=config.retention)
    async with queue:
        await serve(config, queue, load, connections)
    path.with_name("takes.json").write_text(json.dumps(queue.takes), encoding="utf-8")


async def serve(config, queue, load, connections):
    host = Host(config, queue, load, connections)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, host.stop)
    await host.run()


if __name__ == "__main__":
    KIND, CONFIG, *REST = sys.argv[1:]
    CONNECTIONS = dict(text.split("=", 1) for text in REST if "=" in text)
    CATALOG = load_catalog(is_lifted="--lifted" in REST)
    tune_interpreter()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main(KIND, Path(CONFIG), CONNECTIONS, CATALOG))
