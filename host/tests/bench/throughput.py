"""Events per second through the queue alone: SQLite beside memory, in one run.

    python -m host.tests.bench.throughput [EVENTS]

Eight senders put 20 events a call, and a worker takes and finishes what is due.
"""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from destination_host.queue import NewEvent, Route, Settlement, Status
from destination_host.queue.memory import MemoryQueue
from destination_host.queue.sqlite import SqliteQueue
from host.tests.bench.outage import BODY

SENDERS, SIZE = 8, 20


async def send(queue, numbers):
    for first in range(0, len(numbers), SIZE):
        await queue.put(
            [
                NewEvent("web", BODY, 1.0, [Route("a", f"userId {n % 5000}")], str(n))
                for n in numbers[first : first + SIZE]
            ]
        )


async def deliver(queue, count):
    while count:
        taken = await queue.take({"a": 500})
        await queue.finish(
            [Settlement(delivery=t.delivery, status=Status.DELIVERED) for t in taken]
        )
        count -= len(taken)
        if not taken:
            await asyncio.sleep(0.001)


async def measure(queue, count):
    started = perf_counter()
    shares = [range(sender, count, SENDERS) for sender in range(SENDERS)]
    await asyncio.gather(deliver(queue, count), *(send(queue, share) for share in shares))
    return count / (perf_counter() - started)


async def main(count):
    with TemporaryDirectory() as folder:
        memory = await measure(MemoryQueue(), count)
        async with await SqliteQueue.open(Path(folder) / "queue.db") as queue:
            sqlite = await measure(queue, count)
    print(f"memory {memory:,.0f}/s, SQLite {sqlite:,.0f}/s, share {sqlite / memory:.2f}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
