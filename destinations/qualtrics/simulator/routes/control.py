"""The simulator's own routes under `/_sim/`, which need no token and count nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from destinations.qualtrics.simulator.config_loading import load_config
from destinations.qualtrics.simulator.record_loader import ConfigError, merge_patch, render_record
from destinations.qualtrics.simulator.routes.contacts import show_contact
from destinations.qualtrics.simulator.routes.transactions import show_transaction
from destinations.qualtrics.simulator.seeding import configure_world, create_world

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from destinations.qualtrics.simulator.config import Config
    from destinations.qualtrics.simulator.record_loader import Json
    from destinations.qualtrics.simulator.store import Store
    from destinations.qualtrics.simulator.world import World


@dataclass(slots=True)
class Simulation:
    """The running world, and the configuration that a reset goes back to."""

    start: Config
    world: World


def control_routes(simulation: Simulation) -> list[Route]:
    """Return the routes that show, change and reset a simulation."""

    async def state(request: Request) -> Response:
        return JSONResponse(show_world(simulation.world, request.query_params.get("part")))

    async def config(request: Request) -> Response:
        return change(simulation, await request.body())

    async def reset(_: Request) -> Response:
        simulation.world = create_world(simulation.start, simulation.world.clock)
        return JSONResponse({"ok": True})

    return [
        Route("/_sim/state", state),
        Route("/_sim/config", config, methods=["POST"]),
        Route("/_sim/reset", reset, methods=["POST"]),
    ]


def change(simulation: Simulation, content: bytes) -> Response:
    """Merge `content` (RFC 7386; null takes a switch back to its default) into the switches."""
    world = simulation.world
    try:
        document = merge_patch(render_record(world.config), json.loads(content))
        configure_world(world, load_config(document))
    except ConfigError as error:
        return JSONResponse({"pointer": error.pointer, "message": str(error)}, status_code=400)
    except ValueError as error:
        return JSONResponse({"pointer": "", "message": str(error)}, status_code=400)
    return JSONResponse({"ok": True})


def show_world(world: World, part: str | None) -> Mapping[str, Json]:
    """Return all of the state, or one `part` of it."""
    parts: dict[str, Callable[[World], Json]] = {
        "counts": _counts,
        "calls": lambda world: {name: dict(counts) for name, counts in world.calls.items()},
        "contacts": lambda world: _each(world, _contacts),
        "mailingLists": lambda world: _each(world, _lists),
        "transactions": lambda world: _each(world, _transactions),
        "workflowRuns": lambda world: world.runs,
    }
    wanted = [part] if part in parts else list(parts)
    return {name: parts[name](world) for name in wanted}


def _counts(world: World) -> Json:
    stores = world.stores.values()
    return {
        "contacts": sum(len(store.live.contacts) for store in stores),
        "transactions": sum(len(store.transactions) for store in stores),
        "workflowRuns": len(world.runs),
        "calls": sum(counts.total() for counts in world.calls.values()),
    }


def _each(world: World, show: Callable[[Store], Json]) -> Json:
    return {directory_id: show(store) for directory_id, store in world.stores.items()}


def _contacts(store: Store) -> Json:
    return [show_contact(contact, store) for contact in store.live.contacts.values()]


def _lists(store: Store) -> Json:
    return {
        list_id: {"name": roll.name, "contacts": list(roll.members)}
        for list_id, roll in store.rolls.items()
    }


def _transactions(store: Store) -> Json:
    return [show_transaction(each) for each in store.transactions.values()]
