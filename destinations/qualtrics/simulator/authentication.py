"""Who a call comes from, by its headers."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.responses import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destinations.qualtrics.simulator.config import Config

MISSING = (400, "Expected authorization in headers, but none provided.", "ATP_2")
UNKNOWN = (401, "Unrecognized X-API-TOKEN.", "DCD_7")


def api_user(config: Config, headers: Mapping[str, str], *, home: bool) -> str:
    """Return the user's id; OAuth is good at the `home` data center only."""
    if "x-api-token" in headers:
        return _known(config.tokens, headers["x-api-token"])
    kind, _, bearer = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise Refusal(*MISSING)
    return _known(config.bearer_tokens if home else {}, bearer.strip())


def workflow_user(config: Config, headers: Mapping[str, str]) -> str:
    """Return the user's id; a workflow takes a token or Basic `user:token`, never OAuth."""
    if "x-api-token" in headers:
        return _known(config.tokens, headers["x-api-token"])
    kind, _, encoded = headers.get("authorization", "").partition(" ")
    if not kind:
        raise Refusal(*MISSING)
    try:
        pair = base64.b64decode(encoded if kind.lower() == "basic" else "", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Refusal(*UNKNOWN) from None
    name, _, token = pair.partition(":")
    user_id = _known(config.tokens, token)
    if config.users[user_id].user_name != name:
        raise Refusal(*UNKNOWN)
    return user_id


def _known(tokens: Mapping[str, str], token: str) -> str:
    if token not in tokens:
        raise Refusal(*UNKNOWN)
    return tokens[token]
