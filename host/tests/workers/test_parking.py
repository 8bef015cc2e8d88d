"""What a refusal parks: a 401 the instance, a 403 its endpoint, a wrong literal its subscription."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import pytest

from destination_host.queue import Filter, NewEvent, Route, Status
from destination_host.queue.sqlite import SqliteQueue
from destination_host.workers import Dispatcher
from destination_kit import Action, Catalog, Destination

URL = "https://partner.example/directories"
FIELDS = {"type": "object", "properties": {"directory": {"type": "string"}}}


class Partner:
    """Answers by directory, and counts its requests."""

    def __init__(self, **statuses):
        #: Directory -> the status of its responses; 200 for others.
        self.statuses = statuses
        self.requests = []
        #: Set by the first request.
        self.asked = asyncio.Event()

    def __call__(self, request):
        directory = request.url.path.split("/")[2]
        self.requests.append(directory)
        self.asked.set()
        return httpx.Response(self.statuses.get(directory, 200), json={"directory": directory})


async def post(context, payload):
    await context.http.post(f"{URL}/{payload['directory']}/contacts?x=1", json={})


def instance():
    action = Action(title="Post", trigger='type = "track"', fields=FIELDS, perform=post)
    destination = Destination(
        slug="partner", name="Partner", hosts=("partner.example",), actions={"post": action}
    )
    subscriptions = [
        {
            "name": directory,
            "action": "post",
            "trigger": f'event = "{directory}"',
            "mapping": {"directory": directory},
        }
        for directory in ("A", "B")
    ]
    document = {"destination": "partner", "subscriptions": subscriptions}
    return Catalog.of(destination).configure(document)


class Clock:
    def __init__(self):
        self.time = 1_000_000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@asynccontextmanager
async def delivering(path, partner, clock):
    transport = httpx.MockTransport(partner)
    async with (
        await SqliteQueue.open(path / "queue.db", clock=clock) as queue,
        instance().open(transport=transport) as live,
    ):
        dispatcher = Dispatcher(queue, {"a": live})
        running = asyncio.create_task(dispatcher.run())
        try:
            yield queue, dispatcher
        finally:
            dispatcher.stop()
            await running


def event(directory, user):
    body = {"type": "track", "event": directory, "userId": user}
    return NewEvent("web", json.dumps(body).encode(), 1.0, [Route("a", f"userId {user}")])


async def settled(queue, count, *statuses):
    async with asyncio.timeout(60):
        while True:
            found = await queue.find(Filter(statuses=statuses))
            if len(found) >= count:
                assert len(found) == count
                return found[::-1]
            await asyncio.sleep(0.01)


async def test_a_403_parks_its_endpoint_and_leaves_the_others(tmp_path, clock):
    partner = Partner(A=403)
    async with delivering(tmp_path, partner, clock) as (queue, _):
        await queue.put([event("A", "1"), event("B", "2"), event("A", "3"), event("B", "4")])
        parked = await settled(queue, 2, Status.PARKED)
        await settled(queue, 2, Status.DELIVERED)
        [(_, record)] = (await queue.show(parked[0].delivery)).attempts
    assert {row.reason for row in parked} == {f"endpoint POST {URL}/A/contacts"}
    assert record["results"][0]["exchanges"][0]["status"] == 403
    # One was asked, or both at the same time; the circuit held back what came later.
    assert 1 <= partner.requests.count("A") <= 2


async def test_a_parked_endpoint_goes_on_when_a_probe_is_delivered(tmp_path, clock):
    async with delivering(tmp_path, Partner(A=403), clock) as (queue, _):
        await queue.put([event("A", str(user)) for user in range(20)])
        await settled(queue, 20, Status.PARKED)
    partner = Partner(A=403)
    async with delivering(tmp_path, partner, clock) as (queue, _):
        await settled(queue, 20, Status.PARKED)
        await asyncio.wait_for(partner.asked.wait(), 30)
        await asyncio.sleep(0.3)
        assert partner.requests == ["A"]  # one probe a minute
    clock.time += 61
    async with delivering(tmp_path, Partner(), clock) as (queue, _):
        await settled(queue, 20, Status.DELIVERED)


async def test_a_request_that_the_kit_holds_back_parks_by_the_same_endpoint(tmp_path, clock):
    partner = Partner(A=403)
    async with delivering(tmp_path, partner, clock) as (queue, dispatcher):
        await queue.put([event("A", "1")])
        await settled(queue, 1, Status.PARKED)
        await queue.put([event("A", "2")])
        dispatcher.wake()
        first, second = await settled(queue, 2, Status.PARKED)
        [(_, record)] = (await queue.show(second.delivery)).attempts
    assert partner.requests == ["A"]
    assert first.reason == second.reason
    assert record["results"][0]["exchanges"][0]["error"] == "FORBIDDEN"


async def test_a_401_parks_the_instance(tmp_path, clock):
    async with delivering(tmp_path, Partner(A=401), clock) as (queue, _):
        await queue.put([event("A", "1")])
        [parked] = await settled(queue, 1, Status.PARKED)
    assert parked.reason == ""


async def test_a_wrong_literal_parks_its_subscription(tmp_path, clock):
    async with delivering(tmp_path, Partner(A=404), clock) as (queue, _):
        await queue.put([event("A", "1")])
        [parked] = await settled(queue, 1, Status.PARKED)
    assert parked.reason == "subscription A"
