"""Routes of the simulator itself under `/_sim/`: state, configuration and reset.

They need no credentials and no Host of Qualtrics, and they do not count as requests.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from destinations.qualtrics.simulator.config_loading import load_config
from destinations.qualtrics.simulator.record_loader import ConfigError, merge_patch, render_record
from destinations.qualtrics.simulator.routes.contacts import render_contact
from destinations.qualtrics.simulator.routes.imports import run_imports
from destinations.qualtrics.simulator.routes.transactions import render_transaction
from destinations.qualtrics.simulator.seeding import configure_world, create_world

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from destinations.qualtrics.simulator.json_types import Json
    from destinations.qualtrics.simulator.store import DirectoryStore
    from destinations.qualtrics.simulator.world import Simulation, World


def create_control_routes(simulation: Simulation) -> list[Route]:
    """Return the routes that show, reconfigure and reset a simulation."""

    # A reset replaces `simulation.world`. A handler that kept the world in a variable would go on
    # with the old one.
    async def show_state(request: Request) -> Response:
        run_imports(simulation.world)
        simulation.world.apply_late_writes()
        return JSONResponse(render_state(simulation.world, request.query_params.get("part")))

    async def change_config(request: Request) -> Response:
        return apply_config_patch(simulation.world, await request.body())

    async def reset(_: Request) -> Response:
        simulation.world = create_world(simulation.initial_config, simulation.world.clock)
        return JSONResponse({"ok": True})

    return [
        Route("/_sim/state", show_state),
        Route("/_sim/config", change_config, methods=["POST"]),
        Route("/_sim/reset", reset, methods=["POST"]),
    ]


def apply_config_patch(world: World, content: bytes) -> Response:
    """Apply an RFC 7386 merge patch to the configuration; null restores an option's default.

    An invalid patch changes nothing. The response then has status 400, the JSON Pointer of the
    problem and a message.
    """
    try:
        document = merge_patch(render_record(world.config), json.loads(content))
        configure_world(world, load_config(document))
    except ConfigError as error:
        return JSONResponse({"pointer": error.pointer, "message": str(error)}, status_code=400)
    except ValueError as error:
        return JSONResponse({"pointer": "", "message": str(error)}, status_code=400)
    return JSONResponse({"ok": True})


def render_state(world: World, part: str | None) -> Mapping[str, Json]:
    """Return one part of the state by name, or all parts if there is no such part."""
    renderers: dict[str, Callable[[World], Json]] = {
        "counts": _render_counts,
        "calls": lambda world: {
            route: dict(outcomes) for route, outcomes in world.request_counts.items()
        },
        "contacts": lambda world: _render_directories(world, _render_contacts),
        "mailingLists": lambda world: _render_directories(world, _render_mailing_lists),
        "transactions": lambda world: _render_directories(world, _render_transactions),
        "imports": lambda world: [
            "ended" if job.has_ended else "running" for job in world.imports.jobs.values()
        ],
        "workflowRuns": lambda world: world.workflow_runs,
    }
    names = [part] if part in renderers else list(renderers)
    return {name: renderers[name](world) for name in names}


def _render_counts(world: World) -> Json:
    stores = world.stores.values()
    return {
        "contacts": sum(len(store.current.contacts) for store in stores),
        "transactions": sum(len(store.transactions) for store in stores),
        "workflowRuns": len(world.workflow_runs),
        "calls": sum(outcomes.total() for outcomes in world.request_counts.values()),
    }


def _render_directories(world: World, render: Callable[[DirectoryStore], Json]) -> Json:
    return {directory_id: render(store) for directory_id, store in world.stores.items()}


def _render_contacts(store: DirectoryStore) -> Json:
    return [render_contact(contact, store) for contact in store.current.contacts.values()]


def _render_mailing_lists(store: DirectoryStore) -> Json:
    return {
        list_id: {"name": mailing_list.name, "contacts": list(mailing_list.member_ids)}
        for list_id, mailing_list in store.mailing_lists.items()
    }


def _render_transactions(store: DirectoryStore) -> Json:
    return [render_transaction(transaction) for transaction in store.transactions.values()]
