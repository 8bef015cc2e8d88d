"""The settings of Webhook Audiences."""

from __future__ import annotations

from destination_kit import JsonObject

SETTINGS: JsonObject = {
    "type": "object",
    "properties": {
        "sharedSecret": {
            "title": "Shared Secret",
            "description": 'If set, Segment will sign requests with an HMAC in the "X-Signature"'
            " request header. The HMAC is a hex-encoded SHA1 hash generated using this shared"
            " secret and the request body.",
            "type": "string",
            "format": "password",
            "writeOnly": True,
        },
        "createAudienceUrl": {
            "title": "URL to send requests to create an audience",
            "description": "If set, Segment will send a POST request with the audienceName in the"
            " JSON to the provided URL to create the audience. The expected JSON response must"
            ' have "externalId".',
            "type": "string",
        },
        "getAudienceUrl": {
            "title": "URL to send requests to get an audience",
            "description": "If set, Segment will send a POST request with the externalId in the"
            " JSON to the provided URL to get the audience. The expected JSON response must have"
            ' "externalId".',
            "type": "string",
        },
    },
    "additionalProperties": False,
}
