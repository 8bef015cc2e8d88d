import asyncio
from dataclasses import replace

import pytest

from destination_kit import (
    Action,
    Catalog,
    Delivered,
    Destination,
    Failed,
    IntegrationError,
    Submitted,
)
from destination_kit.delivery import (
    Completed,
    Limits,
    LineSource,
    RetryPolicy,
    attempt_delivery,
    deliver_lines,
    load_results_index,
    result_record,
)
from tests.kit.dkit import write

EVENTS = [{"type": "track", "userId": f"u{number}"} for number in range(3)]
FIELDS = {"type": "object", "properties": {"id": {"type": "string"}}}


class Partner:
    """A partner that finishes a job after some polls."""

    def __init__(self, polls=2):
        self.submitted, self.polled, self.polls = [], [], polls

    async def perform(self, context, payload):
        return (await self.perform_batch(context, [payload]))[0]

    async def perform_batch(self, context, payloads):
        assert len(context.payload_contexts) in (0, len(payloads))
        self.submitted.append([payload["id"] for payload in payloads])
        return [Submitted({"job": 1, "row": payload["id"]}, 0.01) for payload in payloads]

    async def poll(self, context, jobs):
        self.polled.append([job["row"] for job in jobs])
        if len(self.polled) < self.polls:
            return [Submitted(job, 0.01) for job in jobs]
        return [
            Failed("BAD_ROW", "no") if job["row"] == "u1" else {"row": job["row"]} for job in jobs
        ]


def configure(partner, **changes):
    action = Action(
        title="Import",
        trigger='type = "track"',
        fields=FIELDS,
        perform=partner.perform,
        perform_batch=partner.perform_batch,
        poll=partner.poll,
    )
    actions = {"import": replace(action, **changes)}
    destination = Destination(slug="jobs", name="Jobs", actions=actions)
    mapping = {"id": {"@path": "$.userId"}}
    subscription = {"action": "import", "mapping": mapping}
    return Catalog.of(destination).configure(
        {"destination": "jobs", "subscriptions": [subscription]}
    )


def outcomes(results):
    return [result.results[0].result for result in results]


async def test_jobs_are_submitted_once_and_polled_until_each_payload_has_its_result():
    partner = Partner()
    async with configure(partner).open() as live:
        first, second, third = outcomes(await live.send(EVENTS))
    assert (first, third) == (Delivered({"row": "u0"}), Delivered({"row": "u2"}))
    assert second.code == "BAD_ROW"
    assert partner.submitted == [["u0", "u1", "u2"]]
    assert partner.polled == [["u0", "u1", "u2"]] * 2


async def test_an_unfinished_job_comes_back_with_the_failure_and_is_polled_later():
    partner = Partner(polls=10**9)
    async with configure(partner).open() as live:
        pending = outcomes(await live.send(EVENTS, deadline=0.3))
        assert {failed.code for failed in pending} == {"JOB_PENDING"}
        assert all(failed.retryable and failed.outcome == "unknown" for failed in pending)
        jobs = [{"import": failed.job} for failed in pending]
        partner.polls = 0
        results = outcomes(await live.send(EVENTS, jobs=jobs))
    assert [type(result) for result in results] == [Delivered, Failed, Delivered]
    assert partner.submitted == [["u0", "u1", "u2"]]


async def test_new_payloads_are_submitted_beside_jobs_that_are_polled():
    partner = Partner(polls=1)
    async with configure(partner).open() as live:
        results = outcomes(await live.send(EVENTS, jobs=[{"import": {"row": "u0"}}]))
    assert partner.submitted == [["u1", "u2"]]
    assert results[0] == Delivered({"row": "u0"})


async def test_one_job_can_stand_for_the_whole_batch():
    partner = Partner()

    async def perform_batch(context, payloads):
        return Submitted("j1", 0)

    async def poll(context, jobs):
        return list(jobs)

    async with configure(partner, perform_batch=perform_batch, poll=poll).open() as live:
        assert outcomes(await live.send(EVENTS)) == [Delivered("j1")] * 3


