"""Benchmark of the host: events a second, the time of a POST, an outage of a partner, memory.

    python -m host.tests.load.bench [--quick] [--only CASE]

Host, partner and load share the machine, and a shared machine makes every time longer: compare
ratios within one run, and processor time. Events a second and times are judged in the whole run
only; lost events, order, memory and ratios in `--quick` as well. The exit code is 1 if a goal is
missed.
"""

import argparse
import asyncio
import re
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import uvloop

from host.tests.bench.outage import fdatasync
from host.tests.load import outage, qualtrics, sdks
from host.tests.load.chaos import Judge
from host.tests.load.processes import config, hosting, install, instance
from host.tests.load.sender import Sender

MEASURED = (sys.executable, str(Path(__file__).with_name("measured_host.py")))
EVENT = (
    '{"type":"track","event":"Order Completed","messageId":"%s-%d","userId":"u-%d",'
    '"timestamp":"2026-03-02T13:30:00.000Z","properties":{"number":%d,"total":12.5,"note":"%s"},'
    '"context":{"library":{"name":"bench","version":"1"},"ip":"192.0.2.1"}}'
)
NOTE = "x" * 200
PEOPLE = 5000


@dataclass
class Run(Judge):
    """What the cases of one run share."""

    folder: Path
    environment: dict
    is_quick: bool

    def count(self, whole, quick):
        return quick if self.is_quick else whole

    def timed(self, goals):
        """Return goals that a busy machine misses: none of them with `--quick`."""
        return {} if self.is_quick else goals

    @asynccontextmanager
    async def host(self, name, document, *arguments, kind="sqlite"):
        async with hosting(
            self.folder / name,
            {**document, "limits": {"inFlight": 500, "overdue": "7d", **document["limits"]}},
            self.environment,
            command=(*MEASURED, kind),
            arguments=arguments,
        ) as host:
            yield host


@dataclass
class Load:
    """What a load has cost."""

    accepted: float
    delivered: float
    #: Microseconds of the host's processor time per event.
    processor: float
    median: float
    p99: float

    def describe(self):
        return {
            "accepted": f"{self.accepted:,.0f}/s",
            "delivered": f"{self.delivered:,.0f}/s",
            "POST median": f"{self.median * 1000:.0f} ms",
            "p99": f"{self.p99 * 1000:.0f} ms",
            "processor time": f"{self.processor:.0f} µs an event",
        }


