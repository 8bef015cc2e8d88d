"""Settings of an instance, and what follows from them: credentials, host and URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from destination_kit import (
    IntegrationError,
    InvalidAuthenticationError,
    JsonObject,
    PayloadValidationError,
)

HOSTS = ("*.qualtrics.com",)

# RFC 9110 (section 5.5) wants headers in US-ASCII, and httpx raises UnicodeEncodeError for other
# texts. Headers may have blanks, but in a token they are a mistake of copying.
_TOKEN_PATTERN = "^[!-~]+$"  # noqa: S105 - the name contains "token", but the value is a pattern
# Qualtrics publishes no list of its data centers, so a pattern checks the setting. It accepts
# `iad1` and `brand.iad1` (https://docs.ropensci.org/qualtRics/#register-your-qualtrics-credentials)
# but not `evil.com/#`, which would send the token to another host.
_LABEL_PATTERN = "[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_DATACENTER_PATTERN = rf"^\s*{_LABEL_PATTERN}(\.{_LABEL_PATTERN})?\s*$"

# The schema and the checks before a request say the same, each behind the name of the setting.
_TOKEN_FAULT = (
    "contains blanks, line breaks or characters that no token has: copy it again from"  # noqa: S105 - a sentence about a token
    ' "Account settings", "Qualtrics IDs"'
)
_DATACENTER_FAULT = "has to be an id such as iad1 or brand.iad1, not an address or a URL"

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
            "pattern": _TOKEN_PATTERN,
            "x-pattern-message": _TOKEN_FAULT,
        },
        "datacenter": {
            "title": "Datacenter ID",
            "description": "The id of the data center in which your Qualtrics account lives, such"
            ' as iad1, or brand.iad1. It stands under "Account settings", "Qualtrics IDs".',
            "type": "string",
            "default": "iad1",
            "pattern": _DATACENTER_PATTERN,
            "x-pattern-message": _DATACENTER_FAULT,
        },
    },
    "required": ["apiToken", "datacenter"],
}


def credential_headers(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the header that carries the API token."""
    return {"X-API-TOKEN": settings["apiToken"]}


def check_token(settings: Mapping[str, Any]) -> None:
    """Raise `InvalidAuthenticationError` for a token that is missing or cannot be a header."""
    # Qualtrics refuses a missing token with 400 and `ATP_2` (apps/qualtrics/README.md in
    # https://github.com/w6w-io/w6w-apps). Each event would be sent only to fail with a status that
    # blames its payload.
    token = settings.get("apiToken")
    if not isinstance(token, str) or not token.strip():
        raise InvalidAuthenticationError(
            "There is no API token, and Qualtrics would refuse the request with ATP_2:"
            " fill in the setting API Token."
        )
    if not re.fullmatch(_TOKEN_PATTERN, token):
        raise InvalidAuthenticationError(f"The API token {_TOKEN_FAULT}.")


def api_host(settings: Mapping[str, Any]) -> str:
    """Return the host of the API, in lower case and without blanks around it.

    Raises `IntegrationError` for a data center that is not an id such as `iad1` or `brand.iad1`.
    """
    return _host(settings["datacenter"])


@lru_cache(maxsize=1000)
def _host(datacenter: str) -> str:
    if not re.fullmatch(_DATACENTER_PATTERN, datacenter):
        raise IntegrationError(
            f"The setting Datacenter ID {_DATACENTER_FAULT}.",
            "INVALID_DATACENTER",
            400,
            remedy="settings",
        )
    return f"{datacenter.strip().lower()}.qualtrics.com"


def api_url(settings: Mapping[str, Any], *segments: str) -> str:
    """Return the URL of a resource, with every segment of its path percent-encoded."""
    return "/".join((f"https://{api_host(settings)}/API/v3", *map(_segment, segments)))


# Ids of Qualtrics have about 20 ASCII characters. An event can hold any text, and what is cached by
# an id must not fill the memory.
_MAX_ID_LENGTH: Final = 100


@lru_cache(maxsize=1000)
def _segment(text: str) -> str:
    # `quote` leaves `..` as it is, and httpx resolves it: the call would go to another resource. An
    # empty id would name the list in place of a member.
    if not text.strip(".") or len(text) > _MAX_ID_LENGTH or not text.isascii():
        shown = text[:_MAX_ID_LENGTH]
        raise PayloadValidationError(f"{shown!r} is not the id of anything in Qualtrics.")
    return quote(text, safe="")
