"""Authentication of API and workflow requests by their headers."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.responses import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destinations.qualtrics.simulator.config import Config

# These come from live responses (apps/qualtrics/README.md in https://github.com/w6w-io/w6w-apps).
_MISSING_CREDENTIAL = ("Expected authorization in headers, but none provided.", "ATP_2")
# Its code is an option, `errors.unauthorized`.
_UNKNOWN_CREDENTIAL = "Unrecognized X-API-TOKEN."


def authenticate_api_request(
    config: Config, headers: Mapping[str, str], *, is_proxied: bool
) -> str:
    """Return the id of the user whose API token or OAuth token the request carries.

    A data center proxies requests with an API token only, so it refuses OAuth for another one.

    Raises:
        ApiError: The credential is missing or unknown.

    """
    if "x-api-token" in headers:
        return _find_user(config, config.tokens, headers["x-api-token"])
    scheme, _, bearer_token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise _missing_credential(config)
    known_tokens = {} if is_proxied else config.bearer_tokens
    return _find_user(config, known_tokens, bearer_token.strip())


def authenticate_workflow_request(config: Config, headers: Mapping[str, str]) -> str:
    """Return the id of the user whose API token or Basic credential the request carries.

    Workflows accept Basic authentication with the user's name and API token, but no OAuth.

    Raises:
        ApiError: The credential is missing or unknown.

    """
    if "x-api-token" in headers:
        return _find_user(config, config.tokens, headers["x-api-token"])
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if not scheme:
        raise _missing_credential(config)
    user_name, token = _decode_basic_credential(encoded if scheme.lower() == "basic" else "")
    user_id = _find_user(config, config.tokens, token)
    if config.users[user_id].user_name != user_name:
        raise _unknown_credential(config)
    return user_id


def _decode_basic_credential(encoded: str) -> tuple[str, str]:
    """Return the user's name and the token, both empty where the credential is not valid."""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    user_name, _, token = decoded.partition(":")
    return user_name, token


def _find_user(config: Config, user_ids: Mapping[str, str], token: str) -> str:
    if token not in user_ids:
        raise _unknown_credential(config)
    return user_ids[token]


def _missing_credential(config: Config) -> ApiError:
    return ApiError(config.errors.missing_credential_status, *_MISSING_CREDENTIAL)


def _unknown_credential(config: Config) -> ApiError:
    errors = config.errors
    return ApiError(errors.unknown_credential_status, _UNKNOWN_CREDENTIAL, errors.unauthorized)
