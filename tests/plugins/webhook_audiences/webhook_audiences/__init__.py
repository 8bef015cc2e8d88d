"""Webhook Audiences as a destination."""

from __future__ import annotations

from destination_kit import Audience, Authentication, Destination, hookimpl

from webhook_audiences.actions import ACTIONS
from webhook_audiences.audiences import create_audience, get_audience
from webhook_audiences.presets import PRESETS
from webhook_audiences.settings import SETTINGS

WEBHOOK_AUDIENCES = Destination(
    slug="actions-webhook-audiences",
    name="Webhook Audiences",
    settings=SETTINGS,
    authentication=Authentication(scheme="custom"),
    actions=ACTIONS,
    presets=PRESETS,
    audience=Audience(
        mode="synced",
        functions=True,
        create_audience=create_audience,
        get_audience=get_audience,
        settings={
            "type": "object",
            "properties": {
                "extras": {
                    "title": "Extra JSON fields to pass on to every request (as a JSON string)",
                    "description": "Extra JSON fields to pass on to every request. This must be a"
                    ' valid JSON string (e.g., "{\\"hello\\": \\"world\\", \\"foo\\":'
                    ' \\"bar\\"}"). The JSON will be parsed and merged into each request payload.'
                    ' Note: "externalId" and "audienceName" are reserved keys and cannot be used.',
                    "type": "string",
                },
            },
            "additionalProperties": False,
        },
    ),
)


@hookimpl
def register_destinations() -> list[Destination]:
    """Register the destination."""
    return [WEBHOOK_AUDIENCES]
