"""What every test shares: no network but loopback, and a small destination to try things on."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

from destination_kit import Action, Catalog, Context, Destination, Instance, JsonObject

LOOPBACK = (None, "", "localhost", "127.0.0.1", "::1", b"127.0.0.1")
# How fast a busy machine makes examples says nothing about what they show.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def _no_network(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse every name that is looked up and every connection that leaves this machine."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host not in LOOPBACK:
        msg = f"a test reached for the network: {host}"
        raise RuntimeError(msg)


sys.addaudithook(_no_network)


async def echo(_context: Context, payload: JsonObject) -> JsonObject:
    return {"echo": payload}


ECHO = Destination(
    slug="echo",
    name="Echo",
    settings={
        "type": "object",
        "properties": {"token": {"type": "string", "format": "password", "writeOnly": True}},
    },
    actions={
        "say": Action(
            title="Say",
            trigger='type = "track"',
            fields={
                "type": "object",
                "required": ["word"],
                "properties": {
                    "word": {"type": "string", "title": "Word", "default": {"@path": "$.event"}},
                    "times": {"type": "number", "title": "Times"},
                },
            },
            perform=echo,
        )
    },
)


@pytest.fixture
def echo_destination() -> Destination:
    return ECHO


@pytest.fixture
def configured() -> Callable[..., Instance]:
    """Return destination, subscriptions -> instance; by default one with every default mapping."""

    def configure(destination: Destination = ECHO, *subscriptions: JsonObject) -> Instance:
        defaults = [{"action": slug, "useDefaultMapping": True} for slug in destination.actions]
        document = {
            "destination": destination.slug,
            "subscriptions": list(subscriptions) or defaults,
        }
        return Catalog.of(destination).configure(document)

    return configure
