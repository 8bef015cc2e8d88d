"""A host that its tests kill: it keeps events, delivers them, and prints what it was promised.

    python killed.py FILE MODE

`flow` puts, takes and finishes without an end, and prints each put and each finish that is
durable. `hold` takes everything that is due and never finishes it. `fill` puts until the disk is
full, makes room, and goes on.
"""

import asyncio
import json
import resource
import sys
from itertools import count

from destination_host.queue import NewEvent, QueueFullError, Route, Settlement, Status
from destination_host.queue.sqlite import SqliteQueue

USERS = 5


def event(number):
    route = Route("a", f"userId {number % USERS}")
    body = json.dumps({"n": number}).encode()
    return NewEvent("web", body, 1_000_000.0, [route], str(number))


async def flow(queue):
    async def put():
        for batch in count():
            numbers = range(batch * 10, batch * 10 + 10)
            await queue.put([event(number) for number in numbers])
            print("put", *numbers, flush=True)

    async def deliver():
        while True:
            taken = await queue.take({"a": 20})
            print("took", *(json.loads(one.body)["n"] for one in taken), flush=True)
            await queue.finish(
                [Settlement(delivery=one.delivery, status=Status.DELIVERED) for one in taken]
            )
            print("finished", *(json.loads(one.body)["n"] for one in taken), flush=True)

    await asyncio.gather(put(), deliver())


async def hold(queue):
    taken = await queue.take({"a": 100})
    print("took", *(json.loads(one.body)["n"] for one in taken), flush=True)
    await asyncio.Event().wait()


async def fill(queue):
    kept = []
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    for number in count():
        large = NewEvent("web", json.dumps("x" * 5000).encode(), 1.0, [Route("a")], str(number))
        try:
            await queue.put([large])
        except QueueFullError as error:
            print("full", error, flush=True)
            break
        kept.append(number)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await queue.put([event(1_000_000)])
    print("kept", *kept, 1_000_000, flush=True)


async def main(path, mode):
    async with await SqliteQueue.open(path) as queue:
        await {"flow": flow, "hold": hold, "fill": fill}[mode](queue)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
