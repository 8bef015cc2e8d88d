"""Imports whose response is lost, or whose process ends: no row is there twice, and none is lost.

Switches that are turned here: `imports.duration`, `imports.batchData`.
"""

import asyncio
import json
from itertools import count
from random import Random

import pytest

from destination_kit import Delivered, FileStore
from destination_kit.delivery import (
    Completed,
    Limits,
    LineSource,
    RetryPolicy,
    deliver_lines,
    load_results_index,
    result_record,
)
from destinations.qualtrics.simulator import running
from tests.qualtrics_bulk.conftest import (
    BATCH,
    IMPORTS,
    LIST,
    MEMBERS,
    POOL,
    USER,
    bulk,
    catalog,
    config,
    contact_ids,
    create_batch,
    document,
    people,
    read_state,
)

LOST = {"only": [IMPORTS], "script": ["reset-after"]}
TRANSACTION = {
    "transactionBatchId": {"@path": "$.batch"},
    "transactionData": {"@path": "$.order"},
    "transactionFields": ["order"],
}


def purchases(count, batch_id, first=0):
    return [
        {
            "type": "identify",
            "userId": f"u{number % 5}",
            "messageId": f"m{number}",
            "batch": batch_id,
            "order": {"order": "the same"},
        }
        for number in range(first, first + count)
    ]


def codes(results):
    return {"delivered" if isinstance(result, Delivered) else result.code for result in results}


async def test_a_response_that_is_lost_imports_no_row_twice():
    async with bulk(config(rules=(), faults=LOST)) as qualtrics:
        first = await qualtrics.send(people(300))
        assert {result.outcome for result in first} == {"unknown"}
        await qualtrics.until_all_jobs_have_ended()
        results = await qualtrics.send(people(500))
        counts = await qualtrics.state("counts")
    assert len(contact_ids(results)) == 500
    assert counts["contacts"] == 500


async def test_rows_wait_while_a_lost_import_may_still_run():
    """Rows of an import that runs are no members yet, so a lookup cannot find them."""
    configuration = config(rules=(), faults=LOST, imports={"duration": 1.0})
    async with bulk(configuration) as qualtrics:
        await qualtrics.send(people(30))
        waiting = await qualtrics.send(people(30))
        assert codes(waiting) == {"IMPORT_IN_DOUBT"}
        assert {result.remedy for result in waiting} == {"wait"}
        qualtrics.clock.now += 599.0
        assert codes(await qualtrics.send(people(30))) == {"IMPORT_IN_DOUBT"}
        await qualtrics.until_all_jobs_have_ended()
        results = await qualtrics.send(people(30))
        counts = await qualtrics.state("counts")
        assert sum((await qualtrics.calls(IMPORTS)).values()) == 1
    assert len(contact_ids(results)) == counts["contacts"] == 30


async def test_a_transaction_of_a_lost_import_is_there_once():
    configuration = config(faults=LOST, imports={"duration": 0.5})
    async with bulk(configuration, document(**TRANSACTION)) as qualtrics:
        events = purchases(40, await qualtrics.create_batch())
        assert {result.outcome for result in await qualtrics.send(events)} == {"unknown"}
        assert codes(await qualtrics.send(events)) == {"IMPORT_IN_DOUBT"}
        await qualtrics.until_all_jobs_have_ended()
        results = await qualtrics.send(events)
        again = await qualtrics.send(purchases(40, events[0]["batch"], first=40))
        transactions = (await qualtrics.state("transactions"))[POOL]
        assert (await qualtrics.state("counts"))["contacts"] == 5
    assert codes(results) == codes(again) == {"delivered"}
    ids = [result.response["transactionId"] for result in (*results, *again)]
    assert sorted(ids) == sorted(transaction["transactionId"] for transaction in transactions)
    assert sorted(transaction["data"]["messageId"] for transaction in transactions) == sorted(
        f"m{number}" for number in range(80)
    )


async def test_a_transaction_without_a_key_is_not_looked_up():
    instance = document(**TRANSACTION, transactionKey=None)
    async with bulk(config(faults=LOST), instance) as qualtrics:
        events = purchases(5, await qualtrics.create_batch())
        await qualtrics.send(events)
        assert codes(await qualtrics.send(events)) == {"delivered"}
        assert (await qualtrics.state("counts"))["transactions"] == 10
        assert await qualtrics.calls(BATCH) == {}


async def test_a_batch_that_is_listed_without_data_finds_no_transaction():
    configuration = config(faults=LOST, imports={"batchData": False})
    async with bulk(configuration, document(**TRANSACTION)) as qualtrics:
        events = purchases(5, await qualtrics.create_batch())
        await qualtrics.send(events)
        await qualtrics.until_all_jobs_have_ended()
        assert codes(await qualtrics.send(events)) == {"delivered"}
        assert (await qualtrics.state("counts"))["transactions"] == 10


async def test_contacts_that_the_directory_merges_neither_wait_nor_are_looked_up():
    async with bulk(config(faults=LOST, imports={"duration": 0.5})) as qualtrics:
        await qualtrics.send(people(30))
        results = await qualtrics.send(people(30))
        counts = await qualtrics.state("counts")
        assert sum((await qualtrics.calls(IMPORTS)).values()) == 2
        assert await qualtrics.calls(MEMBERS) == {}
    assert len(contact_ids(results)) == counts["contacts"] == 30


