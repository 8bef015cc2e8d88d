"""Start a workflow with what the event says."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from destination_kit import Action, Context, Json, JsonObject
from destinations.qualtrics import client
from destinations.qualtrics.workflows import check_size, check_url


class Payload(TypedDict):
    """A workflow's URL, and what it is started with."""

    workflowUrl: str
    eventPayload: NotRequired[JsonObject]


FIELDS: JsonObject = {
    "type": "object",
    "properties": {
        "workflowUrl": {
            "title": "Workflow URL",
            "description": "The whole URL that the workflow's event shows in Qualtrics. Keep it to"
            " yourself: whoever has it can start the workflow. [How to set up such an event and"
            " find its URL](https://static-assets.qualtrics.com/static/integrations-external/"
            "twilio_segment_event_webhook_setup_instructions.pdf)",
            "type": "string",
            "format": "uri",
            "writeOnly": True,
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


async def perform(context: Context, payload: Payload) -> Json:
    """Start the workflow; that Qualtrics took the payload says nothing about how it will end."""
    url, event = payload["workflowUrl"], payload.get("eventPayload") or {}
    check_url(url)
    check_size(event)
    return {"requestId": await client.start_workflow(context, url, event)}


TRIGGER_WORKFLOW = Action(
    title="Start a workflow in Qualtrics",
    description="Start a workflow in Qualtrics, with data of the event for it to work on.",
    fields=FIELDS,
    perform=perform,
)
