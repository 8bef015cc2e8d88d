"""What every test shares: no network but loopback, and a small destination to try things on."""

import signal
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

from destination_kit import Action, Catalog, Context, Destination, Instance, JsonObject
from destination_kit.testing import no_network

# How fast a busy machine makes examples says nothing about what they show.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


# `nohup` and some CI runners ignore SIGHUP, and every process that a test starts would inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

NETWORK = ExitStack()
NETWORK.enter_context(no_network())


#: Tests that wait longest: for limits of a partner, for processes, for jobs.
WAITING = (
    "tests/end_to_end/",
    "tests/qualtrics_bulk/",
    "tests/contracts/",
    "tests/qualtrics/",
    "host/",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits: at the end of a run, one process would wait for it, and no other work."""
    items.sort(
        key=lambda item: (
            not item.get_closest_marker("broker"),
            not item.nodeid.startswith(WAITING),
        )
    )


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
