"""A destination for loads of the host: it posts an event to its partner, or does nothing with it.

`processes.py` installs it for the hosts that it starts. An event with `properties.poison` kills the
process that delivers it.
"""

import os
import signal

from destination_kit import Action, Context, Destination, Json, JsonObject, hookimpl

HOST = "partner.test"
FIELDS: JsonObject = {
    "type": "object",
    "properties": {"event": {"title": "Event", "type": "object", "default": {"@path": "$."}}},
}
#: A few fields, as most actions have. A whole event would measure how long its copy takes.
FEW_FIELDS: JsonObject = {
    "type": "object",
    "properties": {
        "user": {"title": "User", "type": "string", "default": {"@path": "$.userId"}},
        "name": {"title": "Name", "type": "string", "default": {"@path": "$.event"}},
        "total": {"title": "Total", "type": "number", "default": {"@path": "$.properties.total"}},
    },
}


async def post(context: Context, payload: JsonObject) -> Json:
    event = payload["event"]
    if event.get("properties", {}).get("poison"):
        os.kill(os.getpid(), signal.SIGKILL)
    await context.http.post(f"https://{HOST}/events", json=event)
    return None


async def discard(_context: Context, _payload: JsonObject) -> Json:
    return None


async def fail(_context: Context, _payload: JsonObject) -> Json:
    raise TimeoutError


DESTINATION = Destination(
    slug="actions-load",
    name="Load",
    hosts=(HOST,),
    actions={
        "post": Action(title="Post", fields=FIELDS, perform=post),
        "discard": Action(title="Discard", fields=FEW_FIELDS, perform=discard),
        "fail": Action(title="Fail", fields=FIELDS, perform=fail),
    },
)


@hookimpl
def register_destinations() -> list[Destination]:
    return [DESTINATION]
