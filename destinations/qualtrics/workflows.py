"""The URL that starts a workflow: where it may lead, and how the secret in it stays one."""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import parse_qsl, unquote

from destination_kit import JsonObject, PayloadValidationError

_LARGEST: Final = 100 * 1024  # bytes of JSON, the reading of "100 KB" that refuses least
_SHORTEST: Final = 4  # characters; what is shorter is no secret, and stands in every text

_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)  # which ones, the kit knows
_PATH: Final = re.compile(r"/inbound-event(/[\w~-][\w.~-]*)+/?", re.ASCII)  # no "." or ".." step
_QUERY: Final = re.compile(r"[!\"$-~]*")  # visible ASCII but "#"


def check_url(url: str) -> None:
    """Raise `PayloadValidationError` for a URL that starts no workflow.

    That its host may have our token is checked by the kit, which knows the operator's own hosts.

    The message never repeats the URL: it holds a secret, and in a bad one nobody knows where.
    """
    if fault := _fault(url):
        raise PayloadValidationError(f"workflowUrl {fault}.")


def check_size(payload: JsonObject) -> None:
    """Raise `PayloadValidationError` for more than a workflow takes."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode("utf-8", "replace"))
    if size > _LARGEST:
        raise PayloadValidationError(
            f"eventPayload has {size:,} bytes, and a workflow takes {_LARGEST:,}: map less of the"
            " event."
        )


def hide_query(text: str, url: str) -> str:
    """Return a text without anything that the URL's query holds."""
    query = url.partition("?")[2]
    secrets = {query, unquote(query), *(value for _, value in parse_qsl(query))}
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "…")
    return text


def _fault(url: str) -> str | None:
    place, _, query = url.partition("?")
    scheme, _, rest = place.partition("://")
    host, slash, path = rest.partition("/")
    if scheme.lower() != "https":
        return "has to begin with https://"
    if not _HOST.fullmatch(host):
        return "has to name a host, without a user or a port"
    if not _PATH.fullmatch(slash + path):
        return "has to lead to a path below /inbound-event/"
    if not _QUERY.fullmatch(query):
        return "has a character in its query that no URL has: copy it again from Qualtrics"
    return None
