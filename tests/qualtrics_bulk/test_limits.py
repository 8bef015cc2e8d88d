"""Limits of imports: jobs at once, rate limits, and the sizes of one call.

Switches that are turned here: `imports.contactsPerCall`,
`imports.queuedJobs`, `imports.queueFullStatus`.
"""

import pytest

from destination_kit import Delivered
from destination_kit.combined_rate_limits import list_rate_limits
from destinations.qualtrics_bulk.open_imports import MAX_JOBS
from destinations.qualtrics_bulk.rate_limits import ALL_RATE_LIMITS, rate_limits
from tests.qualtrics_bulk.conftest import (
    IMPORTS,
    POOL,
    bulk,
    catalog,
    config,
    document,
    people,
)

D = "https://iad1.qualtrics.com/API/v3/directories/POOL_1"
BY_EVENT = {"@path": "$.list"}


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        ("POST", "/mailinglists/CG_1/transactioncontacts", ["imports"]),
        ("GET", "/mailinglists/CG_1/transactioncontacts/PGRS_1", ["import-status"]),
        ("GET", "/mailinglists/CG_1/transactioncontacts/PGRS_1?x=1", ["import-status"]),
        ("GET", "/mailinglists/CG_1/transactioncontacts/PGRS_1/summary", []),
        ("GET", "/imports/api-import/jobs/PGRS_1/report", []),
        ("POST", "/transactionbatches", ["transaction-batches"]),
        ("GET", "/transactionbatches/BT_1/transactions", []),
        ("POST", "/contacts/search", []),
        ("POST", "/mailinglists/CG_1/contacts", []),
    ],
)
def test_each_call_spends_the_limits_that_qualtrics_documents(method, path, names):
    found = rate_limits(method, f"{D}{path}")
    assert [limit.name for limit in found] == names
    assert set(found) <= set(ALL_RATE_LIMITS)


def test_the_limits_are_those_of_the_page_and_join_those_of_the_destination():
    limits = {limit.name: (limit.calls, limit.seconds) for limit in ALL_RATE_LIMITS}
    minute = {"imports": 100, "import-status": 500, "transaction-batches": 500}
    assert limits == {name: (calls, 60.0) for name, calls in minute.items()}


def test_an_operator_sees_the_limits_beside_those_of_the_destination():
    limits = list_rate_limits(catalog().destinations["actions-qualtrics"])
    names = [limit.name for limit in limits]
    assert len(names) == len(set(names))
    assert {"brand", "contacts", "imports", "import-status"} <= set(names)


async def test_no_more_jobs_run_than_qualtrics_runs_at_once():
    """Each event goes to a list of its own, so that each is a job."""
    lists = [f"CG_{number}" for number in range(MAX_JOBS + 5)]
    events = [{**event, "list": name} for event, name in zip(people(30), lists, strict=True)]
    configuration = config(lists=lists, imports={"duration": 1.0})
    async with bulk(configuration, document(mailingListId=BY_EVENT)) as qualtrics:
        first = await qualtrics.send(events)
        refused = [result for result in first if not isinstance(result, Delivered)]
        assert {(result.code, result.remedy) for result in refused} == {
            ("IMPORT_QUEUE_FULL", "wait")
        }
        assert len(refused) == 5
        assert await qualtrics.calls(IMPORTS) == {"202": MAX_JOBS}
        waiting = [event for event, result in zip(events, first, strict=True) if result in refused]
        assert {type(result) for result in await qualtrics.send(waiting)} == {Delivered}
        lists = await qualtrics.state("mailingLists")
    assert [len(found["contacts"]) for found in lists[POOL].values()] == [1] * (MAX_JOBS + 5)


@pytest.mark.parametrize(("status", "remedy"), [(429, "wait"), (503, "wait"), (400, "event")])
async def test_a_full_queue_of_the_brand_refuses_an_import(status, remedy):
    """Other imports of the brand may fill the queue, of which no client knows."""
    switches = {"queuedJobs": 1, "duration": 60.0, "queueFullStatus": status}
    instance = document(mailingListId=BY_EVENT)
    events = [{**event, "list": f"CG_{number}"} for number, event in enumerate(people(2))]
    async with bulk(config(lists=["CG_0", "CG_1"], imports=switches), instance) as qualtrics:
        await qualtrics.send(events[:1], deadline=1.0)
        [result] = await qualtrics.send(events[1:], deadline=3.0)
        calls = await qualtrics.calls(IMPORTS)
    # A 429 is answered again within the deadline.
    assert (calls["202"], calls.keys()) == (1, {"202", str(status)})
    assert result.remedy == remedy


async def test_a_call_carries_as_many_contacts_as_qualtrics_takes():
    async with bulk(config(imports={"contactsPerCall": 10})) as qualtrics:
        await qualtrics.send(people(11))
        assert await qualtrics.calls(IMPORTS) == {"413": 1}
    instance = document(batch={"count": 10})
    async with bulk(config(imports={"contactsPerCall": 10}), instance) as qualtrics:
        await qualtrics.send(people(11))
        assert await qualtrics.calls(IMPORTS) == {"202": 2}
