"""A host in the event loop of a test, on real sockets, and a partner that remembers."""

import asyncio
import json
from contextlib import asynccontextmanager
from functools import partial

import httpx

from destination_host.config.loading import load_config
from destination_host.monitoring import Monitor
from destination_host.queue import Filter, Status
from destination_host.queue.sqlite import SqliteQueue
from destination_host.serve.host import Host
from destination_kit import Action, Catalog, Destination

KEY = "k-website"
SECRETS = {"WEB_KEY": KEY, "APP_KEY": "k-app", "TOKEN": "t-admin"}


class Partner:
    """A destination that remembers the events that reached it."""

    def __init__(self, **definition):
        self.received = []
        #: Set when a delivery has begun.
        self.started = asyncio.Event()
        #: Set when an event was accepted.
        self.accepted = asyncio.Event()
        #: Raised for every event, while it is set.
        self.error = None
        self.gate = asyncio.Event()
        self.gate.set()
        fields = {
            "type": "object",
            "properties": {
                "event": {"title": "Event", "type": "object", "default": {"@path": "$."}}
            },
        }
        action = Action(title="Post", fields=fields, perform=self._perform)
        self.catalog = Catalog.of(
            Destination(
                slug="actions-partner", name="Partner", actions={"post": action}, **definition
            )
        )

    async def _perform(self, _context, payload):
        self.started.set()
        await self.gate.wait()
        if self.error:
            raise self.error
        self.received.append(payload["event"])
        self.accepted.set()


def instance(trigger='userId != "none"', **more):
    post = {"name": "Post", "action": "post", "trigger": trigger, "useDefaultMapping": True}
    return {"destination": "actions-partner", "settings": {}, "subscriptions": [post], **more}


def document(**more):
    return {
        "sources": {"web": {"writeKeys": [{"$secret": "WEB_KEY"}], "destinations": ["partner"]}},
        "destinations": {"partner": instance()},
        "listen": {"ingress": {"port": 0}, "administration": {"port": 0}},
        "limits": {"freeBytes": 0},
        **more,
    }


def write_config(folder, config):
    path = folder / "host.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


async def scrape(host, **headers):
    """Return the exposition of a running host."""
    async with httpx.AsyncClient(base_url=host.host.urls["administration"]) as client:
        response = await client.get("/metrics", headers=headers)
    assert response.status_code == 200
    return response.text


class Running:
    """A running host, and a client for it."""

    def __init__(self, host, queue, client, path, partner):
        self.host, self.queue, self.client = host, queue, client
        self.path, self.partner = path, partner

    async def post(self, path, body, key=KEY, **options):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        auth = (key, "") if key else None
        return await self.client.post(path, content=content, auth=auth, **options)

    async def send(self, *items, **batch):
        response = await self.post("/v1/batch", {"batch": [*items], **batch})
        assert response.status_code == 200
        assert response.json() == {"success": True}

    async def bodies(self):
        """Return the events in the queue, oldest first."""
        found = await self.queue.find(Filter(), limit=1000)
        shown = [await self.queue.show(row.delivery) for row in found]
        return [json.loads(one.body) for one in reversed(shown)]

    async def settled(self, count=1):
        """Wait until this many deliveries are final; return them, oldest first."""
        async with asyncio.timeout(60):
            while True:
                found = await self.queue.find(Filter(), limit=1000)
                final = [
                    row for row in found if row.status not in (Status.WAITING, Status.IN_FLIGHT)
                ]
                if len(final) >= count:
                    return final[::-1]
                await asyncio.sleep(0.02)

    async def rejected(self):
        return [item for _, item in await self.queue.rejected()]


@asynccontextmanager
async def running(folder, config=None, partner=None, clock=None, telemetry=None, connect_to=None):
    partner = partner or Partner()
    path = write_config(folder, config or document())
    load = partial(load_config, path, partner.catalog, SECRETS.get)
    loaded = load()
    monitor = Monitor(telemetry)
    queue = await SqliteQueue.open(
        loaded.queue_file,
        retention=loaded.retention,
        clock=clock,
        on_commit=monitor.record_commit,
    )
    async with queue:
        host = Host(loaded, queue, load, connect_to or {}, monitor)
        task = asyncio.create_task(host.run())
        serving = asyncio.create_task(host.is_serving.wait())
        await asyncio.wait((task, serving), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            serving.cancel()
            await task
        try:
            async with httpx.AsyncClient(base_url=host.urls["ingress"], timeout=30) as client:
                yield Running(host, queue, client, path, partner)
        finally:
            partner.gate.set()
            host.stop()
            await task