def bodies(name, numbers, size, write=None):
    """Yield the bodies of batches, or of single events; they cost the load next to nothing."""
    write = write or (lambda n: EVENT % (name, n, n % PEOPLE, n // PEOPLE, NOTE))
    for first in range(0, len(numbers), size):
        events = ",".join(map(write, numbers[first : first + size]))
        yield (events if size == 1 else f'{{"batch":[{events}]}}').encode()


async def delivered(host):
    """Return how many deliveries the host has delivered, as its metrics say."""
    url = f"http://127.0.0.1:{host.administration}/metrics"
    text = await asyncio.to_thread(lambda: urlopen(url).read().decode())
    rows = re.findall(
        r'^dkit_deliveries_total\{.*outcome="delivered".*\} (\S+)$', text, re.MULTILINE
    )
    return int(sum(map(float, rows)))


async def wait_for(host, count, seconds=1200):
    async with asyncio.timeout(seconds):
        while await delivered(host) < count:
            await asyncio.sleep(0.2)


async def put_load(host, count, size, connections, *, name="bench", write=None):
    """Send events over connections, wait until they are delivered, and return the cost."""
    before, processor = await delivered(host), host.processor_time()
    path = "/v1/track" if size == 1 else "/v1/batch"
    senders = [Sender(host.port, path) for _ in range(connections)]
    share = -(-count // connections)
    started = time.perf_counter()

    async def run(number, sender):
        numbers = range(number * share, min(count, (number + 1) * share))
        for body in bodies(name, numbers, size, write):
            await sender.send(body)

    await asyncio.gather(*(run(number, sender) for number, sender in enumerate(senders)))
    accepted = time.perf_counter() - started
    await wait_for(host, before + count)
    lasted = time.perf_counter() - started
    seconds = [seconds for sender in senders for seconds in sender.seconds]
    return Load(
        accepted=count / accepted,
        delivered=count / lasted,
        processor=(host.processor_time() - processor) / count * 1e6,
        median=median(seconds),
        p99=quantiles(seconds, n=100)[98],
    )


async def twenty_a_post(run):
    """20 events a POST over 16 connections; the same host with the queue in memory."""
    count, rounds = run.count(60_000, 8_000), run.count(3, 2)
    loads = {"sqlite": [], "memory": []}
    for number in range(rounds):
        for kind, measured in loads.items():
            document = config({"load": instance("discard")})
            async with run.host(f"{kind}-{number}", document, kind=kind) as host:
                await put_load(host, count // 20, 20, 16, name="warm")
                measured.append(await put_load(host, count, 20, 16))
    ratio = median(
        ours.delivered / memory.delivered
        for ours, memory in zip(loads["sqlite"], loads["memory"], strict=True)
    )
    best = max(loads["sqlite"], key=lambda load: load.delivered)
    run.judge(
        "20/POST",
        {"events": f"{count:,}", **best.describe(), "of the queue in memory": f"{ratio:.2f}"},
        {
            "0.4 of the same host with its queue in memory": ratio >= 0.4,
            **run.timed(
                {
                    "6,000 delivered a second": best.delivered >= 6000,
                    "p99 of a POST under 250 ms": best.p99 < 0.25,
                }
            ),
        },
    )


async def one_a_post(run):
    """One event a POST over 64 connections."""
    count = run.count(20_000, 2_000)
    async with run.host("single", config({"load": instance("discard")})) as host:
        await put_load(host, count // 20, 1, 64, name="warm")
        load = await put_load(host, count, 1, 64)
    run.judge(
        "1/POST",
        {"events": f"{count:,}", **load.describe()},
        run.timed({"1,200 delivered a second": load.delivered >= 1200}),
    )


async def keep_memory(run):
    """Memory after a tenth of the events, and after all."""
    count = run.count(1_000_000, 100_000)
    async with run.host("memory", config({"load": instance("discard")})) as host:
        await put_load(host, count // 5, 20, 16, name="first")
        before = host.memory()
        load = await put_load(host, count * 4 // 5, 20, 16)
        growth = host.memory() - before
    run.judge(
        "memory",
        {
            "events": f"{count:,}",
            "after a fifth": f"{before / 1e6:.0f} MB",
            "growth": f"{growth / 1e6:.1f} MB",
            "delivered": f"{load.delivered:,.0f}/s",
        },
        {"at most 20 MB": growth < 20_000_000},
    )


CASES = {
    "20": twenty_a_post,
    "1": one_a_post,
    "qualtrics": qualtrics.run,
    "sdks": sdks.run,
    "outage": outage.run,
    "memory": keep_memory,
}


def print_disk(folder):
    cuts = quantiles(fdatasync(folder), n=100)
    print(f"fdatasync of this disk: median {cuts[49] * 1000:.2f} ms, p99 {cuts[98] * 1000:.2f} ms")


async def main(arguments):
    started = time.monotonic()
    with TemporaryDirectory(prefix="bench-host-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        run = Run([], folder, install(folder / "site"), arguments.quick)
        for title, case in CASES.items():
            if arguments.only in (None, title):
                print_disk(folder)
                await case(run)
    return run.finish(time.monotonic() - started)


if __name__ == "__main__":
    PARSER = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    PARSER.add_argument("--quick", action="store_true", help="fewer events; times are not judged")
    PARSER.add_argument("--only", choices=CASES, help="one case alone")
    sys.exit(uvloop.run(main(PARSER.parse_args())))
