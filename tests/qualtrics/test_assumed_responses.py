"""A preview shows every request of an action, as far as it can be known."""

import pytest

from destination_kit import Catalog
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.assumed_responses import assume_response

API = "https://iad1.qualtrics.com/API/v3/directories"
TRANSACTION = {
    "directoryId": "POOL_1",
    "mailingListId": "CG_1",
    "extRef": {"@path": "$.userId"},
    "email": {"@path": "$.email"},
}


async def preview(action, mapping, event):
    document = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": "simulated-token", "datacenter": "iad1"},
        "subscriptions": [{"action": action, "trigger": 'type = "track"', "mapping": mapping}],
    }
    [found] = await Catalog.of(QUALTRICS).configure(document).preview({"type": "track", **event})
    assert found.failed is None
    return [(request.method, request.url.removeprefix(API)) for request in found.requests], found


@pytest.mark.parametrize(
    ("event", "before"),
    [({"userId": "u"}, []), ({"userId": "u", "email": "a@example.com"}, [("GET", "")])],
)
async def test_a_transaction_shows_search_create_and_transaction(event, before):
    requests, found = await preview("upsertContactTransaction", TRANSACTION, event)
    assert requests == [
        *before,
        ("POST", "/POOL_1/contacts/search"),
        ("POST", "/POOL_1/contacts"),
        ("POST", "/POOL_1/transactions"),
    ]
    [transaction] = found.requests[-1].body.values()
    assert transaction["contactId"] == "<id of the new contact>"
    assert [bool(request.assumption) for request in found.requests] == [True] * (
        len(requests) - 1
    ) + [False]


async def test_a_transaction_of_a_known_contact_is_one_request():
    mapping = {**TRANSACTION, "contactId": "CID_1"}
    requests, _ = await preview("upsertContactTransaction", mapping, {"userId": "u"})
    assert requests == [("POST", "/POOL_1/transactions")]


async def test_a_contact_is_one_request():
    mapping = {"directoryId": "POOL_1", "extRef": {"@path": "$.userId"}}
    requests, _ = await preview("addContactToXmd", mapping, {"userId": "u"})
    assert requests == [("POST", "/POOL_1/contacts")]


@pytest.mark.parametrize(
    ("method", "path", "is_assumed"),
    [
        ("GET", "", True),
        ("GET", "?pageSize=5", True),
        ("POST", "", False),
        ("POST", "/POOL_1/contacts/search", True),
        ("POST", "/POOL_1/contacts/search?skipToken=1", True),
        ("GET", "/POOL_1/contacts/search", False),
        ("POST", "/POOL_1/contacts", True),
        ("GET", "/POOL_1/contacts", False),
        ("PUT", "/POOL_1/contacts/CID_1", False),
        ("POST", "/POOL_1/transactions", False),
    ],
)
def test_a_response_is_assumed_for_lists_searches_and_new_contacts(method, path, is_assumed):
    assert (assume_response(method, f"{API}{path}") is not None) is is_assumed
