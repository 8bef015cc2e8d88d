"""What many configured and open instances cost: memory and time of each.

    python -m tests.bench.instances [COUNT]

One Qualtrics instance with three subscriptions is configured, opened and sent an event, as often
as asked for (1,000); the transport answers in this process.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import TypeVar

import httpx

from destination_kit import Catalog, Instance, Json, JsonObject, Live
from destinations.qualtrics import QUALTRICS

EVENT: JsonObject = {"type": "identify", "userId": "u-1", "traits": {"email": "u@example.com"}}
T = TypeVar("T")


def document(number: int) -> JsonObject:
    """Return an instance document with a token and directory of its own."""
    mapping: dict[str, Json] = {"directoryId": f"POOL_{number}", "mailingListId": "CG_1"}
    url = "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=1"
    mappings: dict[str, tuple[str, dict[str, Json]]] = {
        "addContactToXmd": ("identify", mapping),
        "upsertContactTransaction": ("track", mapping),
        "triggerXflowWorkflow": ("page", {"workflowUrl": url}),
    }
    subscriptions: list[Json] = [
        {
            "action": action,
            "trigger": f'type = "{kind}"',
            "mapping": given,
            "useDefaultMapping": True,
        }
        for action, (kind, given) in mappings.items()
    ]
    return {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": f"token-{number}", "datacenter": "iad1"},
        "subscriptions": subscriptions,
    }


def answer(_: httpx.Request) -> httpx.Response:
    """Answer as Qualtrics does when it has made a contact."""
    return httpx.Response(200, json={"result": {"id": "CID_1"}, "meta": {}})


async def run(count: int) -> None:
    """Take one step for all instances after the other, and print what each cost."""
    catalog = Catalog.of(QUALTRICS)
    catalog.configure(document(0))  # what is made once is made now
    instances = await _step("configure", count, lambda: _each(count, catalog))
    lives = await _step("open", count, lambda: _opened(instances))
    await _step("send", count, lambda: _sent(lives))
    await _step("close", count, lambda: asyncio.gather(*(each.aclose() for each in lives)))


async def _each(count: int, catalog: Catalog) -> list[Instance]:
    return [catalog.configure(document(number)) for number in range(count)]


async def _opened(instances: list[Instance]) -> list[Live]:
    transport = httpx.MockTransport(answer)
    return [each.open(transport=transport) for each in instances]


async def _sent(lives: list[Live]) -> None:
    for outcomes in await asyncio.gather(*(each.send([EVENT]) for each in lives)):
        if not outcomes[0].ok:
            raise SystemExit(str(outcomes[0]))


async def _step(name: str, count: int, take: Callable[[], Awaitable[T]]) -> T:
    before, started = _kilobytes(), perf_counter()
    made = await take()
    each = (perf_counter() - started) * 1000 / count
    print(f"{name:<10}{each:>8.2f} ms each {(_kilobytes() - before) / count:>8.1f} KB each")
    return made


def _kilobytes() -> float:
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
