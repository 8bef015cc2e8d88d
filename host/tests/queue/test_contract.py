"""The contract of the queue: every engine does what the model does."""

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from destination_host.queue import (
    FINAL,
    Failure,
    Filter,
    NewEvent,
    Retention,
    Route,
    Settlement,
    Status,
)
from destination_host.queue.memory import MemoryQueue
from destination_host.queue.sqlite import SqliteQueue
from host.tests.queue.model import Model

INSTANCES = ("a", "b")
RETENTION = Retention(delivered=100.0, dead=1000.0)
START = 1_000_000.0

# Few users: their lines are long, and lines are what goes wrong.
keys = st.sampled_from(["userId 1", "userId 1", "userId 2", None])
routes = st.one_of(
    st.builds(lambda key: [Route("a", key)], keys),
    st.builds(lambda key, other: [Route("a", key), Route("b", other)], keys, keys),
    st.sampled_from([[], [Route("b", "userId 1", "no consent")]]),
)
message_ids = st.sampled_from([None, None, None, None, "1", "2"])
arrivals = st.lists(st.tuples(message_ids, routes), min_size=2, max_size=6)
settled = st.sampled_from(
    [
        Status.DELIVERED,
        Status.DELIVERED,
        Status.WAITING,
        Status.PARKED,
        Status.DEAD,
        Status.SKIPPED,
    ]
)
scopes = st.sampled_from(["", "subscription x", "endpoint y"])
failures = st.lists(
    st.builds(
        Failure,
        subscription=st.just("s"),
        action=st.sampled_from(["act", "other"]),
        code=st.sampled_from(["400", "503"]),
        message=st.just("no"),
    ),
    max_size=2,
).map(tuple)
filters = st.builds(
    Filter,
    instance=st.sampled_from([None, None, *INSTANCES]),
    statuses=st.sampled_from([(), (Status.DEAD,), (Status.DELIVERED, Status.WAITING)]),
    order_key=st.sampled_from([None, None, "userId 1"]),
    code=st.sampled_from([None, None, None, "400"]),
    action=st.sampled_from([None, None, None, "act"]),
    message_id=st.sampled_from([None, None, None, "1"]),
    user=st.sampled_from([None, None, None, "2"]),
    since=st.sampled_from([None, None, START + 30]),
    until=st.sampled_from([None, None, START + 300]),
)


STEPS = [
    *("take_and_finish", "take_and_finish", "take_and_finish", "take_some", "take_some"),
    *("finish_some", "put_more", "wait", "release", "replay", "drop", "purge", "end_process"),
    *("read_some", "expunge", "keep_revision"),
]


def matches(wanted, row):
    codes = {failure.code for failure in row.failures}
    actions = {failure.action for failure in row.failures}
    arrived = row.event.received_at
    return (
        wanted.instance in (None, row.instance)
        and (not wanted.statuses or row.status in wanted.statuses)
        and wanted.order_key in (None, row.key)
        and (wanted.user is None or row.key == f"userId {wanted.user}")
        and (wanted.code is None or wanted.code in codes)
        and (wanted.action is None or wanted.action in actions)
        and wanted.message_id in (None, row.event.message_id)
        and (wanted.since is None or wanted.since <= arrived)
        and (wanted.until is None or wanted.until > arrived)
    )


