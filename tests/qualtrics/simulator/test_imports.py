"""Bulk imports and transaction batches, as whole requests.

Switches that are turned here: `imports.runningJobs`, `imports.sequential`.
"""

import pytest

from destinations.qualtrics.simulator.import_config import ImportSettings
from destinations.qualtrics.simulator.import_schedule import ImportJob, ImportSchedule
from tests.qualtrics.simulator.conftest import DIRECTORY

LIST = f"{DIRECTORY}/mailinglists/CG_000000000000001"
IMPORTS = f"{LIST}/transactioncontacts"


def schedule(settings, *lists):
    """Return when jobs of these lists end, which begin at 0."""
    jobs, found = ImportSchedule(), []
    for number, list_id in enumerate(lists):
        job = ImportJob("POOL_1", list_id, {}, None)
        jobs.add(f"PGRS_{number}", job, settings, 0.0)
        found.append(job.ends_at)
    return found


def test_jobs_of_one_list_run_one_after_the_other():
    settings = ImportSettings(duration=2.0)
    assert schedule(settings, "CG_1", "CG_1", "CG_2", "CG_1") == [2.0, 4.0, 2.0, 6.0]
    parallel = ImportSettings(duration=2.0, sequential=False)
    assert schedule(parallel, "CG_1", "CG_1", "CG_2", "CG_1") == [2.0] * 4


def test_more_jobs_than_run_at_once_wait():
    settings = ImportSettings(duration=2.0, running_jobs=2, sequential=False)
    assert schedule(settings, *"abcdefg") == [2.0, 2.0, 4.0, 4.0, 6.0, 6.0, 8.0]


def test_a_job_ends_once_and_makes_room():
    settings = ImportSettings(duration=2.0, queued_jobs=1)
    jobs, applied = ImportSchedule(), []
    jobs.add("PGRS_1", ImportJob("POOL_1", "CG_1", {}, None), settings, 0.0)
    jobs.run(1.9, applied.append)
    assert (applied, jobs.is_full(settings)) == ([], True)
    jobs.run(2.0, applied.append)
    jobs.run(3.0, applied.append)
    assert (applied, jobs.is_full(settings)) == ([jobs.jobs["PGRS_1"]], False)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "contacts must be a list"),
        ({"contacts": []}, "contacts must be a list"),
        ({"contacts": [{"transactionData": {"a": 1}}]}, "needs transactionMeta"),
        ({"contacts": [{}], "transactionMeta": {"fields": ["a"]}}, "must have a batchId"),
        ({"contacts": [{}], "transactionMeta": {"batchId": "BT_1"}}, "must have a batchId"),
        ({"contacts": [{}], "transactionMeta": {"batchId": "B", "fields": [1]}}, "strings"),
        ({"contacts": [{}], "transactionMeta": {"batchId": "B", "fields": []}}, "at least one"),
    ],
)
def test_a_body_that_is_no_import_is_refused(client, body, message):
    status, text = client.call("POST", IMPORTS, body).refusal
    assert status == 400
    assert message in text


@pytest.mark.parametrize(
    "row",
    [
        5,
        {"extRef": 5},
        {"extRef": None},
        {"phone": "111"},
        {"embeddedData": "a"},
        {"embeddedData": {"order": 1}},
        {"transactionData": "a"},
        {"transactionData": {}},
        {"transactionData": None},
        {"transactionData": {"colour": "red"}},
        {"transactionData": {"order": [1]}},
    ],
    ids=str,
)
def test_a_row_that_is_wrong_is_unprocessed(client, row):
    batch = client.call("POST", f"{DIRECTORY}/transactionbatches", {}).result["id"]
    meta = {"batchId": batch, "fields": ["order"]}
    body = {"contacts": [{"extRef": "u-1"}, row], "transactionMeta": meta}
    response = client.call("POST", IMPORTS, body)
    assert response.status.startswith("HTTP/1.1 202")
    assert response.body["result"]["contacts"] == {"unprocessed": [1]}


@pytest.mark.parametrize(
    "body", [{"transactionIds": "a"}, {"transactionIds": ["CTR_none"]}, {"createdDate": "today"}]
)
def test_a_batch_that_is_wrong_is_refused(client, body):
    assert client.call("POST", f"{DIRECTORY}/transactionbatches", body).refusal[0] == 400


def test_the_transactions_of_no_batch_are_not_listed(client):
    target = f"{DIRECTORY}/transactionbatches/BT_none/transactions"
    assert client.call("GET", target).refusal[0] == 404
