"""A plugin adds bulk imports to the Qualtrics destination, from outside."""

import asyncio
import json
from dataclasses import replace
from random import Random
from urllib.request import urlopen

from destination_kit import Catalog, Delivered, TransportError
from destination_kit.delivery import (
    Completed,
    Limits,
    LineSource,
    RetryPolicy,
    deliver_lines,
    load_results_index,
    result_record,
)
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.simulator import load_config, running
from tests.plugins.qualtrics_imports.qualtrics_imports import IMPORT

TOKEN = "bulk-t0ken"
CONFIG = {
    "tokens": {TOKEN: "UR_000000000000001"},
    "directories": {"POOL_bulk": {"mergeRules": [], "mailingLists": {"CG_bulk": {}}}},
    "pages": {"listContacts": 1000},
}


def configure(submit):
    """Return an instance with the plugin's action, whose imports go through `submit`."""
    action = replace(IMPORT, perform_batch=submit)
    actions = {**QUALTRICS.actions, "addContactsToMailingList": action}
    subscription = {
        "action": "addContactsToMailingList",
        "useDefaultMapping": True,
        "mapping": {"directoryId": "POOL_bulk", "mailingListId": "CG_bulk"},
    }
    document = {
        "destination": "actions-qualtrics",
        "settings": {"apiToken": TOKEN, "datacenter": "iad1"},
        "subscriptions": [subscription],
    }
    return Catalog.of(replace(QUALTRICS, actions=actions)).configure(document)


def people(count):
    return [{"type": "identify", "userId": f"u{number}"} for number in range(count)]


def contact_ids(results):
    assert all(isinstance(result.results[0].result, Delivered) for result in results)
    return {result.results[0].result.response["contactId"] for result in results}


async def test_25_000_contacts_reach_a_mailing_list_in_three_jobs():
    submitted = []

    async def submit(context, payloads):
        submitted.append(len(payloads))
        return await IMPORT.perform_batch(context, payloads)

    async with (
        running(load_config(CONFIG)) as url,
        configure(submit).open(connect_to={"*.qualtrics.com": url}) as live,
    ):
        results = await live.send(people(25_000), deadline=60.0)
    assert submitted == [10_000, 10_000, 5_000]
    assert len(contact_ids(results)) == 25_000


async def test_a_response_that_is_lost_imports_no_row_twice():
    """Between the request and its response no job is known, so the plugin asks for members."""
    lost = []

    async def submit(context, payloads):
        answers = await IMPORT.perform_batch(context, payloads)
        if not lost:
            lost.append(len(payloads))
            raise TransportError("no answer", code="CONNECTION_FAILED", outcome_unknown=True)
        return answers

    events = people(500)
    async with (
        running(load_config(CONFIG)) as url,
        configure(submit).open(connect_to={"*.qualtrics.com": url}) as live,
    ):
        first = await live.send(events[:300])
        assert {result.failures[0].outcome for result in first} == {"unknown"}
        results = await live.send(events)
        counts = await asyncio.to_thread(read_counts, url)
    assert len(contact_ids(results)) == 500
    assert counts["contacts"] == 500


def read_counts(url):
    with urlopen(f"{url}/_sim/state?part=counts") as answer:  # noqa: S310 - our own server
        return json.load(answer)["counts"]


class Kept:
    """A listener that keeps the records of all runs, as a results file does."""

    def __init__(self, path):
        self.path = path

    def on_outcome(self, outcome):
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result_record(outcome)) + "\n")

    on_pending_jobs = on_outcome

    def on_retry_wait(self, code, change):
        pass


async def deliver(live, events, results):
    index, _ = load_results_index(results)
    with index, events.open("rb") as file:
        limits = Limits(window=2000, deadline=5.0, retry=RetryPolicy(first_pause=0.01))
        source = LineSource(file.fileno())
        await deliver_lines(live, source, limits, Completed(index), Kept(results))


async def test_a_run_that_is_stopped_at_ten_random_moments_loses_and_repeats_no_row(tmp_path):
    events, results = tmp_path / "e.jsonl", tmp_path / "r.jsonl"
    events.write_text("\n".join(map(json.dumps, people(3000))), encoding="utf-8")
    results.touch()
    moments = Random(7)  # noqa: S311 - any moments will do, the same ones in each run
    async with running(load_config(CONFIG)) as url:
        for _ in range(10):
            live = configure(IMPORT.perform_batch).open(connect_to={"*.qualtrics.com": url})
            async with live:
                run = asyncio.create_task(deliver(live, events, results))
                await asyncio.wait([run], timeout=moments.uniform(0.01, 0.6))
                run.cancel()
                await asyncio.wait([run])
        async with configure(IMPORT.perform_batch).open(
            connect_to={"*.qualtrics.com": url}
        ) as live:
            await deliver(live, events, results)
        counts = await asyncio.to_thread(read_counts, url)
    records = map(json.loads, results.read_text(encoding="utf-8").splitlines())
    statuses = {record["line"]: record["status"] for record in records}
    assert statuses == dict.fromkeys(range(1, 3001), "delivered")
    assert counts["contacts"] == 3000
