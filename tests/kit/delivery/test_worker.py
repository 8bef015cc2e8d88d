"""A worker answers every request, keeps the order of a user, and holds no more than its window."""

import asyncio
import json

import pytest

from destination_kit import Action, Catalog, Destination
from destination_kit.delivery import Limits
from destination_kit.delivery.lines import Line
from destination_kit.delivery.worker import Worker, WorkerOptions

FIELDS = {"type": "object", "properties": {"n": {"type": "integer"}}}


class Partner:
    """A partner whose calls wait until the test lets them go."""

    def __init__(self):
        self.begun = []
        self.gate = asyncio.Event()

    async def perform(self, context, payload):
        self.begun.append(payload["n"])
        await self.gate.wait()
        return payload["n"]

    def open(self, **document):
        say = Action(title="Say", trigger='type = "track"', fields=FIELDS, perform=self.perform)
        settings = {"type": "object", "properties": {}}
        destination = Destination(slug="p", name="P", settings=settings, actions={"say": say})
        subscription = {"action": "say", "mapping": {"n": {"@path": "$.n"}}}
        rest = {"settings": {}, "subscriptions": [subscription], **document}
        return Catalog.of(destination).configure({"destination": "p", **rest}).open()


class Pipe:
    """Lines that a test writes, and those that it gets."""

    def __init__(self):
        self.taken = 0
        self.answered = []
        self.error = None

    async def read(self, *lines):
        for number, line in enumerate(lines, 1):
            self.taken = number
            yield Line(number, json.dumps(line).encode())

    async def write(self, line):
        if self.error:
            raise self.error
        self.answered.append(line)


def request(number, user=None, **event):
    user_id = {"userId": user} if user else {}
    return {"id": number, "event": {"type": "track", "n": number, **user_id, **event}}


async def turns(count=50):
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def running():
    """Return a function that starts a worker on these lines."""
    tasks = []

    async def start(lines, partner=None, document=None, **limits):
        partner, pipe, stop = partner or Partner(), Pipe(), asyncio.Event()

        async def run():
            async with partner.open(**(document or {})) as live:
                worker = Worker(live, pipe.write, WorkerOptions(limits=Limits(**limits)), stop)
                await worker.run(pipe.read(*lines))
                return worker

        task = asyncio.create_task(run())
        tasks.append(task)
        await turns()
        return partner, pipe, stop, task

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_events_of_one_user_go_one_after_the_other(running):
    lines = [request(1, "a"), request(2, "a"), request(3, "b"), request(4)]
    partner, pipe, _, task = await running(lines)
    assert partner.begun == [1, 3, 4]
    partner.gate.set()
    await task
    assert sorted(partner.begun) == [1, 2, 3, 4]
    assert [line["id"] for line in pipe.answered].index(1) < [
        line["id"] for line in pipe.answered
    ].index(2)


async def test_no_more_lines_are_read_than_the_window_holds(running):
    partner, pipe, _, task = await running([request(number) for number in range(20)], window=4)
    assert pipe.taken == 4
    partner.gate.set()
    await task
    assert len(pipe.answered) == 20


async def test_concurrency_bounds_the_calls(running):
    lines = [request(number) for number in range(20)]
    partner, _, _, task = await running(lines, concurrency=3)
    assert partner.begun == [0, 1, 2]
    partner.gate.set()
    await task
    assert sorted(partner.begun) == [*range(20)]


async def test_after_a_stop_what_is_sent_is_answered_and_nothing_else(running):
    lines = [request(1, "a"), request(2, "a"), request(3, "b"), *map(request, range(4, 20))]
    partner, pipe, stop, task = await running(lines, window=5, concurrency=3)
    stop.set()
    partner.gate.set()
    await task
    assert sorted(partner.begun) == sorted(line["id"] for line in pipe.answered) == [1, 3, 4]
    assert pipe.taken < 20


async def test_a_router_that_has_gone_stops_the_sending(running):
    partner, pipe, stop, task = await running([request(number, "a") for number in range(9)])
    pipe.error = BrokenPipeError()
    partner.gate.set()
    worker = await task
    assert worker.write_error is pipe.error
    assert stop.is_set()
    assert partner.begun == [0]


async def test_every_line_is_answered_whatever_it_holds(running):
    lines = [{"id": 1}, request(2), {"id": 3, "event": {"failures": [], "text": "{"}}, 7]
    partner, pipe, _, task = await running(lines)
    partner.gate.set()
    await task
    answers = {line.get("id"): line for line in pipe.answered}
    assert {*answers} == {1, 2, 3, None}
    assert answers[1]["error"]["code"] == answers[None]["error"]["code"] == "INVALID_REQUEST"
    assert answers[3]["status"] == "failed"
    assert answers[3]["reason"].startswith("INVALID_EVENT: not JSON")


async def test_integrations_and_consent_are_obeyed(running):
    refused = [
        request(1, integrations={"All": False}),
        request(2, context={"consent": {"categoryPreferences": {"ads": False}}}),
    ]
    partner, pipe, _, task = await running([*refused, request(3)], document={"consent": ["ads"]})
    partner.gate.set()
    await task
    assert partner.begun == [3]
    reasons = {line["id"]: line.get("reason", "")[:11] for line in pipe.answered}
    assert reasons == {1: "integration", 2: "no consent ", 3: ""}


async def test_a_deadline_ends_each_attempt(running):
    _, pipe, _, task = await running([request(1)], deadline=0.01)
    await task
    [line] = pipe.answered
    assert (line["status"], line["results"][0]["code"]) == ("open", "SELF_TIMEOUT")


async def test_a_bug_answers_its_own_event_and_ends_nothing(caplog):
    """`Live` catches what a destination raises, so only a mistake of the kit gets this far."""

    class Broken:
        def __init__(self, live):
            self.plan, self.split_by_calls = live.plan, live.split_by_calls

        async def send(self, events, **options):
            if events[0]["n"] == 1:
                raise KeyError("x")
            return await live.send(events, **options)

    pipe, partner = Pipe(), Partner()
    partner.gate.set()
    async with partner.open() as live:
        worker = Worker(Broken(live), pipe.write, WorkerOptions(), asyncio.Event())
        await worker.run(pipe.read(request(1), request(2)))
    answers = {line["id"]: line for line in pipe.answered}
    assert answers[1]["error"]["message"] == "the attempt ended with KeyError"
    assert (answers[1]["retry"], answers[2]["status"]) == ({"attempt": 1}, "delivered")
    assert "the attempt of request 1 failed" in caplog.text
