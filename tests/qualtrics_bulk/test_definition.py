"""The action as a plugin adds it: its form, hook and choices."""

import json
from hashlib import sha256
from importlib.resources import files
from itertools import count

import httpx
import pytest

from destination_kit import Catalog, IntegrationError
from destination_kit.testing import check_destination
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics_bulk import ACTION, register_actions
from destinations.qualtrics_bulk.fields import FIELDS
from tests.qualtrics.test_conformance import qualtrics
from tests.qualtrics_bulk.conftest import LIST, POOL, bulk, catalog, config, document, people


def test_the_installed_catalog_has_the_action_and_its_plugin():
    installed = Catalog.installed()
    actions = list(installed.destinations["actions-qualtrics"].actions)
    assert actions == [*QUALTRICS.actions, ACTION]
    [plugin] = [found for found in installed.plugins if found.plugin.endswith(":qualtrics-bulk")]
    assert plugin.brings == {"actions": (f"actions-qualtrics/{ACTION}",)}


def test_no_other_destination_gets_the_action():
    assert register_actions("webhook") == []


VALUES = {
    "workflowUrl": [
        "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=a"
    ],
    "embeddedData": [{"plan": "pro"}, {}],
    "transactionBatchId": ["BT_1"],
    "transactionData": [{"order": 1}, {}],
    "transactionFields": [["order"]],
}


def known_by(prefix, contact):
    text = json.dumps(contact, sort_keys=True)
    return f"{prefix}_{sha256(text.encode()).hexdigest()[:12]}"


def partner():
    """Return a Qualtrics that finishes each import at once."""
    imports = {}

    def respond(request):
        meta = {"meta": {"httpStatus": "200 - OK", "requestId": "r-1"}}
        steps = request.url.path.split("/")
        if steps[-1] == "transactioncontacts":
            contacts = json.loads(request.content)["contacts"]
            job_id = known_by("PGRS", contacts)
            imports[job_id] = contacts
            result = {"id": job_id, "contacts": {"unprocessed": []}, "status": "in progress"}
        elif steps[-2] == "transactioncontacts":
            counts = {"count": {"added": len(imports[steps[-1]])}}
            result = {"percentComplete": 100, "contacts": counts, "status": "complete"}
        elif steps[-1] == "report":
            lines = [
                {
                    "sourceIndexId": str(index),
                    "contactId": known_by("CID", contact),
                    "transactionId": known_by("CTR", contact),
                }
                for index, contact in enumerate(imports[steps[-2]])
            ]
            return httpx.Response(200, json={"results": {"importReportEntries": lines}, **meta})
        elif request.method == "GET" and steps[-1] in ("contacts", "transactions"):
            result = {"elements": [], "nextPage": None}
        else:
            return qualtrics(request)
        return httpx.Response(200, json={"result": result, **meta})

    return respond


@pytest.mark.slow
def test_the_destination_keeps_the_rules_with_the_action():
    # The rules cancel deliveries. In a time that passes quickly, no later one waits for these.
    hours = count(0.0, 3600.0)
    destination = catalog(lambda: next(hours)).destinations["actions-qualtrics"]
    check_destination(destination, respond=partner(), values=VALUES, count=6)


def test_the_form_says_that_an_import_carries_no_phone():
    assert "no phone" in FIELDS["description"]
    assert "no phone" in FIELDS["properties"]["extRef"]["description"]
    assert "phone" not in FIELDS["properties"]
    instance = catalog().configure(document(phone={"@path": "$.traits.phone"}))
    [warning] = instance.warnings
    assert "has no field 'phone'" in warning.message


def test_the_package_has_types_and_is_no_part_of_the_qualtrics_destination():
    assert files("destinations.qualtrics_bulk").joinpath("py.typed").is_file()


async def test_the_hook_creates_the_batch_that_transactions_go_to():
    async with bulk() as qualtrics:
        outputs = await qualtrics.live.run_hook("import", "onMappingSave", {"directoryId": POOL})
        assert outputs["batchId"].startswith("BT_")
    data = {"transactionData": {"order": "o-1"}, "transactionFields": ["order"]}
    instance = document(hooks={"onMappingSave": {"outputs": outputs}}, **data)
    async with bulk(instance=instance) as qualtrics:
        assert await qualtrics.create_batch() == outputs["batchId"]
        [result] = await qualtrics.send(people(1, messageId="m-1"))
        [transaction] = (await qualtrics.state("transactions"))[POOL]
    assert transaction["data"] == {"order": "o-1", "messageId": "m-1"}
    assert result.response["transactionId"] == transaction["transactionId"]


async def test_directories_lists_and_batches_can_be_chosen():
    async with bulk() as qualtrics:
        batch_id = await qualtrics.create_batch()
        mapping = {"directoryId": POOL}
        found = {
            name: [choice.value for choice in page.choices]
            for name in ("directoryId", "mailingListId", "transactionBatchId")
            for page in [await qualtrics.live.choices(ACTION, name, mapping=mapping)]
        }
        none = await qualtrics.live.choices(ACTION, "directoryId", search="nothing like it")
        with pytest.raises(IntegrationError, match="directoryId"):
            await qualtrics.live.choices(ACTION, "transactionBatchId", mapping={})
    assert found == {
        "directoryId": [POOL],
        "mailingListId": [LIST],
        "transactionBatchId": [batch_id],
    }
    assert none.choices == ()


async def test_a_search_finds_a_list_on_a_later_page():
    names = tuple(f"CG_{number:03}" for number in range(230))
    async with bulk(config(lists=names)) as qualtrics:
        search = {"mapping": {"directoryId": POOL}, "search": "cg_229"}
        found = await qualtrics.live.choices(ACTION, "mailingListId", **search)
        plain = await qualtrics.live.choices(ACTION, "mailingListId", mapping={"directoryId": POOL})
        with pytest.raises(IntegrationError, match="no page of these choices"):
            await qualtrics.live.choices(ACTION, "directoryId", page="100:1")
    assert [choice.value for choice in found.choices] == ["CG_229"]
    assert found.next_page is None
    assert "CG_229" not in {choice.value for choice in plain.choices}
