"""Workflow URLs and payloads: which URL may start a workflow, and how its secret stays hidden.

The query of a workflow's URL is a credential: its `urlTokenId` alone may start the workflow.
"""

from __future__ import annotations

import re
from typing import Final

from destination_kit import JsonObject, PayloadValidationError, mask_secrets, stringify_json

# Qualtrics documents "100 KB" without the size of a KB
# (https://www.qualtrics.com/support/survey-platform/actions-module/json-events). Of 1,000 and 1,024
# bytes, the latter refuses no payload that Qualtrics would take.
_MAX_PAYLOAD_BYTES: Final = 100 * 1024

_MAX_URL_LENGTH: Final = 8_192  # as the kit allows for any request

# A list of hosts here could forbid a host that the operator allows. The kit refuses hosts that
# neither the destination's `hosts` nor the operator's `allowedHosts` name.
_HOST: Final = r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
# httpx resolves "..", which would lead the token to another endpoint. So no segment begins with a
# dot.
_PATH: Final = r"/inbound-event(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?"
# `#` begins a fragment, which HTTP does not send, so Qualtrics would get only a part of the secret.
_QUERY: Final = '[!"$-~]*'
URL_PATTERN: Final = rf"^[Hh][Tt][Tt][Pp][Ss]://{_HOST}{_PATH}(\?{_QUERY})?$"
"""Pattern of the URLs that `check_workflow_url` accepts, for the schema of the field."""

EXAMPLE_URL: Final = (
    "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers"
    "?urlTokenId=the-token-of-your-workflow"
)


def check_workflow_url(url: str) -> None:
    """Raise `PayloadValidationError` for a URL that cannot start a workflow.

    The kit checks apart from this whether the URL's host may receive the API token.
    """
    # `redact_query` finds a secret only after the `?`. In a malformed URL it may stand elsewhere,
    # so the message does not repeat the URL.
    if problem := _find_problem(url):
        raise PayloadValidationError(f"workflowUrl {problem}.")


def check_payload_size(payload: JsonObject) -> None:
    """Raise `PayloadValidationError` for a payload that is larger than a workflow takes."""
    size = len(stringify_json(payload).encode("utf-8", "replace"))
    if size > _MAX_PAYLOAD_BYTES:
        raise PayloadValidationError(
            f"eventPayload has {size:,} bytes, and a workflow takes {_MAX_PAYLOAD_BYTES:,}:"
            " map less of the event."
        )


def redact_query(text: str, url: str) -> str:
    """Return a text without the URL, its query and each value of it, however they are spelt."""
    return mask_secrets(text, [url], mask="…")


def _find_problem(url: str) -> str | None:
    if len(url) > _MAX_URL_LENGTH:
        return f"has more than {_MAX_URL_LENGTH:,} characters"
    address, _, query = url.partition("?")
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    if scheme.lower() != "https":
        return "has to begin with https://"
    if not re.fullmatch(_HOST, host):
        return "has to name a host, without a user or a port"
    if not re.fullmatch(_PATH, slash + path):
        return "has to lead to a path below /inbound-event/"
    if not re.fullmatch(_QUERY, query):
        return "has a character in its query that no URL has: copy it again from Qualtrics"
    return None
