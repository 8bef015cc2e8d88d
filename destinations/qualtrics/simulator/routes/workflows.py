"""Routes of workflow triggers: every path under `/inbound-event/` accepts a JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.authentication import authenticate_workflow_request
from destinations.qualtrics.simulator.requests import ApiRequest, Endpoint, parse_json_object
from destinations.qualtrics.simulator.responses import ApiError, ApiResult

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.world import World


def trigger_workflow(world: World, request: ApiRequest) -> ApiResult:
    """Accept an event; the response never reports the outcome of the workflow."""
    settings = world.config.workflow
    accepted_tokens = settings.url_tokens
    if accepted_tokens is not None and request.query.get("urlTokenId") not in accepted_tokens:
        raise ApiError(404, "There is no such event.")
    user_id = None
    if settings.token_checked:
        user_id = authenticate_workflow_request(world.config, request.headers)
    if len(request.body) > settings.payload_bytes:
        message = f"An event has at most {settings.payload_bytes} bytes."
        raise ApiError(settings.too_large_status, message)
    payload = parse_json_object(world, request)
    # The query holds the workflow's secret, and `/_sim/state` shows the runs without credentials.
    # So only the path is stored.
    world.workflow_runs.append({"path": request.path, "user": user_id, "payload": payload})
    return ApiResult(status=settings.status, has_empty_body=settings.body == "empty")


ENDPOINTS = (
    # The middleware would refuse a request without a token. Some public callers of workflow URLs
    # send none, so authentication seems to be optional, as `tokenChecked` is here.
    Endpoint("POST", "/inbound-event/{path:path}", trigger_workflow, is_authenticated=False),
)
