"""Workers between a real queue and a small partner: each remedy, order, parking, restart and stop."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from destination_host.queue import (
    Filter,
    NewEvent,
    QueueFullError,
    Retention,
    Route,
    Status,
)
from destination_host.queue.memory import MemoryQueue
from destination_host.queue.sqlite import SqliteQueue
from destination_host.workers import Dispatcher
from destination_host.workers.dispatcher import DispatchLimits
from destination_kit import (
    Action,
    Catalog,
    DeliveryError,
    Destination,
    IntegrationError,
    InvalidAuthenticationError,
    RetryableError,
    Skipped,
    Submitted,
)
from destination_kit.delivery import RetryPolicy


class Partner:
    """Answers as its `answers` say, and remembers what it received."""

    def __init__(self):
        self.received = []
        #: n -> the errors to raise for it, one per attempt.
        self.errors = {}
        #: Errors to raise for everything, while it is set.
        self.refusal = None
        self.gate = None

    async def perform(self, _context, payload):
        if self.gate:
            await self.gate.wait()
        if self.refusal:
            raise self.refusal
        if errors := self.errors.get(payload["n"]):
            raise errors.pop(0)
        self.received.append(payload["n"])


@pytest.fixture
def partner():
    return Partner()


def instance_of(partner, **options):
    fields = {
        "type": "object",
        "required": ["n"],
        "properties": {
            "n": {"type": "integer", "title": "N", "default": {"@path": "$.properties.n"}}
        },
    }
    action = Action(
        title="Post", trigger='type = "track"', fields=fields, perform=partner.perform, **options
    )
    destination = Destination(slug="partner", name="Partner", actions={"post": action})
    document = {
        "destination": "partner",
        "subscriptions": [{"name": "Post", "action": "post", "useDefaultMapping": True}],
    }
    return Catalog.of(destination).configure(document)


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.time = 1_000_000.0

    def __call__(self):
        return self.time


FAST = DispatchLimits(retry=RetryPolicy(first_pause=0.01, max_pause=0.05, time_limit=60.0))


@asynccontextmanager
async def delivering(path, instance, limits=FAST, clock=None, grace=5.0):
    queue = await SqliteQueue.open(path, clock=clock, retention=Retention())
    async with queue, instance.open() as live:
        dispatcher = Dispatcher(queue, {"a": live}, limits)
        running = asyncio.create_task(dispatcher.run(grace=grace))
        try:
            yield queue, dispatcher
        finally:
            dispatcher.stop()
            await running


def event(number, user="1", name="track"):
    body = {"type": name, "userId": user, "properties": {"n": number}}
    return NewEvent("web", json.dumps(body).encode(), 1.0, [Route("a", f"userId {user}")])


async def kept_as(queue, *statuses, **wanted):
    """Wait for deliveries in a state or with another mark, and return them."""
    async with asyncio.timeout(60):
        while True:
            if found := await queue.find(Filter(statuses=statuses, **wanted)):
                return found
            await asyncio.sleep(0.01)


async def settled(queue, *statuses):
    """Wait until every delivery has one of these states; return them, the oldest first."""
    async with asyncio.timeout(60):
        while True:
            found = await queue.find(Filter(), limit=10_000)
            if found and all(row.status in statuses for row in found):
                return found[::-1]
            await asyncio.sleep(0.01)


async def test_events_are_delivered_with_a_record_of_each_attempt(tmp_path, partner):
    async with delivering(tmp_path / "queue.db", instance_of(partner)) as (queue, dispatcher):
        await queue.put([event(n, user=str(n % 3)) for n in range(30)])
        dispatcher.wake()
        await settled(queue, Status.DELIVERED)
        [(number, record)] = (await queue.show(1)).attempts
    assert sorted(partner.received) == [*range(30)]
    assert number == 1
    assert record["results"] == [{"subscription": "Post", "status": "delivered"}]
    for user in range(3):
        order = [n for n in partner.received if n % 3 == user]
        assert order == sorted(order)


async def test_a_failure_that_passes_is_retried_and_its_user_waits(tmp_path, partner):
    partner.errors[1] = [RetryableError("down"), RetryableError("down")]
    async with delivering(tmp_path / "queue.db", instance_of(partner)) as (queue, _):
        await queue.put([event(1), event(2), event(3, user="other")])
        first, *_ = await settled(queue, Status.DELIVERED)
        records = (await queue.show(1)).attempts
    assert partner.received.index(1) < partner.received.index(2)
    assert first.attempts == 3
    assert [record["results"][0]["status"] for _, record in records] == [
        "failed",
        "failed",
        "delivered",
    ]


async def test_what_no_retry_can_mend_is_dead_and_can_be_replayed(tmp_path, partner):
    partner.errors[1] = [IntegrationError("bad", "NO_GOOD", 400)]
    async with delivering(tmp_path / "queue.db", instance_of(partner)) as (queue, _):
        await queue.put([event(1)])
        [dead] = await settled(queue, Status.DEAD)
        [failure] = dead.failures
        assert (failure.subscription, failure.action, failure.code) == (
            "Post",
            "post",
            "NO_GOOD",
        )
        assert (await queue.replay(Filter(code="NO_GOOD"))).replayed == 1
        await settled(queue, Status.DELIVERED)
    assert partner.received == [1]


async def test_a_retry_whose_time_is_up_is_dead(tmp_path, partner):
    partner.refusal = RetryableError("down")
    limits = DispatchLimits(retry=RetryPolicy(first_pause=0.01, time_limit=0.05))
    async with delivering(tmp_path / "queue.db", instance_of(partner), limits) as (queue, _):
        await queue.put([event(1)])
        [dead] = await settled(queue, Status.DEAD)
    assert dead.attempts > 1


async def test_an_event_that_no_subscription_wants_is_skipped_with_the_reason(tmp_path, partner):
    async with delivering(tmp_path / "queue.db", instance_of(partner)) as (queue, _):
        await queue.put([event(1, name="page")])
        [skipped] = await settled(queue, Status.SKIPPED)
    assert skipped.reason
    assert not partner.received


async def test_refused_credentials_park_the_instance_until_a_probe_is_delivered(tmp_path, partner):
    partner.refusal = InvalidAuthenticationError("expired")
    clock = Clock()
    async with delivering(tmp_path / "queue.db", instance_of(partner), clock=clock) as (
        queue,
        dispatcher,
    ):
        await queue.put([event(1)])
        [parked] = await settled(queue, Status.PARKED)
        assert parked.reason == ""  # the whole instance
        await queue.put([event(n, user=str(n)) for n in range(2, 12)])
        dispatcher.wake()
        await asyncio.sleep(0.3)
        kept = await queue.find(Filter())
        assert {row.status for row in kept[:-1]} == {Status.WAITING}
        assert sum(row.attempts for row in kept) == 1
        partner.refusal = None
        clock.time += 61
        dispatcher.wake()
        await settled(queue, Status.DELIVERED)
    assert sorted(partner.received) == [*range(1, 12)]


async def test_a_wrong_setting_of_a_subscription_parks_its_deliveries_and_no_others(
    tmp_path, partner
):
    partner.errors[1] = [DeliveryError("no such list", "NO_LIST", 404, remedy="settings")]
    clock = Clock()
    async with delivering(tmp_path / "queue.db", instance_of(partner), clock=clock) as (
        queue,
        dispatcher,
    ):
        await queue.put([event(1), event(2), event(3, user="other")])
        [parked] = await kept_as(queue, Status.PARKED)
        assert (parked.delivery, parked.reason) == (1, "subscription Post")
        clock.time += 61
        dispatcher.wake()
        await settled(queue, Status.DELIVERED)
    assert partner.received == [3, 1, 2]


async def test_a_stop_finishes_what_is_in_flight_and_leaves_the_rest(tmp_path, partner):
    path = tmp_path / "queue.db"
    partner.gate = asyncio.Event()
    async with delivering(path, instance_of(partner), grace=0.1) as (queue, dispatcher):
        await queue.put([event(1), event(2)])
        dispatcher.wake()
        await kept_as(queue, Status.IN_FLIGHT)
    partner.gate.set()
    async with delivering(path, instance_of(partner)) as (queue, _):
        await settled(queue, Status.DELIVERED)
    assert partner.received == [1, 2]


async def test_a_delivery_whose_instance_was_replaced_goes_to_the_new_one(tmp_path, partner):
    async with (
        instance_of(partner).open() as new,
        delivering(tmp_path / "queue.db", instance_of(partner)) as (queue, dispatcher),
    ):
        old = dispatcher.instances["a"]
        partner.gate = asyncio.Event()
        await queue.put([event(1), event(2, user="2")])
        dispatcher.wake()
        await kept_as(queue, Status.IN_FLIGHT)
        dispatcher.instances = {"a": new}
        await old.aclose(deadline=0.1)
        partner.gate.set()
        await settled(queue, Status.DELIVERED)
    assert sorted(partner.received) == [1, 2]


class JobPartner:
    """Submits a job for each event, which ends when the test says so."""

    def __init__(self):
        self.submitted, self.polled, self.is_ready = [], [], False

    async def perform(self, _context, payload):
        self.submitted.append(payload["n"])
        return Submitted(f"job {payload['n']}", 0.01)

    async def poll(self, _context, jobs):
        self.polled.extend(jobs)
        return [{} if self.is_ready else Submitted(job, 0.01) for job in jobs]


async def test_a_job_is_submitted_once_and_polled_from_the_queue_after_a_restart(tmp_path):
    partner = JobPartner()
    instance = instance_of(partner, poll=partner.poll)
    path, limits = tmp_path / "queue.db", replace(FAST, deadline=0.5)
    async with delivering(path, instance, limits) as (queue, dispatcher):
        await queue.put([event(1)])
        dispatcher.wake()
        [pending] = await kept_as(queue, code="JOB_PENDING")
        assert pending.finished_at is None
    partner.is_ready = True
    async with delivering(path, instance, limits) as (queue, _):
        await settled(queue, Status.DELIVERED)
    assert partner.submitted == [1]
    assert {*partner.polled} == {"job 1"}


class FullAtFirst(MemoryQueue):
    """A queue whose disk is full when the first results come."""

    has_room = False

    async def finish(self, settlements):
        if not self.has_room:
            self.has_room = True
            msg = "the disk is full"
            raise QueueFullError(msg)
        await super().finish(settlements)


async def test_results_wait_for_a_full_disk_and_no_event_is_sent_twice(partner):
    queue = FullAtFirst()
    async with instance_of(partner).open() as live:
        dispatcher = Dispatcher(queue, {"a": live}, FAST)
        running = asyncio.create_task(dispatcher.run())
        await queue.put([event(1), event(2)])
        await settled(queue, Status.DELIVERED)
        dispatcher.stop()
        await running
    assert partner.received == [1, 2]


class SlowToTake(MemoryQueue):
    """A queue during whose first take the configuration changes."""

    change = None

    async def take(self, room):
        taken = await super().take(room)
        if taken and self.change:
            change, self.change = self.change, None
            change()
        return taken


async def test_a_delivery_of_an_instance_that_is_gone_stays_until_it_comes_back(partner):
    queue = SlowToTake()
    async with instance_of(partner).open() as live:
        dispatcher = Dispatcher(queue, {"a": live}, FAST)
        has_changed = asyncio.Event()

        def change():
            dispatcher.instances = {}
            has_changed.set()

        queue.change = change
        running = asyncio.create_task(dispatcher.run())
        await queue.put([event(1)])
        await has_changed.wait()
        await kept_as(queue, Status.WAITING)
        assert not partner.received
        dispatcher.instances = {"a": live}
        await settled(queue, Status.DELIVERED)
        dispatcher.stop()
        await running
    assert partner.received == [1]


async def test_an_event_that_its_action_leaves_alone_is_skipped_with_the_reason(tmp_path, partner):
    async def leave_alone(_context, _payload):
        return Skipped("this person is not there")

    partner.perform = leave_alone
    async with delivering(tmp_path / "queue.db", instance_of(partner)) as (queue, dispatcher):
        await queue.put([event(1)])
        dispatcher.wake()
        [skipped] = await settled(queue, Status.SKIPPED)
        shown = await queue.show(skipped.delivery)
    assert skipped.reason == "this person is not there"
    [(_, record)] = shown.attempts
    assert record["results"] == [
        {"subscription": "Post", "status": "skipped", "reason": "this person is not there"}
    ]


class CountingQueue(MemoryQueue):
    """A queue that keeps the room of each take."""

    def __init__(self):
        super().__init__()
        self.rooms = []

    async def take(self, room):
        self.rooms.append(dict(room))
        return await super().take(room)


async def test_a_full_window_costs_no_take_until_it_has_room_again(partner):
    queue = CountingQueue()
    partner.gate = asyncio.Event()
    async with instance_of(partner).open() as live:
        dispatcher = Dispatcher(queue, {"a": live}, replace(FAST, window=2))
        running = asyncio.create_task(dispatcher.run())
        await queue.put([event(number, user=str(number)) for number in range(5)])
        await kept_as(queue, Status.IN_FLIGHT)
        for _ in range(20):  # what each put of the ingress does
            dispatcher.wake()
            await asyncio.sleep(0)
        partner.gate.set()
        await settled(queue, Status.DELIVERED)
        dispatcher.stop()
        await running
    assert {"a": 0} not in queue.rooms
    assert sorted(partner.received) == [0, 1, 2, 3, 4]
