"""A plugin adds bulk imports to the Qualtrics destination, from outside."""

from dataclasses import replace

from destination_kit import Catalog, Delivered
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.simulator import load_config, running
from tests.plugins.qualtrics_imports.qualtrics_imports import IMPORT

TOKEN = "bulk-t0ken"
CONFIG = {
    "tokens": {TOKEN: "UR_000000000000001"},
    "directories": {"POOL_bulk": {"mailingLists": {"CG_bulk": {}}}},
    "pages": {"listContacts": 1000},
}


async def test_25_000_contacts_reach_a_mailing_list_in_three_jobs():
    submitted = []

    async def submit(context, payloads):
        submitted.append(len(payloads))
        return await IMPORT.perform_batch(context, payloads)

    counted = replace(IMPORT, perform_batch=submit)
    actions = {**QUALTRICS.actions, "addContactsToMailingList": counted}
    place = {"directoryId": "POOL_bulk", "mailingListId": "CG_bulk"}
    subscription = {
        "action": "addContactsToMailingList",
        "useDefaultMapping": True,
        "mapping": place,
    }
    document = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": TOKEN, "datacenter": "iad1"},
        "subscriptions": [subscription],
    }
    instance = Catalog.of(replace(QUALTRICS, actions=actions)).configure(document)
    events = [{"type": "identify", "userId": f"u{number}"} for number in range(25_000)]
    async with (
        running(load_config(CONFIG)) as url,
        instance.open(connect_to={"*.qualtrics.com": url}) as live,
    ):
        results = await live.send(events, deadline=60.0)
    assert submitted == [10_000, 10_000, 5_000]
    assert all(isinstance(result.results[0].result, Delivered) for result in results)
    ids = {result.results[0].result.response["contactId"] for result in results}
    assert len(ids) == 25_000