@pytest.mark.parametrize(
    ("rules", "user"),
    [
        ((), {}),
        ((("extRef", "email"),), {}),
        ((("phone",),), {}),
        ((("extRef",),), {"mayListDirectories": False}),
    ],
    ids=["no rules", "a field that rows lack", "phone", "rules that cannot be read"],
)
async def test_contacts_that_may_not_be_merged_are_looked_up(rules, user):
    async with bulk(config(rules=rules, users={USER: user})) as qualtrics:
        first = contact_ids(await qualtrics.send(people(3)))
        assert contact_ids(await qualtrics.send(people(3))) == first
        assert await qualtrics.calls(IMPORTS) == {"202": 1}
        assert (await qualtrics.state("counts"))["contacts"] == 3


async def test_a_member_with_other_values_is_no_repetition():
    mapping = {"embeddedData": {"@path": "$.data"}}
    async with bulk(config(rules=()), document(**mapping)) as qualtrics:
        for data in ({"seats": 3}, {"seats": 4}, {"seats": 3, "trial": True}):
            await qualtrics.send(people(1, data=data))
        assert await qualtrics.calls(IMPORTS) == {"202": 3}
        await qualtrics.send(people(1, data={"seats": 4}))
        await qualtrics.send(people(1, data={"seats": 3, "trial": True}))
        assert await qualtrics.calls(IMPORTS) == {"202": 3}


async def test_a_row_without_an_ext_ref_is_found_by_its_email():
    event = {"type": "identify", "traits": {"email": "ann@example.com"}}
    async with bulk(config(rules=())) as qualtrics:
        first = contact_ids(await qualtrics.send([event]))
        assert contact_ids(await qualtrics.send([event])) == first


async def test_a_store_remembers_an_import_beyond_its_process(tmp_path):
    """The first process ends between the response and the first poll, and keeps no job."""

    def opened(url):
        connect_to = {"*.qualtrics.com": url}
        store = FileStore(tmp_path / "store.json")
        return catalog().configure(document()).open(connect_to=connect_to, store=store)

    async def send(live):
        results = await live.send(people(30), deadline=1.0)
        return [part.result for result in results for part in result.results]

    async with running(config(rules=(), imports={"duration": 2.5})) as url:
        async with opened(url) as live:
            assert codes(await send(live)) == {"JOB_PENDING"}
        async with opened(url) as live:
            assert codes(await send(live)) == {"IMPORT_IN_DOUBT"}
            async with asyncio.timeout(30):
                while codes(results := await send(live)) == {"IMPORT_IN_DOUBT"}:  # noqa: ASYNC110 - each turn is an attempt
                    await asyncio.sleep(0.1)
        calls = await asyncio.to_thread(read_state, url, "calls")
        counts = await asyncio.to_thread(read_state, url, "counts")
    assert calls[IMPORTS] == {"202": 1}
    assert len(contact_ids(results)) == counts["contacts"] == 30


class Kept:
    """A listener that keeps the records of all runs, as a results file does."""

    def __init__(self, path):
        self.path = path

    def on_outcome(self, outcome):
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result_record(outcome)) + "\n")

    on_pending = on_outcome

    def on_retry_wait(self, code, change):
        pass


async def deliver(live, events, results):
    index, _ = load_results_index(results)
    with index, events.open("rb") as file:
        limits = Limits(window=2000, deadline=5.0, retry=RetryPolicy(first_pause=0.01))
        source = LineSource(file.fileno())
        await deliver_lines(live, source, limits, Completed(index), Kept(results))


@pytest.mark.slow
async def test_a_run_that_is_stopped_at_ten_random_moments_loses_and_repeats_no_row(tmp_path):
    events, results = tmp_path / "e.jsonl", tmp_path / "r.jsonl"
    results.touch()
    moments = Random(7)  # noqa: S311 - any moments will do, the same ones in each run
    async with running(config(rules=())) as url:
        batch_id = await asyncio.to_thread(create_batch, url)
        lines = [
            {**event, "messageId": event["userId"], "batch": batch_id, "order": {"order": 1}}
            for event in people(3000)
        ]
        events.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

        hours = count(0.0, 3600.0)  # no lost import is in doubt for longer than a look at the clock

        def opened():
            configured = catalog(lambda: next(hours)).configure(document(**TRANSACTION))
            return configured.open(connect_to={"*.qualtrics.com": url})

        for _ in range(10):
            async with opened() as live:
                run = asyncio.create_task(deliver(live, events, results))
                await asyncio.wait([run], timeout=moments.uniform(0.01, 0.6))
                run.cancel()
                await asyncio.wait([run])
        async with opened() as live:
            await deliver(live, events, results)
        counts = await asyncio.to_thread(read_state, url, "counts")
        lists = await asyncio.to_thread(read_state, url, "mailingLists")
    records = map(json.loads, results.read_text(encoding="utf-8").splitlines())
    statuses = {record["line"]: record["status"] for record in records}
    assert statuses == dict.fromkeys(range(1, 3001), "delivered")
    assert counts["contacts"] == counts["transactions"] == 3000
    assert len(lists[POOL][LIST]["contacts"]) == 3000
