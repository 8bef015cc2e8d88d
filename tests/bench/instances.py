"""Benchmark of many instances: memory and time per instance.

    python -m tests.bench.instances [COUNT]

It configures and opens COUNT Qualtrics instances (1,000 by default) with three subscriptions each,
and sends an event to each. The transport responds in this process.
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
    """Return an instance document with its own token and directory."""
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
            "mapping": own_mapping,
            "useDefaultMapping": True,
        }
        for action, (kind, own_mapping) in mappings.items()
    ]
    return {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": f"token-{number}", "datacenter": "iad1"},
        "subscriptions": subscriptions,
    }


def respond(_: httpx.Request) -> httpx.Response:
    """Respond as Qualtrics does after it has created a contact."""
    return httpx.Response(200, json={"result": {"id": "CID_1"}, "meta": {}})


async def run(count: int) -> None:
    """Run the steps, each for all instances, and print the cost of each step."""
    catalog = Catalog.of(QUALTRICS)
    catalog.configure(document(0))  # fills the caches, which are not part of an instance's cost
    instances = await _step("configure", count, lambda: _configured(count, catalog))
    lives = await _step("open", count, lambda: _opened(instances))
    await _step("send", count, lambda: _sent(lives))
    await _step("close", count, lambda: asyncio.gather(*(live.aclose() for live in lives)))


async def _configured(count: int, catalog: Catalog) -> list[Instance]:
    return [catalog.configure(document(number)) for number in range(count)]


async def _opened(instances: list[Instance]) -> list[Live]:
    transport = httpx.MockTransport(respond)
    return [instance.open(transport=transport) for instance in instances]


async def _sent(lives: list[Live]) -> None:
    for outcomes in await asyncio.gather(*(live.send([EVENT]) for live in lives)):
        if not outcomes[0].ok:
            raise SystemExit(str(outcomes[0]))


async def _step(name: str, count: int, run_step: Callable[[], Awaitable[T]]) -> T:
    before, started = _kilobytes(), perf_counter()
    result = await run_step()
    milliseconds = (perf_counter() - started) * 1000 / count
    kilobytes = (_kilobytes() - before) / count
    print(f"{name:<10}{milliseconds:>8.2f} ms each {kilobytes:>8.1f} KB each")
    return result


def _kilobytes() -> float:
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
