"""Who can mend a failure: the remedies of Qualtrics' failures, over a socket."""

import json

import pytest

from destination_kit import Catalog
from destinations.qualtrics import QUALTRICS
from tests.end_to_end.conftest import TOKEN, dkit, simulated

PERSON = {"type": "identify", "userId": "u-1", "context": {"pool": "POOL_event"}}
RIGHT = {"directoryId": "POOL_demo", "extRef": {"@path": "$.userId"}}
TRANSACTION = {**RIGHT, "mailingListId": "CG_demo", "transactionDate": "2026-01-01"}
WORKFLOW = "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers?urlTokenId=t0ken"


async def first_failure(qualtrics, action, mapping, event=PERSON, token=TOKEN):
    document = {
        "destination": QUALTRICS.slug,
        "settings": {"apiToken": token, "datacenter": "iad1"},
        "subscriptions": [{"action": action, "trigger": 'type != ""', "mapping": mapping}],
    }
    instance = Catalog.of(QUALTRICS).configure(document)
    async with instance.open(connect_to={"*.qualtrics.com": qualtrics.url}) as live:
        [result] = await live.send([event])
    [failed] = result.failures
    return failed


@pytest.mark.parametrize(
    ("action", "mapping", "code", "remedy"),
    [
        ("addContactToXmd", {"directoryId": "POOL_wrong"}, "NOT_FOUND", "settings"),
        ("addContactToXmd", {"directoryId": {"@path": "$.context.pool"}}, "NOT_FOUND", "event"),
        (
            "addContactToXmd",
            {
                "directoryId": {
                    "@if": {"exists": {"@path": "$.userId"}, "then": "POOL_a", "else": "POOL_b"}
                }
            },
            "NOT_FOUND",
            "settings",
        ),
        (
            "upsertContactTransaction",
            {**TRANSACTION, "directoryId": "POOL_wrong"},
            "NOT_FOUND",
            "settings",
        ),
        (
            "upsertContactTransaction",
            {**TRANSACTION, "directoryId": {"@path": "$.context.pool"}},
            "NOT_FOUND",
            "event",
        ),
        (
            "upsertContactTransaction",
            {**TRANSACTION, "mailingListId": "CG_wrong"},
            "TRANSACTION_UNPROCESSED",
            "event",
        ),
        (
            "triggerXflowWorkflow",
            {"workflowUrl": "https://evil.example/inbound-event/v1"},
            "HOST_NOT_ALLOWED",
            "settings",
        ),
        (
            "triggerXflowWorkflow",
            {"workflowUrl": {"@template": "https://{{userId}}.example/inbound-event/v1"}},
            "HOST_NOT_ALLOWED",
            "event",
        ),
    ],
)
async def test_a_wrong_address_is_the_operators_unless_it_came_from_the_event(
    qualtrics, action, mapping, code, remedy
):
    failed = await first_failure(qualtrics, action, mapping)
    assert (failed.code, failed.remedy) == (code, remedy)


async def test_refused_credentials_wait_for_mended_settings(qualtrics):
    failed = await first_failure(qualtrics, "addContactToXmd", RIGHT, token="expired")
    assert (failed.code, failed.remedy) == ("INVALID_AUTHENTICATION", "settings")
    assert failed.retry_after == 60.0


def test_events_of_a_wrong_directory_are_delivered_once_it_is_mended(tmp_path, instance, people):
    document = json.loads(instance.read_text("utf-8"))
    events, results, letters = people(300), tmp_path / "r.jsonl", tmp_path / "d.jsonl"

    def configure(directory):
        mapping = {**RIGHT, "directoryId": directory}
        subscription = {
            "action": "addContactToXmd",
            "trigger": 'type = "identify"',
            "mapping": mapping,
        }
        instance.write_text(json.dumps({**document, "subscriptions": [subscription]}), "utf-8")

    with simulated() as qualtrics:
        configure("POOL_wrong")
        options = (*qualtrics.unlimited, "--json")
        files = ("--results", results, "--dead-letters", letters)
        stopped = dkit("deliver", instance, events, *files, *options)
        assert json.loads(stopped.stdout)["end"] == "settings"
        assert letters.read_text() == ""
        configure("POOL_demo")
        resumed = dkit("deliver", instance, events, "--resume", results, *options)
        assert (resumed.returncode, qualtrics.counts["contacts"]) == (0, 300)