class QueueMachine(RuleBasedStateMachine):
    """Any calls in any order: the engine and the model agree on every result."""

    engine = None

    @initialize(given=arrivals)
    def start(self, given):
        self.now, self.made = START, 0
        self.runner = asyncio.Runner()
        self.harness = self.engine(lambda: self.now)
        self.queue = self.run(self.harness.open())
        self.model = Model(RETENTION)
        self.put(given)

    def run(self, call):
        return self.runner.run(asyncio.wait_for(call, 30))

    def teardown(self):
        self.run(self.queue.close())
        self.harness.remove()
        self.runner.close()

    @rule(data=st.data(), step=st.sampled_from(STEPS))
    def do(self, data, step):
        # One rule: of several, Hypothesis leaves some out of each run, and a run without a take
        # shows little.
        getattr(self, step)(data)

    def wait(self, data):
        self.now += data.draw(st.sampled_from([1, 30, 60]))

    def put_more(self, data):
        self.put(data.draw(arrivals))

    def put(self, given):
        events = [
            NewEvent("web", json.dumps({"n": self.made + i}).encode(), self.now, routes, message_id)
            for i, (message_id, routes) in enumerate(given)
        ]
        self.made += len(events)
        assert self.run(self.queue.put(events)) == self.model.put(events, self.now)

    def take_some(self, data):
        self.take(data.draw(st.sampled_from([{"a": 9, "b": 9}, {"a": 1}, {"b": 1, "a": 0}])))

    def take(self, room):
        taken = self.run(self.queue.take(room))
        # A new engine may number deliveries that were put in one call as it likes; ours do not.
        assert [
            (t.delivery, t.instance, t.body, t.attempt, t.progress, t.probed_scope, t.revision)
            for t in taken
        ] == [
            (
                row.number,
                row.instance,
                row.event.body,
                row.attempts,
                row.progress,
                row.scope,
                row.revision if row.is_pinned else "",
            )
            for row in self.model.take(room, self.now)
        ]

    def take_and_finish(self, data):
        self.take({"a": 9, "b": 9})
        self.finish(data, is_whole=True)

    def finish_some(self, data):
        self.finish(data, is_whole=False)

    def finish(self, data, *, is_whole):
        in_flight = [row.number for row in self.model.rows if row.status is Status.IN_FLIGHT]
        chosen = [number for number in in_flight if is_whole or data.draw(st.booleans())]
        settlements = [data.draw(self.settlements(number)) for number in chosen]
        self.run(self.queue.finish(settlements))
        self.model.finish(settlements, self.now)

    def settlements(self, number):
        return st.builds(
            Settlement,
            delivery=st.just(number),
            status=settled,
            due=st.sampled_from([self.now, self.now + 1, self.now + 300]),
            scope=scopes,
            progress=st.sampled_from([b"", b'{"only":["s"]}']),
            failures=failures,
            reason=st.sampled_from(["", "why"]),
            attempt_record=st.sampled_from([b"", b'{"status":200}']),
            revision=st.sampled_from(["", "r1"]),
        )

    def release(self, data):
        instance, scope = data.draw(st.sampled_from(INSTANCES)), data.draw(st.none() | scopes)
        released = self.run(self.queue.release(instance, scope))
        assert released == self.model.release(instance, scope, self.now)

    def replay(self, data):
        wanted, limit = data.draw(filters), data.draw(st.sampled_from([2, 99, 99]))
        overwrite, pinned = data.draw(st.booleans()), data.draw(st.booleans())
        final = [row for row in self.model.rows if row.status in FINAL and matches(wanted, row)]
        counted = self.run(self.queue.replay(wanted, dry_run=True))
        overtaken = sum(map(self.model.overtaken, final))
        assert (counted.replayed, counted.overtaken) == (len(final) - overtaken, overtaken)
        done = self.run(
            self.queue.replay(wanted, limit=limit, overwrite=overwrite, revision=pinned)
        )
        piece = final[:limit]
        number = self.model.replay(piece, self.now, overwrite=overwrite, is_pinned=pinned)
        assert (done.replayed, done.overtaken) == (number, len(piece) - number)
        assert done.last == (piece[-1].number if len(piece) == limit else None)

    def drop(self, data):
        wanted, limit = data.draw(filters), data.draw(st.sampled_from([1, 99]))
        given = (Status.WAITING, Status.PARKED)
        rows = [row for row in self.model.rows if row.status in given and matches(wanted, row)]
        assert self.run(self.queue.drop(wanted, limit=limit, reason="dropped")) == len(rows[:limit])
        self.model.drop(rows[:limit], self.now, "dropped")

    def purge(self, data):
        self.now += data.draw(st.sampled_from([0, 101, 1001]))
        before = len(self.model.rows)
        purged = self.run(self.queue.purge())
        self.model.purge(self.now)
        assert (purged.deliveries, purged.has_more) == (before - len(self.model.rows), False)
        self.check_revisions("a")

    def expunge(self, data):
        wanted, limit = data.draw(filters), data.draw(st.sampled_from([1, 99]))
        rows = [row for row in self.model.rows if row.status in FINAL and matches(wanted, row)]
        purged = self.run(self.queue.purge(wanted, limit=limit))
        assert (purged.deliveries, purged.has_more) == (len(rows[:limit]), len(rows) >= limit)
        self.model.expunge(rows[:limit], self.now)

    def read_some(self, data):
        wanted, limit = data.draw(filters), data.draw(st.sampled_from([1, 99]))
        rows = [row for row in self.model.rows if matches(wanted, row)]
        assert self.run(self.queue.count(wanted)) == Counter(row.status for row in rows)
        after = data.draw(st.sampled_from([0, 0, 3]))
        exported = self.run(self.queue.export(wanted, limit=limit, after=after))
        assert [(one.delivery, one.body, one.progress) for one in exported] == [
            (row.number, row.event.body, row.progress) for row in rows if row.number > after
        ][:limit]

    def keep_revision(self, data):
        instance, revision = (
            data.draw(st.sampled_from(INSTANCES)),
            data.draw(st.sampled_from("xyz")),
        )
        self.run(self.queue.keep_revision(instance, revision, f"{revision} ü".encode()))
        self.model.keep_revision(instance, revision, self.now)
        self.check_revisions(instance)

    def check_revisions(self, instance):
        for revision in "xyz":
            found = self.run(self.queue.find_revision(instance, revision))
            is_kept = (instance, revision) in self.model.revisions
            assert found == (f"{revision} ü".encode() if is_kept else None)

    def end_process(self, data):
        is_kill = data.draw(st.sampled_from([True, True, False]))
        if self.harness.is_durable:
            self.queue = self.run(self.harness.reopen(self.queue, is_kill=is_kill))
            self.model.end_process(self.now, is_kill=is_kill)

    @invariant()
    def the_same_deliveries_are_kept(self):
        found = self.run(self.queue.find(Filter(), limit=10_000))
        assert [
            (f.delivery, f.instance, f.order_key, f.status, f.attempts, f.finished_at, f.reason)
            for f in reversed(found)
        ] == [
            (
                row.number,
                row.instance,
                row.key,
                row.status,
                row.attempts,
                row.finished_at,
                row.scope if row.status is Status.PARKED else row.reason,
            )
            for row in self.model.rows
        ]

    @invariant()
    def the_figures_agree(self):
        instances = self.run(self.queue.stats()).instances
        counts = {(name, s): n for name, i in instances.items() for s, n in i.counts.items()}
        expected = {}
        for row in self.model.rows:
            expected[row.instance, row.status] = expected.get((row.instance, row.status), 0) + 1
        assert counts == expected, (counts, expected)
        for name in instances:
            waiting = [r for r in self.model.rows if r.instance == name]
            waiting = [r for r in waiting if r.status is Status.WAITING]
            dues = [r.due for r in waiting if r.is_suspect or self.model.is_first(r)]
            is_held = "" in self.model.scopes(name)
            late = 0 if is_held else max((self.now - due for due in dues), default=0)
            assert instances[name].overdue == max(late, 0)


