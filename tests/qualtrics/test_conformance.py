"""Qualtrics keeps the rules that every destination is held to."""

import json
from hashlib import sha256

import httpx
import pytest

from destination_kit.testing import check_destination
from destinations.qualtrics import QUALTRICS

WORKFLOW = (
    "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=u-6f1c2e9a0d3b"
)
VALUES = {"workflowUrl": [WORKFLOW]}


def known_by(prefix: str, *of: object) -> str:
    """Return an id that is the same for the same things."""
    return f"{prefix}_{sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:12]}"


def transactions(body: dict) -> dict:
    created = {key: {"id": known_by("CTR", entry)} for key, entry in body.items()}
    return {"createdTransactions": created, "unprocessedTransactions": {}}


def qualtrics(request: httpx.Request) -> httpx.Response:
    """Answer as a Qualtrics that knows no contact yet."""
    path = request.url.path.removeprefix("/API/v3/")
    body = json.loads(request.content or b"null")
    if path == "whoami":
        result = {"userName": "ann", "brandId": "acme"}
    elif path.endswith("/mailinglists"):
        result = {"elements": [{"mailingListId": "CG_1", "name": "All"}], "nextPage": None}
    elif path == "directories":
        result = {"elements": [{"directoryId": "POOL_1", "name": "All"}], "nextPage": None}
    elif path.endswith("/contacts/search"):
        result = {"elements": []}
    elif path.endswith("/transactions"):
        result = transactions(body) if request.method == "POST" else {"elements": []}
    else:
        result = {"id": known_by("CID", body.get("extRef"), body.get("email"), body.get("phone"))}
    meta = {"httpStatus": "200 - OK", "requestId": "req-1"}
    return httpx.Response(200, json={"result": result, "meta": meta})


@pytest.mark.parametrize("seed", range(3))
def test_qualtrics_keeps_the_rules(seed):
    check_destination(QUALTRICS, respond=qualtrics, values=VALUES, seed=seed)
