"""What an instance needs to reach Qualtrics: its settings, host and credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from destination_kit import (
    IntegrationError,
    InvalidAuthenticationError,
    JsonObject,
    PayloadValidationError,
)

HOSTS = ("*.qualtrics.com",)

_TOKEN = "^[!-~]+$"  # noqa: S105 - the shape of a token, not one
_LABEL = "[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_DATACENTER = rf"^\s*{_LABEL}(\.{_LABEL})?\s*$"

SETTINGS: JsonObject = {
    "type": "object",
    "properties": {
        "apiToken": {
            "title": "API Token",
            "description": "The API token of the Qualtrics user who does the work."
            ' In Qualtrics it stands under "Account settings", "Qualtrics IDs".',
            "type": "string",
            "format": "password",
            "writeOnly": True,
            "minLength": 1,
            "pattern": _TOKEN,
        },
        "datacenter": {
            "title": "Datacenter ID",
            "description": "The id of the data center in which your Qualtrics account lives, such"
            ' as iad1, or brand.iad1. It stands under "Account settings", "Qualtrics IDs".',
            "type": "string",
            "default": "iad1",
            "pattern": _DATACENTER,
        },
    },
    "required": ["apiToken", "datacenter"],
}


def credentials(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the header that says who we are."""
    return {"X-API-TOKEN": settings["apiToken"]}


def check_token(settings: Mapping[str, Any]) -> None:
    """Raise `InvalidAuthenticationError` where there is no token worth sending."""
    token = settings.get("apiToken")
    if not isinstance(token, str) or not token.strip():
        raise InvalidAuthenticationError(
            "There is no API token, and Qualtrics would refuse the request with ATP_2:"
            " fill in the setting API Token."
        )
    if not re.fullmatch(_TOKEN, token):
        raise InvalidAuthenticationError(
            "The API token holds blanks or characters that no token has: copy it again from"
            ' "Account settings", "Qualtrics IDs".'
        )


def api_host(settings: Mapping[str, Any]) -> str:
    """Return the host of the API; capitals and blanks around a pasted data center are forgiven.

    Raises `IntegrationError` where the data center could name any other kind of host.
    """
    return _host(settings["datacenter"])


@lru_cache(maxsize=1000)
def _host(datacenter: str) -> str:
    if not re.fullmatch(_DATACENTER, datacenter):
        raise IntegrationError(
            "The setting Datacenter ID has to be an id such as iad1 or brand.iad1,"
            " not an address or a URL.",
            "INVALID_DATACENTER",
            400,
        )
    return f"{datacenter.strip().lower()}.qualtrics.com"


def api_url(settings: Mapping[str, Any], *segments: str) -> str:
    """Return the URL of a resource; no segment can lead to another one."""
    return "/".join((f"https://{api_host(settings)}/API/v3", *map(_segment, segments)))


@lru_cache(maxsize=1000)
def _segment(text: str) -> str:
    if not text.strip("."):  # "." and ".." have a meaning that no encoding takes away
        raise PayloadValidationError(f"{text!r} is not the id of anything in Qualtrics.")
    return quote(text, safe="")