# A file in memory: the contract says nothing of the disk, and commits take most of the time.
SHARED_MEMORY = next((path for path in [Path("/", "dev", "shm")] if path.is_dir()), None)


class SqliteHarness:
    is_durable = True
    examples = 60

    def __init__(self, clock):
        self.clock = clock
        self.folder = Path(mkdtemp(dir=SHARED_MEMORY))

    def open(self):
        return SqliteQueue.open(self.folder / "queue.db", retention=RETENTION, clock=self.clock)

    async def reopen(self, queue, *, is_kill):
        if is_kill:  # what a killed process leaves is what the files hold now
            killed, self.folder = self.folder, Path(mkdtemp(dir=SHARED_MEMORY))
            shutil.copytree(killed, self.folder, dirs_exist_ok=True)
            await queue.close()
            shutil.rmtree(killed)
        else:
            await queue.close()
        return await self.open()

    def remove(self):
        shutil.rmtree(self.folder)


class MemoryHarness:
    is_durable = False
    examples = 100

    def __init__(self, clock):
        self.clock = clock

    async def open(self):
        return MemoryQueue(retention=RETENTION, clock=self.clock)

    def remove(self):
        pass


@pytest.mark.parametrize("harness", [SqliteHarness, MemoryHarness])
def test_the_engine_keeps_the_contract(harness):
    class Machine(QueueMachine):
        engine = harness

    steps = settings(max_examples=harness.examples, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(Machine, settings=steps)
