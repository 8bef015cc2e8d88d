"""A partner that is down for hours costs the other instances nothing.

    python -m host.tests.bench.outage [DELIVERIES]

500,000 deliveries of one instance wait (10 of each person, the first of each due in an hour), and
2,000 of another are fresh. The takes of the other must stay under 10 ms at p99. Exit code 1 if not.
"""

import asyncio
import os
import sys
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

from destination_host.queue import NewEvent, Route, Settlement, Status
from destination_host.queue.sqlite import SqliteQueue

GOAL = 0.010
BODY = b'{"type":"track","event":"Order Completed","properties":{"total":12.5,"note":"%s"}}' % (
    b"x" * 300
)


def events(instance, numbers, people):
    for number in numbers:
        key = f"userId {number % people}"
        yield NewEvent("web", BODY, 1_000_000.0, [Route(instance, key)], f"{instance} {number}")


async def put_all(queue, given):
    given = list(given)
    for first in range(0, len(given), 2000):
        await queue.put(given[first : first + 2000])


async def fail_heads(queue):
    due = queue.now() + 3600
    while taken := await queue.take({"dead": 2000}):
        await queue.finish(
            [Settlement(delivery=t.delivery, status=Status.WAITING, due=due) for t in taken]
        )


async def timed(call):
    started = perf_counter()
    result = await call
    return perf_counter() - started, result


async def measure(queue):
    takes, finishes = [], []
    while True:
        seconds, taken = await timed(queue.take({"dead": 200, "fresh": 20}))
        if not taken:
            return takes, finishes
        takes.append(seconds)
        done = [Settlement(delivery=t.delivery, status=Status.DELIVERED) for t in taken]
        finishes.append((await timed(queue.finish(done)))[0])


def fdatasync(folder, times=200):
    seconds = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(b"x" * 4096)
            started = perf_counter()
            os.fdatasync(file.fileno())
            seconds.append(perf_counter() - started)
    return seconds


def describe(name, seconds):
    cuts = quantiles(seconds, n=100)
    print(f"{name:<12} median {cuts[49] * 1000:7.2f} ms   p99 {cuts[98] * 1000:7.2f} ms")
    return cuts[98]


async def main(count):
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with await SqliteQueue.open(folder / "queue.db") as queue:
            await put_all(queue, events("dead", range(count), count // 10))
            await fail_heads(queue)
            await put_all(queue, events("fresh", range(2000), 2000))
            stats = (await queue.stats()).instances["dead"]
            print(f"waiting: {stats.counts[Status.WAITING]:,}")
            takes, finishes = await measure(queue)
        describe("fdatasync", fdatasync(folder))
        describe("finish", finishes)
        return describe("take", takes) <= GOAL


if __name__ == "__main__":
    COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    sys.exit(0 if asyncio.run(main(COUNT)) else 1)
