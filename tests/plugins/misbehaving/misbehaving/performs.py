"""Brings a destination whose actions misbehave when they run."""

import asyncio
import logging
import time

from destination_kit import Action, BatchLimits, Destination, hookimpl

SETTINGS = {
    "type": "object",
    "required": ["token"],
    "properties": {"token": {"type": "string", "title": "Token", "format": "password"}},
}
FIELDS = {
    "type": "object",
    "properties": {"list": {"type": "array", "default": {"@path": "$.list"}}},
}


async def answer(context, payload):
    """Behave."""
    return {"list": payload["list"]}


async def change(context, payload):
    """Change everything that is at hand."""
    payload["list"].append("changed")
    context.settings["token"] = "changed"


async def log(context, payload):
    """Show the settings, and raise them."""
    logging.getLogger("performs").warning("%s %s", dict(context.settings), context)
    raise ValueError(f"{context.settings} {context.settings['token']}")


async def block(context, payload):
    """Hold up the event loop."""
    time.sleep(8)  # noqa: ASYNC251 - that is what it does


async def cling(context, payload):
    """Ignore that nobody waits any more."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue


async def leak(context, payload):
    """Start calls, and leave them behind."""
    leak.calls = [
        asyncio.create_task(context.http.get("https://api.performs.example")) for _ in range(30)
    ]
    await asyncio.sleep(0.1)


async def end(context, payload):
    """Try to end the host."""
    raise SystemExit


async def count(context, payloads):
    """Answer once for all."""
    return [{"all": len(payloads)}]


PERFORMS = {each.__name__: each for each in (answer, change, log, block, cling, leak, end)}


def action(name, **more):
    """Return an action that starts with the event of its name."""
    return Action(title=name, trigger=f'event = "{name}"', fields=FIELDS, **more)


@hookimpl
def register_destinations():
    """Bring it."""
    actions = {name: action(name, perform=perform) for name, perform in PERFORMS.items()}
    actions["count"] = action(
        "count", perform=answer, perform_batch=count, batch=BatchLimits(wait=0.05)
    )
    hosts = ("*.performs.example",)
    return [
        Destination(
            slug="performs", name="Performs", settings=SETTINGS, hosts=hosts, actions=actions
        )
    ]
