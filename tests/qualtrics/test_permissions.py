"""What `dkit auth` finds out about the permissions of a token, without changing anything."""

import json
import re
from contextlib import asynccontextmanager
from urllib.request import urlopen

import httpx
import pytest

from destination_kit import Catalog
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.permissions import find_permissions
from destinations.qualtrics.simulator import background, load_config

USER = "UR_000000000000001"
READ_DIRECTORIES, READ_LISTS = "read:directories", "read:mailing_lists"
READ, WRITE = "read:directory_contacts", "manage:directory_contacts"
TRANSACTIONS, FULL = "manage:contact_transactions", "XM Directory (not Lite)"
LISTED = "read:contact_transactions"
OF_A_DIRECTORY = [READ_LISTS, READ, WRITE, TRANSACTIONS, LISTED, FULL]
ALL = [READ_DIRECTORIES, *OF_A_DIRECTORY]
CALLS = [
    "GET https://iad1.qualtrics.com/API/v3/directories/POOL_1/mailinglists",
    "POST https://iad1.qualtrics.com/API/v3/directories/POOL_1/contacts/search",
    "PUT https://iad1.qualtrics.com/API/v3/directories/POOL_1/contacts/CID_000000000000000",
    "POST https://iad1.qualtrics.com/API/v3/directories/POOL_1/transactions",
    "GET https://iad1.qualtrics.com/API/v3/directories/POOL_1/contacts/CID_000000000000000/transactions",
]
LIST = {"elements": []}
ONE = {"elements": [{"directoryId": "POOL_1", "name": "Customers"}]}
RULED = {"mergeRules": [["extRef"]]}
SAYS_LITE = {"errorMessage": "This is not part of XM Directory Lite."}


def refusal(status, error=None):
    error = error or {"errorMessage": "No.", "errorCode": "X"}
    return httpx.Response(status, json={"meta": {"requestId": "r", "error": error}})


def success(result=None):
    return httpx.Response(200, json={"result": result or {}, "meta": {}})


async def ask(partner, *responses):
    """Return the permissions of a directory by name, after responses to its calls; the last is refused for its content if it is left out."""
    partner.queue_results(ONE)
    partner.queue_responses(*responses, *[refusal(404)] * (len(responses) == 4))
    found = await find_permissions(partner.context)
    return {permission.name: permission.granted for permission in found.permissions}


async def test_the_calls_change_nothing(partner):
    """A write has an empty body, and the update is of a contact that does not exist."""
    await ask(partner, success(LIST), success(LIST), refusal(404), refusal(400))
    assert partner.calls[1:] == CALLS
    assert [json.loads(request.content) for request in partner.requests[3:5]] == [{}, {}]


@pytest.mark.parametrize("statuses", [(404, 400), (400, 404), (200, 200)])
async def test_a_write_that_is_refused_for_its_content_is_permitted(partner, statuses):
    writes = [success() if status == 200 else refusal(status) for status in statuses]
    found = await ask(partner, success(LIST), success(LIST), *writes)
    assert found == dict.fromkeys(ALL, True)


@pytest.mark.parametrize(
    ("refused", "missing"),
    [
        (0, [READ_LISTS]),
        (1, [READ]),
        (2, [WRITE]),
        (3, [TRANSACTIONS]),
        (4, [LISTED]),
    ],
)
async def test_a_403_is_a_missing_permission(partner, refused, missing):
    responses = [success(LIST), success(LIST), refusal(404), refusal(400), refusal(404)]
    responses[refused] = refusal(403)
    found = await ask(partner, *responses)
    assert [name for name, granted in found.items() if granted is False] == missing
    assert None not in found.values()


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_read_that_is_refused_in_any_way_is_missing(partner, status):
    found = await ask(partner, refusal(status), success(LIST), refusal(404), refusal(400))
    assert found[READ_LISTS] is False