async def test_a_job_without_batches_is_polled_too():
    partner = Partner(polls=1)
    async with configure(partner, perform_batch=None).open() as live:
        assert outcomes(await live.send(EVENTS[:1])) == [Delivered({"row": "u0"})]


async def test_a_poll_that_fails_for_now_keeps_the_job():
    async def poll(context, jobs):
        raise IntegrationError("down", "DOWN", 503)

    async with configure(Partner(), poll=poll).open() as live:
        [failed] = outcomes(await live.send(EVENTS[:1]))
    assert (failed.code, failed.retryable, failed.outcome) == ("DOWN", True, "unknown")
    assert failed.job == {"job": 1, "row": "u0"}


async def test_a_poll_without_an_answer_ends_before_the_deadline_and_keeps_the_job():
    async def poll(context, jobs):
        await asyncio.sleep(60)

    async with configure(Partner(), poll=poll).open() as live:
        [failed] = outcomes(await live.send(EVENTS[:1], deadline=0.3))
    assert (failed.code, failed.job) == ("JOB_PENDING", {"job": 1, "row": "u0"})


@pytest.mark.parametrize("returned", [None, []])
async def test_a_poll_with_too_few_responses_is_a_fault_of_the_destination(returned):
    async def poll(context, jobs):
        return returned

    async with configure(Partner(), poll=poll).open() as live:
        [failed] = outcomes(await live.send(EVENTS[:1]))
    assert (failed.code, failed.remedy) == ("UNKNOWN_ERROR", "code")


class Kept:
    """A listener that keeps the records of a run, as a results file does."""

    def __init__(self):
        self.records = []
        self.is_full = asyncio.Event()

    def on_outcome(self, outcome):
        self.records.append(result_record(outcome))
        if len(self.records) == len(EVENTS):
            self.is_full.set()

    on_pending = on_outcome

    def on_retry_wait(self, code, change):
        pass


async def run_lines(live, path, completed, kept):
    with path.open("rb") as file:
        limits = Limits(deadline=0.3, retry=RetryPolicy(first_pause=0.01))
        await deliver_lines(live, LineSource(file.fileno()), limits, completed, kept)


async def test_a_killed_run_polls_the_jobs_that_it_has_recorded(tmp_path):
    partner, kept = Partner(polls=10**9), Kept()
    events = write(tmp_path / "e.jsonl", *EVENTS)
    async with configure(partner).open() as live:
        running = asyncio.create_task(run_lines(live, events, Completed(), kept))
        await kept.is_full.wait()
        running.cancel()
        await asyncio.wait([running])
    assert {record["status"] for record in kept.records} == {"open"}
    assert kept.records[0]["results"][0]["job"]["job"] == 1
    results = write(tmp_path / "r.jsonl", *kept.records)
    index, _ = load_results_index(results)
    partner.polls, again = 0, Kept()
    with index:
        async with configure(partner).open() as live:
            await run_lines(live, events, Completed(index), again)
    assert partner.submitted == [["u0", "u1", "u2"]]
    statuses = {record["line"]: record["status"] for record in again.records}
    assert statuses == {1: "delivered", 2: "failed", 3: "delivered"}
    assert all(not record.get("unknownTries") for record in again.records)


async def test_a_host_keeps_the_job_in_its_message():
    partner = Partner(polls=10**9)
    async with configure(partner).open() as live:
        first = await attempt_delivery(live, EVENTS[0], RetryPolicy(), deadline=0.3)
        assert first.failures[0].code == "JOB_PENDING"
        partner.polls = 0
        second = await attempt_delivery(live, first.retry, RetryPolicy())
    assert (second.failures, second.retry) == ((), None)
    assert partner.submitted == [["u0"]]


async def test_a_job_of_an_action_without_a_poll_is_a_fault_of_the_destination():
    async with configure(Partner(), poll=None).open() as live:
        [failed] = outcomes(await live.send(EVENTS[:1]))
    assert (failed.code, failed.remedy) == ("UNKNOWN_ERROR", "code")
