"""A simulated Qualtrics for bulk imports, and an instance that imports into it."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from time import time
from typing import Any
from urllib.request import Request, urlopen

from destination_kit import Catalog, Delivered
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.simulator import load_config, running
from destinations.qualtrics_bulk import ACTION
from destinations.qualtrics_bulk.action import create_action
from destinations.qualtrics_bulk.open_imports import OpenImports

TOKEN, POOL, LIST = "bulk-t0ken", "POOL_bulk", "CG_bulk"
USER = "UR_000000000000001"
DIRECTORY = "/API/v3/directories/{directoryId}"
IMPORTS = f"POST {DIRECTORY}/mailinglists/{{mailingListId}}/transactioncontacts"
STATUS = f"GET {DIRECTORY}/mailinglists/{{mailingListId}}/transactioncontacts/{{importId}}"
MEMBERS = f"GET {DIRECTORY}/mailinglists/{{mailingListId}}/contacts"
BATCH = f"GET {DIRECTORY}/transactionbatches/{{batchId}}/transactions"


def config(rules=(("extRef",),), lists=(LIST,), **switches):
    directory = {"mergeRules": [*map(list, rules)], "mailingLists": {name: {} for name in lists}}
    known = {"tokens": {TOKEN: USER}, "directories": {POOL: directory}}
    return load_config({**known, "pages": {"listContacts": 1000}, **switches})


def document(hooks=None, batch=None, **mapping):
    subscription = {
        "name": "import",
        "action": ACTION,
        "useDefaultMapping": True,
        "mapping": {"directoryId": POOL, "mailingListId": LIST, **mapping},
    }
    if hooks:
        subscription["hooks"] = hooks
    subscription["batch"] = {"wait": 0, **(batch or {})}
    return {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": TOKEN, "datacenter": "iad1"},
        "subscriptions": [subscription],
    }


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


def catalog(clock=time, **changes):
    """Return a catalog whose action has open imports of its own."""
    action = replace(create_action(OpenImports(clock=clock)), **changes)
    return Catalog.of(replace(QUALTRICS, actions={**QUALTRICS.actions, ACTION: action}))


@dataclass(frozen=True)
class Bulk:
    """A live instance, and the simulator behind it."""

    live: Any
    url: str
    clock: Any

    async def send(self, events, **options):
        """Return the result of each event."""
        results = await self.live.send(events, **options)
        return [part.result for result in results for part in result.results]

    async def state(self, part):
        return await asyncio.to_thread(read_state, self.url, part)

    async def calls(self, route):
        return (await self.state("calls")).get(route, {})

    async def switch(self, **switches):
        await asyncio.to_thread(post, f"{self.url}/_sim/config", switches)

    async def until_all_jobs_have_ended(self):
        """Wait for the jobs, then for the time after which a lost import has ended."""
        async with asyncio.timeout(30):
            while any(job == "running" for job in await self.state("imports")):  # noqa: ASYNC110 - another process ends the jobs
                await asyncio.sleep(0.05)
        self.clock.now += 600.0

    async def create_batch(self):
        return await asyncio.to_thread(create_batch, self.url)


@asynccontextmanager
async def bulk(configuration=None, instance=None):
    """Run a simulator with an instance on it."""
    clock = Clock()
    configured = catalog(clock).configure(instance or document())
    async with (
        running(configuration or config()) as url,
        configured.open(connect_to={"*.qualtrics.com": url}) as live,
    ):
        yield Bulk(live, url, clock)


def read_state(url, part):
    with urlopen(f"{url}/_sim/state?part={part}") as answer:  # noqa: S310 - our own server
        return json.load(answer)[part]


def post(url, body, **headers):
    sent = {"Content-Type": "application/json", **headers}
    request = Request(url, json.dumps(body).encode(), sent, method="POST")  # noqa: S310 - our own server
    with urlopen(request) as answer:  # noqa: S310 - our own server
        return json.load(answer)


def create_batch(url, directory=POOL, token=TOKEN):
    target = f"{url}/API/v3/directories/{directory}/transactionbatches"
    return post(target, {"transactionIds": []}, **{"X-API-TOKEN": token})["result"]["id"]


def people(count, **more):
    return [{"type": "identify", "userId": f"u{number}", **more} for number in range(count)]


def contact_ids(results):
    assert {type(result) for result in results} == {Delivered}
    return {result.response["contactId"] for result in results}
