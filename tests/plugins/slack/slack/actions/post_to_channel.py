"""Post Message."""

from __future__ import annotations

import re
from typing import Required, TypedDict

from destination_kit import Action, Context, IntegrationError, JsonObject, Response

WEBHOOK = re.compile(r"https://[a-zA-Z0-9.-]+\.slack\.com/[/a-zA-Z0-9]*")

FIELDS: JsonObject = {
    "type": "object",
    "properties": {
        "url": {
            "title": "Webhook URL",
            "description": "The webhook provided by Slack to connect with the desired Slack"
            " workspace.",
            "format": "uri",
            "type": "string",
        },
        "text": {
            "title": "Message",
            "description": "The text message to post to Slack. You can use [Slack's formatting"
            " syntax.](https://api.slack.com/reference/surfaces/formatting)",
            "type": "string",
            "format": "text",
        },
        "channel": {
            "title": "Channel",
            "description": "The channel within the Slack workspace. Do not include the `#`"
            " character. For example, use `general`, not `#general`.",
            "type": "string",
        },
        "username": {
            "title": "User",
            "description": "The sender of the posted message.",
            "default": "Segment",
            "type": "string",
        },
        "icon_url": {
            "title": "Icon URL",
            "description": "The URL of the image that appears next to the User.",
            "default": "https://logo.clearbit.com/segment.com",
            "type": "string",
        },
    },
    "additionalProperties": False,
    "required": ["url", "text"],
}


class Payload(TypedDict, total=False):
    """One payload of `postToChannel`."""

    url: Required[str]
    text: Required[str]
    channel: str
    username: str
    icon_url: str


async def perform(context: Context, payload: Payload) -> Response:
    """Post the message to the webhook."""
    if not WEBHOOK.fullmatch(payload["url"]):
        raise IntegrationError("Invalid Slack URL", "Bad Request", 400)
    message = {
        "channel": payload.get("channel"),
        "text": payload["text"],
        "username": payload.get("username"),
        "icon_url": payload.get("icon_url"),
    }
    given = {name: value for name, value in message.items() if value is not None}
    return await context.http.post(payload["url"], json=given)


POST_TO_CHANNEL = Action(
    title="Post Message",
    description="Post a message to the specified Slack workspace and channel when the associated"
    " trigger criteria are met.",
    fields=FIELDS,
    perform=perform,
)
