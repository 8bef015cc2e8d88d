"""What an operator sees of each row of an import.

Switches that are turned here: `imports.status`, `imports.unknownPlace`, `imports.unknownBatch`,
`imports.completeStatus`, `imports.unfinishedPolls`, `imports.reportKey`, `imports.reportPage`.
"""

import json

import pytest

from destination_kit import Delivered, Failed
from tests.qualtrics_bulk.conftest import (
    IMPORTS,
    LIST,
    POOL,
    STATUS,
    bulk,
    config,
    contact_ids,
    document,
    people,
)

FIELDS = ["order", "total"]


def codes(results):
    return ["delivered" if isinstance(result, Delivered) else result.code for result in results]


def purchases(count, **more):
    return [
        {**event, "messageId": f"m{number}", "order": {"order": f"o{number}", "total": 9.5}, **more}
        for number, event in enumerate(people(count))
    ]


def with_transactions(batch_id, **mapping):
    transaction = {"transactionData": {"@path": "$.order"}, "transactionFields": FIELDS}
    return document(transactionBatchId=batch_id, **transaction, **mapping)


@pytest.mark.slow
async def test_25_000_contacts_reach_a_mailing_list_in_three_jobs():
    async with bulk() as qualtrics:
        results = await qualtrics.send(people(25_000), deadline=100.0)
        assert len(contact_ids(results)) == 25_000
        assert await qualtrics.calls(IMPORTS) == {"202": 3}
        lists = await qualtrics.state("mailingLists")
    assert len(lists[POOL][LIST]["contacts"]) == 25_000


async def test_a_contact_has_the_values_and_the_embedded_data_of_its_event():
    event = {
        "type": "identify",
        "userId": "u-1",
        "traits": {"email": "ann@example.com", "firstName": "Ann", "phone": "+1 415 555 2671"},
        "data": {"plan": "pro", "seats": 3, "tags": ["a"], "none": None},
    }
    mapping = {"embeddedData": {"@path": "$.data"}, "lastName": None}
    async with bulk(instance=document(**mapping)) as qualtrics:
        [result] = await qualtrics.send([event])
        [contact] = (await qualtrics.state("contacts"))[POOL]
    assert contact["contactId"] == result.response["contactId"]
    known = {name: contact[name] for name in ("extRef", "email", "firstName", "embeddedData")}
    assert known == {
        "extRef": "u-1",
        "email": "ann@example.com",
        "firstName": "Ann",
        "embeddedData": {"plan": "pro", "seats": "3", "tags": '["a"]'},
    }
    assert contact["phone"] is None
    assert contact["language"] is None


async def test_each_transaction_reaches_its_batch():
    async with bulk() as qualtrics:
        batch_id = await qualtrics.create_batch()
        instance = with_transactions(batch_id)
    async with bulk(instance=instance) as qualtrics:
        assert await qualtrics.create_batch() == batch_id  # the ids of a simulator repeat
        results = await qualtrics.send(purchases(50))
        transactions = (await qualtrics.state("transactions"))[POOL]
    assert len(contact_ids(results)) == 50
    assert {result.response["transactionId"] for result in results} == {
        transaction["transactionId"] for transaction in transactions
    }
    assert sorted(transaction["data"]["order"] for transaction in transactions) == sorted(
        f"o{number}" for number in range(50)
    )
    assert {transaction["mailingListId"] for transaction in transactions} == {LIST}


async def test_names_that_do_not_fit_fail_their_row_alone():
    events = purchases(3)
    events[1]["order"]["colour"] = "red"
    async with bulk() as qualtrics:
        batch_id = await qualtrics.create_batch()
    async with bulk(instance=with_transactions(batch_id)) as qualtrics:
        await qualtrics.create_batch()
        results = await qualtrics.send(events)
    assert codes(results) == ["delivered", "PAYLOAD_VALIDATION_FAILED", "delivered"]
    assert results[1].remedy == "event"
    assert "colour" in results[1].message


async def test_unprocessed_contacts_are_failures_of_exactly_those_rows():
    """The simulator takes 100 characters, so that it leaves out what we send."""
    events = people(4)
    events[2]["traits"] = {"firstName": "x" * 101}
    async with bulk(config(contacts={"fieldLength": 100})) as qualtrics:
        results = await qualtrics.send(events)
        counts = await qualtrics.state("counts")
    assert codes(results) == ["delivered", "delivered", "IMPORT_UNPROCESSED", "delivered"]
    assert counts["contacts"] == 3


async def test_an_import_of_unprocessed_contacts_alone_is_not_polled():
    events = people(2, traits={"firstName": "x" * 101})
    async with bulk(config(contacts={"fieldLength": 100})) as qualtrics:
        assert codes(await qualtrics.send(events)) == ["IMPORT_UNPROCESSED"] * 2
        assert await qualtrics.calls(STATUS) == {}


async def test_a_malformed_email_fails_its_row_and_says_so():
    events = people(3)
    events[1]["traits"] = {"email": "ann@nowhere"}
    async with bulk() as qualtrics:
        results = await qualtrics.send(events)
    assert codes(results) == ["delivered", "INVALID_EMAIL", "delivered"]
    assert "ann@nowhere" not in results[1].message


