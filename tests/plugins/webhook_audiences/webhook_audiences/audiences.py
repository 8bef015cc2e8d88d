"""Audiences that the owner of the webhook creates and finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from destination_kit import AudienceDetails, Context, IntegrationError, Json, stringify_json

from webhook_audiences.bodies import parse_extras


async def create_audience(context: Context, audience: AudienceDetails) -> str:
    """Create an audience by its name."""
    url = _url(context.settings, "createAudienceUrl")
    return await _ask(context, url, audience, {"audienceName": audience.name})


async def get_audience(context: Context, audience: AudienceDetails) -> str:
    """Find an audience by its id."""
    url = _url(context.settings, "getAudienceUrl")
    return await _ask(context, url, audience, {"externalId": audience.external_id})


def _url(settings: Mapping[str, Any], name: str) -> str:
    if not settings.get(name):
        raise IntegrationError(f"the setting {name} is missing", "MISSING_REQUIRED_FIELD", 400)
    return str(settings[name])


async def _ask(
    context: Context, url: str, audience: AudienceDetails, named: dict[str, Json]
) -> str:
    body = {**parse_extras(audience.settings.get("extras")), **named}
    response = await context.http.post(url, json=body)
    external_id = response.body.get("externalId") if isinstance(response.body, dict) else None
    if isinstance(external_id, int | float) and not isinstance(external_id, bool):
        external_id = stringify_json(external_id) if external_id else None
    if not isinstance(external_id, str) or not external_id:
        message = f"the response has no externalId (status {response.status})"
        raise IntegrationError(message, "INVALID_RESPONSE", 400)
    return external_id
