"""A delete event deletes the contacts of a user, where a subscription allows it."""

import json
from contextlib import asynccontextmanager
from urllib.request import urlopen

import pytest

from destination_kit import Catalog, ConfigurationError, Delivered, Failed, Skipped
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.simulator import load_config
from destinations.qualtrics.simulator.server import running

POOLS, TOKEN = ("POOL_1", "POOL_2", "POOL_3"), "t0ken"
PEOPLE = [{"extRef": "u-1"}, {"extRef": "u-1", "email": "twice@example.com"}, {"extRef": "u-2"}]
ALLOWED = {"deleteContacts": True}


def subscription(directory, *, options=None, enabled=True, action="addContactToXmd"):
    return {
        "name": json.dumps([directory, options, enabled]),
        "action": action,
        "trigger": 'type = "identify"',
        "enabled": enabled,
        "useDefaultMapping": True,
        "mapping": {"directoryId": directory, "mailingListId": "CG_1"},
        **({"options": options} if options is not None else {}),
    }


def configure(*subscriptions):
    return Catalog.of(QUALTRICS).configure(
        {
            "destination": "actions-qualtrics",
            "settings": {"apiToken": TOKEN, "datacenter": "iad1"},
            "subscriptions": [*subscriptions],
        }
    )


@asynccontextmanager
async def simulated(*subscriptions, **switches):
    config = {
        "tokens": {TOKEN: "UR_000000000000001"},
        "directories": {pool: {"mergeRules": [], "contacts": PEOPLE} for pool in POOLS},
        **switches,
    }
    async with (
        running(load_config(config)) as url,
        configure(*subscriptions).open(connect_to={"*.qualtrics.com": url}) as live,
    ):
        yield live, url


def left(url):
    with urlopen(f"{url}/_sim/state?part=contacts") as answer:  # noqa: S310 - our own server
        contacts = json.load(answer)["contacts"]
    return {pool: [contact["extRef"] for contact in contacts[pool]] for pool in POOLS}


async def delete(live, **ids):
    [deletion] = (await live.delete(**ids)).results
    return deletion.result


async def test_contacts_of_the_user_are_deleted_in_each_directory_that_allows_it():
    subscriptions = (
        subscription("POOL_1", options=ALLOWED),
        subscription("POOL_2", options={"deleteContacts": False}),
        subscription("POOL_2"),
        subscription("POOL_3", options=ALLOWED, enabled=False),
    )
    async with simulated(*subscriptions) as (live, url):
        result = await delete(live, user_id="u-1")
        assert isinstance(result, Delivered)
        assert len(result.response["deletedContactIds"]) == 2
        everyone = ["u-1", "u-1", "u-2"]
        assert left(url) == {"POOL_1": ["u-2"], "POOL_2": everyone, "POOL_3": everyone}
        assert await delete(live, user_id="u-1") == Delivered({"deletedContactIds": []})


async def test_a_transaction_allows_it_too():
    allowed = subscription("POOL_2", options=ALLOWED, action="upsertContactTransaction")
    async with simulated(allowed) as (live, url):
        await delete(live, user_id="u-2")
        assert left(url)["POOL_2"] == ["u-1", "u-1"]


@pytest.mark.parametrize(
    ("subscriptions", "ids", "reason"),
    [
        ([subscription("POOL_1")], {"user_id": "u-1"}, "no enabled subscription"),
        (
            [subscription({"@path": "$.pool"}, options=ALLOWED)],
            {"user_id": "u-1"},
            "no enabled subscription with a fixed directoryId",
        ),
        ([subscription("POOL_1", options=ALLOWED)], {"anonymous_id": "a"}, "the event has none"),
    ],
)
async def test_nothing_is_deleted_without_the_option_a_fixed_directory_and_a_user(
    subscriptions, ids, reason
):
    async with simulated(*subscriptions) as (live, url):
        skipped = await delete(live, **ids)
        assert isinstance(skipped, Skipped)
        assert reason in skipped.reason
        assert len(left(url)["POOL_1"]) == 3


async def test_a_contact_that_search_does_not_find_yet_is_deleted():
    lagging = {"search": {"lag": 3600.0}}
    async with simulated(subscription("POOL_1", options=ALLOWED), **lagging) as (live, url):
        await live.send([{"type": "identify", "userId": "u-9"}])
        await live.send([{"type": "identify", "userId": "u-9", "traits": {"firstName": "A"}}])
        assert "u-9" in left(url)["POOL_1"]
        result = await delete(live, user_id="u-9")
        assert len(result.response["deletedContactIds"]) == 1
        assert "u-9" not in left(url)["POOL_1"]


async def test_a_deletion_without_a_response_has_an_unknown_outcome():
    route = "DELETE /API/v3/directories/{directoryId}/contacts/{contactId}"
    faults = {"faults": {"script": ["reset-after"], "only": [route]}}
    async with simulated(subscription("POOL_1", options=ALLOWED), **faults) as (live, url):
        result = await delete(live, user_id="u-1")
        assert isinstance(result, Failed)
        assert (result.outcome, result.retryable) == ("unknown", True)
        await delete(live, user_id="u-1")
        assert left(url)["POOL_1"] == ["u-2"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"deleteContact": True}, "has no option 'deleteContact'; did you mean 'deleteContacts'?"),
        ({"deleteContacts": "yes"}, "/subscriptions/0/options/deleteContacts"),
        ({"deleteContacts": "true"}, "/subscriptions/0/options"),
    ],
)
def test_a_wrong_option_is_refused_with_its_place(options, problem):
    with pytest.raises(ConfigurationError) as raised:
        configure(subscription("POOL_1", options=options))
    assert problem in str(raised.value)