@pytest.mark.parametrize(
    "trouble",
    [
        refusal(401, {"errorMessage": "Unrecognized X-API-TOKEN.", "errorCode": "DCD_7"}),
        refusal(400, {"errorMessage": "Expected authorization.", "errorCode": "ATP_2"}),
        refusal(500),
        httpx.Response(502, html="<p>Bad gateway</p>"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_what_tells_nothing_is_unknown(partner, trouble):
    # A read that gets no answer is repeated once.
    reads = [trouble] * 4 if isinstance(trouble, Exception) else [trouble] * 2
    listed = reads[:2] if isinstance(trouble, Exception) else reads[:1]
    found = await ask(partner, *reads, trouble, trouble, *listed)
    assert {name: found[name] for name in OF_A_DIRECTORY} == dict.fromkeys(OF_A_DIRECTORY)


async def test_searches_and_transactions_that_are_refused_alone_look_like_lite(partner):
    found = await ask(partner, success(LIST), refusal(403), refusal(404), refusal(403))
    assert (found[WRITE], found[FULL]) == (True, False)


async def test_without_any_permission_it_is_unknown_whether_the_directory_is_lite(partner):
    found = await ask(partner, *[refusal(403)] * 5)
    assert found[FULL] is None


@pytest.mark.parametrize("place", [1, 3])
async def test_a_refusal_that_names_lite_is_believed(partner, place):
    responses = [success(LIST), success(LIST), refusal(404), refusal(400)]
    responses[place] = refusal(400, SAYS_LITE)
    assert (await ask(partner, *responses))[FULL] is False


@pytest.mark.parametrize(
    ("trouble", "granted"), [(refusal(403), False), (refusal(500), None), (refusal(404), False)]
)
async def test_directories_that_cannot_be_listed_are_one_missing_permission(
    partner, trouble, granted
):
    partner.queue_responses(trouble)
    found = await find_permissions(partner.context)
    assert [(item.name, item.granted) for item in found.permissions] == [
        (READ_DIRECTORIES, granted)
    ]
    [warning] = found.warnings
    assert "no directory could be tried" in warning
    assert "requestId r" in warning


async def test_a_directory_without_a_name_is_called_by_its_id(partner):
    partner.queue_results({"elements": [{"directoryId": "POOL_1", "name": None}]})
    partner.queue_responses(success(LIST), success(LIST), *[refusal(404)] * 3)
    found = await find_permissions(partner.context)
    assert {item.resource for item in found.permissions} == {"", "POOL_1"}


# Against the simulator, over a socket.


@asynccontextmanager
async def opened(**config):
    document = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": "simulated-token", "datacenter": "iad1"},
    }
    instance = Catalog.of(QUALTRICS).configure(document)
    with background(load_config(config)) as url:
        async with instance.open(connect_to={"*.qualtrics.com": url}) as live:
            yield live, url


def counts(url):
    with urlopen(f"{url}/_sim/state?part=counts") as response:  # noqa: S310 - our own server
        return json.load(response)["counts"]


async def granted_in(**config):
    async with opened(**config) as (live, _):
        found = await live.authenticate()
    assert found.ok
    return {
        permission.name: permission.granted
        for permission in found.permissions
        if permission.granted is not True
    }, found


async def test_a_token_that_may_do_everything_lacks_nothing_and_changes_nothing():
    async with opened() as (live, url):
        found = await live.authenticate()
        after = counts(url)
    assert [permission.granted for permission in found.permissions] == [True] * 7
    assert found.warnings == ()
    assert (after["contacts"], after["transactions"], after["workflowRuns"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("scopes", "missing"),
    [
        ([READ_DIRECTORIES, WRITE, TRANSACTIONS], [READ_LISTS]),
        ([READ_DIRECTORIES, READ_LISTS, TRANSACTIONS], [READ, WRITE]),
        ([READ_DIRECTORIES, READ_LISTS, READ, TRANSACTIONS], [WRITE]),
        ([READ_DIRECTORIES, READ_LISTS, WRITE], [TRANSACTIONS, LISTED]),
        ([READ_LISTS, WRITE, TRANSACTIONS], [READ_DIRECTORIES]),
    ],
)
async def test_each_missing_scope_is_named_with_what_it_costs(scopes, missing):
    lacking, found = await granted_in(users={USER: {"scopes": scopes}})
    assert lacking == dict.fromkeys(missing, False)
    for permission in found.permissions:
        assert re.search("cannot|refused", permission.consequence)
        assert permission.consequence.endswith(".")


async def test_lite_is_named():
    lacking, found = await granted_in(
        directories={"POOL_1": {**RULED, "name": "Small", "lite": True}}
    )
    assert lacking == dict.fromkeys([READ, TRANSACTIONS, LISTED, FULL], False)
    full = next(permission for permission in found.permissions if permission.name == FULL)
    assert "Lite" in full.consequence


@pytest.mark.parametrize(("rules", "is_warned"), [([], True), ([["phone"]], False)])
async def test_a_directory_without_deduplication_rules_is_warned_of(rules, is_warned):
    _, found = await granted_in(directories={"POOL_1": {"name": "Small", "mergeRules": rules}})
    warned = ["Small (POOL_1) has no deduplication rule" in text for text in found.warnings]
    assert warned == [True] * is_warned


@pytest.mark.parametrize(("count", "is_cut"), [(10, False), (11, True), (150, True)])
async def test_ten_directories_are_tried(count, is_cut):
    _, found = await granted_in(directories={f"POOL_{number}": RULED for number in range(count)})
    assert len(found.permissions) == 1 + 10 * len(OF_A_DIRECTORY)
    assert len(found.warnings) == is_cut
