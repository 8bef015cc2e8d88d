"""A host with every installed plugin: it prints, as JSON, what it sees of each.

python host.py URL     where a simulated Qualtrics listens; what is logged goes to stderr
"""

import asyncio
import json
import logging
import socket
import sys
from dataclasses import asdict

from destination_kit import Catalog

TOKEN = "h0st-t0ken-7a"
MISDEEDS = ("change", "log", "cling", "leak", "end", "count", "block")


def document(destination, settings, *actions):
    subscriptions = [{"action": each, "mapping": {}, "useDefaultMapping": True} for each in actions]
    return {"destination": destination, "settings": settings, "subscriptions": subscriptions}


def shown(outcome):
    return [asdict(each.result) for each in outcome.results]


async def misbehave(catalog, deaf):
    """Return what became of each misdeed, and of events that were sent beside it."""
    settings = {"token": {"$secret": "token"}}
    wanted = document("performs", settings, "answer", *MISDEEDS)
    instance = catalog.configure(wanted, secrets=lambda _: TOKEN)
    apart = instance.open_in_thread(connect_to={"*.performs.example": deaf})
    found = {}
    async with apart:
        for name in MISDEEDS:
            event = {"type": "track", "event": name, "list": [name]}
            beside = {"type": "track", "event": "answer", "list": ["beside"]}
            first, other, _ = await apart.send([event, beside, event], deadline=2.0)
            found[name] = {"result": shown(first), "beside": shown(other), "list": event["list"]}
        await apart.aclose(deadline=0.5)
    return found


async def deliver(catalog, url):
    """Return what became of an event for Qualtrics."""
    settings = {"apiToken": "h0st-t0ken", "datacenter": "iad1"}
    wanted = document("actions-qualtrics", settings, "addContactToXmd")
    wanted["subscriptions"][0]["mapping"] = {"directoryId": "POOL_host"}
    async with catalog.configure(wanted).open(connect_to={"*.qualtrics.com": url}) as live:
        [outcome] = await live.send([{"type": "identify", "userId": "u-1", "traits": {}}])
    return shown(outcome)


async def main(url):
    catalog = Catalog.installed(hook_timeout=1.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:  # it never answers
        deaf = f"http://127.0.0.1:{listener.getsockname()[1]}"
        misdeeds, qualtrics = await asyncio.gather(misbehave(catalog, deaf), deliver(catalog, url))
    left_out = [asdict(each) for each in catalog.failures]
    print(
        json.dumps(
            {
                "destinations": list(catalog.destinations),
                "leftOut": left_out,
                "misdeeds": misdeeds,
                "qualtrics": [qualtrics, await deliver(catalog, url)],
            }
        )
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(main(sys.argv[1]))
