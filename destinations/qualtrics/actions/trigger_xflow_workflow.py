"""Action triggerXflowWorkflow: start a workflow with data of the event."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from destination_kit import Action, Context, Json, JsonObject
from destinations.qualtrics import client
from destinations.qualtrics.workflows import (
    EXAMPLE_URL,
    URL_PATTERN,
    check_payload_size,
    check_workflow_url,
)


class WorkflowPayload(TypedDict):
    """The URL of a workflow, and the data that it starts with."""

    workflowUrl: str
    eventPayload: NotRequired[JsonObject]


FIELDS: JsonObject = {
    "type": "object",
    "properties": {
        "workflowUrl": {
            "title": "Workflow URL",
            "description": "The whole URL that the workflow's event shows in Qualtrics. Keep it"
            " secret: the URL alone can start the workflow. [How to set up such an event and"
            " find its URL](https://static-assets.qualtrics.com/static/integrations-external/"
            "twilio_segment_event_webhook_setup_instructions.pdf)",
            "type": "string",
            "format": "uri",
            "pattern": URL_PATTERN,
            "x-pattern-message": "has to be the whole https URL that the workflow's event shows,"
            " below /inbound-event/, without a user or a port",
            "writeOnly": True,
            "x-request-url": True,
            "examples": [EXAMPLE_URL],
        },
        "eventPayload": {
            "title": "Event payload",
            "description": "What the workflow gets to see, as names and values; up to 100 KB.",
            "type": "object",
            "x-object-editor": "keyvalue",
            "default": {
                name: {"@path": f"$.{name}"}
                for name in ("event", "type", "userId", "properties", "traits", "context")
            },
        },
    },
    "required": ["workflowUrl"],
    "additionalProperties": False,
}


async def perform(context: Context, payload: WorkflowPayload) -> Json:
    """Start the workflow; return the partner's request id. How the run ends is not reported."""
    url, event = payload["workflowUrl"], payload.get("eventPayload") or {}
    check_workflow_url(url)
    check_payload_size(event)
    return {"requestId": await client.start_workflow(context, url, event)}


TRIGGER_XFLOW_WORKFLOW = Action(
    title="Start a workflow in Qualtrics",
    description="Start a workflow in Qualtrics, with data of the event for it to work on.",
    fields=FIELDS,
    perform=perform,
)