@pytest.mark.parametrize(
    "place", [{"directoryId": "POOL_none"}, {"mailingListId": "CG_none"}], ids=str
)
@pytest.mark.parametrize("treatment", ["accept", "refuse"])
async def test_a_place_that_does_not_exist_keeps_its_rows_for_mended_settings(place, treatment):
    configuration = config(imports={"unknownPlace": treatment})
    async with bulk(configuration, document(**place)) as qualtrics:
        results = await qualtrics.send(people(3))
    assert codes(results) == ["IMPORT_PLACE_MISSING"] * 3
    assert {result.remedy for result in results} == {"settings"}
    assert all("transaction batch" not in result.message for result in results)


@pytest.mark.parametrize(
    ("effect", "code"),
    [("nothing", "IMPORT_PLACE_MISSING"), ("contacts", "TRANSACTION_BATCH_MISSING")],
)
async def test_a_batch_that_does_not_exist_keeps_its_rows_for_mended_settings(effect, code):
    instance = with_transactions("BT_none", transactionKey=None)
    async with bulk(config(imports={"unknownBatch": effect}), instance) as qualtrics:
        results = await qualtrics.send(purchases(3))
    assert codes(results) == [code] * 3
    assert {result.remedy for result in results} == {"settings"}
    assert all("transaction batch" in result.message for result in results)


async def test_a_batch_that_cannot_be_looked_up_keeps_its_rows_for_mended_settings():
    async with bulk(instance=with_transactions("BT_none")) as qualtrics:
        results = await qualtrics.send(purchases(3))
        assert await qualtrics.calls(IMPORTS) == {}
    assert codes(results) == ["TRANSACTION_BATCH_MISSING"] * 3
    assert {result.remedy for result in results} == {"settings"}


async def test_a_transaction_without_a_batch_keeps_its_row_for_mended_settings():
    mapping = {"transactionData": {"@path": "$.order"}, "transactionFields": FIELDS}
    async with bulk(instance=document(**mapping)) as qualtrics:
        results = await qualtrics.send(purchases(2))
    assert codes(results) == ["TRANSACTION_BATCH_REQUIRED"] * 2
    assert {result.remedy for result in results} == {"settings"}


@pytest.mark.parametrize("status", ["complete", "COMPLETED", "Complete", "Finished", "done"])
async def test_a_job_has_ended_however_its_status_is_spelt(status):
    async with bulk(config(imports={"completeStatus": status})) as qualtrics:
        assert codes(await qualtrics.send(people(2))) == ["delivered"] * 2


@pytest.mark.parametrize("polls", [0, 2])
async def test_a_job_is_polled_until_it_has_ended(polls):
    async with bulk(config(imports={"unfinishedPolls": polls})) as qualtrics:
        assert codes(await qualtrics.send(people(2))) == ["delivered"] * 2
        assert await qualtrics.calls(STATUS) == {"200": polls + 1}


@pytest.mark.parametrize("status", ["failed", "ERROR"])
async def test_a_job_that_qualtrics_gives_up_is_imported_again(status):
    async with bulk(config(imports={"completeStatus": status})) as qualtrics:
        results = await qualtrics.send(people(2))
    assert codes(results) == ["IMPORT_FAILED"] * 2
    assert {(result.remedy, result.outcome) for result in results} == {("wait", "unknown")}


@pytest.mark.parametrize("switches", [{"reportKey": "result"}, {"reportPage": 7}, {"status": 200}])
async def test_the_report_is_read_in_either_shape_and_page_by_page(switches):
    events = people(30)
    events[17]["traits"] = {"email": "malformed"}
    async with bulk(config(imports=switches)) as qualtrics:
        results = await qualtrics.send(events)
        contacts = (await qualtrics.state("contacts"))[POOL]
    failed = [number for number, result in enumerate(results) if isinstance(result, Failed)]
    assert failed == [17]
    ids = {contact["extRef"]: contact["contactId"] for contact in contacts}
    for number, result in enumerate(results):
        if number != 17:
            assert result.response == {"contactId": ids[f"u{number}"]}


async def test_a_job_that_is_unfinished_at_the_deadline_is_polled_and_not_submitted_again():
    async with bulk(config(imports={"duration": 3.0})) as qualtrics:
        pending = await qualtrics.send(people(2), deadline=2.0)
        jobs = [{"import": result.job} for result in pending]
        results = await qualtrics.send(people(2), jobs=jobs)
        assert await qualtrics.calls(IMPORTS) == {"202": 1}
    assert codes(pending) == ["JOB_PENDING"] * 2
    assert "u0" not in json.dumps(jobs)
    assert len(contact_ids(results)) == 2


async def test_a_job_that_qualtrics_does_not_know_leaves_its_rows_unknown():
    job = {"directory": POOL, "list": LIST, "id": "PGRS_none", "row": 0}
    async with bulk() as qualtrics:
        [result] = await qualtrics.send(people(1), jobs=[{"import": job}])
    assert (result.code, result.remedy, result.outcome) == ("IMPORT_GONE", "event", "unknown")


async def test_a_poll_that_fails_keeps_the_job():
    async with bulk() as qualtrics:
        await qualtrics.switch(faults={"only": [STATUS], "statuses": {"503": 1.0}})
        [pending] = await qualtrics.send(people(1), deadline=3.0)
        await qualtrics.switch(faults={"statuses": {"503": 0.0}})
        [result] = await qualtrics.send(people(1), jobs=[{"import": pending.job}])
        assert await qualtrics.calls(IMPORTS) == {"202": 1}
    assert pending.job is not None
    assert isinstance(result, Delivered)
