"""Send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Required, TypedDict

from destination_kit import Action, BatchLimits, Context, Json, JsonObject, Response

from webhook_audiences.bodies import parse_extras, sign

FIELDS: JsonObject = {
    "type": "object",
    "properties": {
        "url": {
            "title": "URL",
            "description": "URL to deliver data to.",
            "format": "uri",
            "type": "string",
        },
        "method": {
            "title": "Method",
            "description": "HTTP method to use.",
            "default": "POST",
            "type": "string",
            "oneOf": [
                {"title": "POST", "const": "POST"},
                {"title": "PUT", "const": "PUT"},
                {"title": "PATCH", "const": "PATCH"},
            ],
        },
        "batch_size": {
            "title": "Batch Size",
            "description": "Maximum number of events to include in each batch. Actual batch sizes"
            " may be lower.",
            "default": 0,
            "type": "number",
        },
        "headers": {
            "title": "Headers",
            "description": "HTTP headers to send with each request. Only ASCII characters are"
            " supported.",
            "x-object-editor": "keyvalue:only",
            "type": "object",
        },
        "data": {
            "title": "Data",
            "description": "Payload to deliver to webhook URL (JSON-encoded).",
            "default": {"@path": "$."},
            "type": "object",
        },
        "batch_keys": {
            "title": "Batch Keys",
            "description": "The mapping keys to batch events together by.",
            "x-hidden": True,
            "default": ["url", "method", "headers"],
            "type": "array",
            "items": {"type": "string"},
        },
    },
    "additionalProperties": False,
    "required": ["url", "method"],
}


class Payload(TypedDict, total=False):
    """One payload of `send`."""

    url: Required[str]
    method: Required[str]
    batch_size: float
    headers: JsonObject
    data: JsonObject
    batch_keys: list[str]


async def perform(context: Context, payload: Payload) -> Response:
    """Send the data of one event."""
    return await _send(context, payload, make_body(context, payload))


async def perform_batch(context: Context, payloads: Sequence[Payload]) -> Sequence[Response]:
    """Send the data of several events as a list."""
    pairs = zip(context.payload_contexts, payloads, strict=True)
    body: list[Json] = [make_body(payload_context, payload) for payload_context, payload in pairs]
    return [await _send(context, payloads[0], body)] * len(payloads)


def make_body(context: Context, payload: Payload) -> dict[str, Json]:
    """Return the data of an event, with the extra fields of its audience."""
    extras = parse_extras(context.audience.settings.get("extras")) if context.audience else {}
    return {**payload.get("data", {}), **extras}


async def _send(context: Context, payload: Payload, body: Json) -> Response:
    headers = {name: str(value) for name, value in payload.get("headers", {}).items()}
    secret = context.settings.get("sharedSecret")
    if secret:
        headers["X-Signature"] = sign(str(secret), body)
    return await context.http.request(payload["method"], payload["url"], json=body, headers=headers)


SEND = Action(
    title="Send",
    description="Send an HTTP request.",
    fields=FIELDS,
    perform=perform,
    perform_batch=perform_batch,
    batch=BatchLimits(keys=("url", "method", "headers")),
)
