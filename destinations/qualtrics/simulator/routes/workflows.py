"""Workflow triggers: any address under `/inbound-event/` takes a JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.authentication import workflow_user
from destinations.qualtrics.simulator.requests import Call, Endpoint, read_object
from destinations.qualtrics.simulator.responses import Answer, Refusal

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.world import World


def trigger_workflow(world: World, call: Call) -> Answer:
    """Take an event; the answer says that it arrived, never what the workflow made of it."""
    rules = world.config.workflow
    if rules.url_tokens is not None and call.query.get("urlTokenId") not in rules.url_tokens:
        raise Refusal(404, "There is no such event.")
    user = workflow_user(world.config, call.headers) if rules.token_checked else None
    if len(call.content) > rules.payload_bytes:
        raise Refusal(rules.too_large_status, f"An event has at most {rules.payload_bytes} bytes.")
    payload = read_object(world, call)
    # The query is a secret: it is kept nowhere.
    world.runs.append({"path": call.target, "user": user, "payload": payload})
    return Answer(status=rules.status, bare=rules.body == "empty", result={})


ENDPOINTS = (Endpoint("POST", "/inbound-event/{path:path}", trigger_workflow, authenticated=False),)
