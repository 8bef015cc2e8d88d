"""Workflow URLs and payloads: which URL may start a workflow, and how its secret stays hidden.

The query of a workflow's URL is a credential: its `urlTokenId` alone may start the workflow.
"""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import parse_qsl, unquote

from destination_kit import JsonObject, PayloadValidationError

# Qualtrics documents "100 KB": in bytes of 1,024, which is the reading that refuses least.
_MAX_PAYLOAD_BYTES: Final = 100 * 1024
# A shorter text is no secret, and hiding it would blank out parts of any message.
_MIN_SECRET_LENGTH: Final = 4

# Any host passes here: the kit refuses hosts that are neither the destination's nor the operator's.
_HOST: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
# No segment begins with a dot, because ".." would lead the token to another endpoint.
_PATH: Final = re.compile(r"/inbound-event(/[\w~-][\w.~-]*)+/?", re.ASCII)
_QUERY: Final = re.compile(r"[!\"$-~]*")  # visible ASCII without "#", which begins a fragment


def check_workflow_url(url: str) -> None:
    """Raise `PayloadValidationError` for a URL that cannot start a workflow.

    The kit checks apart from this whether the URL's host may receive the API token.
    """
    # The message never repeats the URL: in a malformed one the secret may stand anywhere.
    if problem := _find_problem(url):
        raise PayloadValidationError(f"workflowUrl {problem}.")


def check_payload_size(payload: JsonObject) -> None:
    """Raise `PayloadValidationError` for a payload that is larger than a workflow takes."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode("utf-8", "replace"))
    if size > _MAX_PAYLOAD_BYTES:
        raise PayloadValidationError(
            f"eventPayload has {size:,} bytes, and a workflow takes {_MAX_PAYLOAD_BYTES:,}:"
            " map less of the event."
        )


def redact_query(text: str, url: str) -> str:
    """Return a text without the query of a URL, its values, and their decoded forms."""
    query = url.partition("?")[2]
    secrets = {query, unquote(query), *(value for _, value in parse_qsl(query))}
    # The longest first: a shorter secret inside it would leave its rest in the text.
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _MIN_SECRET_LENGTH:
            text = text.replace(secret, "…")
    return text


def _find_problem(url: str) -> str | None:
    address, _, query = url.partition("?")
    scheme, _, rest = address.partition("://")
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
