"""Assumed responses: what a preview takes for granted of Qualtrics, so that it can go on."""

from __future__ import annotations

from destination_kit import AssumedResponse


def assume_response(method: str, url: str) -> AssumedResponse | None:
    """Return the response to a request, None for one whose response nothing depends on."""
    path = url.partition("?")[0]
    if method == "GET" and path.endswith("/directories"):
        return AssumedResponse(
            "the directory has no deduplication rules of its own, so the extRef counts first",
            {"result": {"elements": []}},
        )
    if method == "POST" and path.endswith("/contacts/search"):
        return AssumedResponse(
            "no contact is found; one that is found is used, and none is created",
            {"result": {"elements": []}},
        )
    if method == "POST" and path.endswith("/contacts"):
        return AssumedResponse(
            "Qualtrics creates the contact", {"result": {"id": "<id of the new contact>"}}
        )
    return None
