"""A replay with the mapping of then, or with that of now, after a restart and after a reload."""

import asyncio
import json

import pytest

from destination_host.queue import Filter, NewEvent, Route, Settlement, Status
from destination_host.queue.sqlite import SqliteQueue
from host.tests.running import Partner, document, instance, running, write_config

EVENT = {"type": "track", "event": "n", "messageId": "m-1", "userId": "u-1"}


def mapping(version):
    """Return a configuration whose mapping sends the version."""
    subscription = {
        "name": "Post",
        "action": "post",
        "trigger": 'type = "track"',
        "mapping": {"event": {"version": version}},
    }
    return document(destinations={"partner": instance(subscriptions=[subscription])})


async def replay(host, count, *, then):
    """Replay every delivery, wait until the partner has it, and return the version that it got."""
    done = await host.queue.replay(Filter(), overwrite=True, revision=then)
    assert done.replayed == count
    async with asyncio.timeout(30):
        while True:
            if (await host.queue.count(Filter())).keys() <= {Status.DELIVERED, Status.DEAD}:
                return host.partner.received[-1]["version"] if host.partner.received else None
            await asyncio.sleep(0.02)


async def test_the_mapping_of_then_outlives_a_restart(tmp_path):
    async with running(tmp_path, mapping("then")) as host:
        await host.send(EVENT)
        await host.settled()
    async with running(tmp_path, mapping("now")) as host:
        assert await replay(host, 1, then=True) == "then"
        assert await replay(host, 1, then=True) == "then"
        assert await replay(host, 1, then=False) == "now"
        # It was delivered with the mapping of now, which is that of then from here on.
        assert await replay(host, 1, then=True) == "now"


async def test_the_mapping_of_then_outlives_a_reload(tmp_path):
    async with running(tmp_path, mapping("then")) as host:
        await host.send(EVENT)
        await host.settled()
        for version in ("later", "now"):
            write_config(tmp_path, mapping(version))
            await host.host.reload()
            assert await replay(host, 1, then=True) == "then"
        assert await replay(host, 1, then=False) == "now"


async def test_a_retry_with_the_mapping_of_then_keeps_it(tmp_path):
    async with running(tmp_path, mapping("then")) as host:
        await host.send(EVENT)
        await host.settled()
    partner = Partner()
    async with running(tmp_path, mapping("now"), partner=partner) as host:
        partner.gate.clear()
        await host.queue.replay(Filter(), revision=True)
        await asyncio.wait_for(partner.started.wait(), 30)
        host.host.hurry()  # what is in flight goes back into the queue
    async with running(tmp_path, mapping("now"), partner=partner) as host:
        await host.settled()
    assert {event["version"] for event in partner.received} == {"then"}


@pytest.mark.parametrize("kept", [None, [{"name": "Post", "action": "gone"}]])
async def test_a_mapping_of_then_that_cannot_be_used_leaves_a_dead_letter(tmp_path, kept):
    async with await SqliteQueue.open(tmp_path / "queue.db") as queue:
        body = json.dumps(EVENT).encode()
        await queue.put([NewEvent("web", body, 1.0, [Route("partner", "userId u-1")])])
        [taken] = await queue.take({"partner": 1})
        if kept:
            await queue.keep_revision("partner", "r-1", json.dumps(kept).encode())
        settled = Settlement(delivery=taken.delivery, status=Status.DELIVERED, revision="r-1")
        await queue.finish([settled])
    async with running(tmp_path, mapping("now")) as host:
        await replay(host, 1, then=True)
        [row] = await host.queue.find(Filter())
        assert row.failures[0].code == "REVISION_NOT_FOUND"
        assert await replay(host, 1, then=False) == "now"
    assert row.status is Status.DEAD


async def test_what_is_kept_of_an_instance_has_none_of_its_settings(tmp_path):
    config = mapping("then")
    config["destinations"]["partner"]["settings"] = {"token": "s3cret"}
    async with running(tmp_path, config) as host:
        await host.send(EVENT)
        await host.settled()
    async with running(tmp_path, mapping("now")):
        pass
    assert b"s3cret" not in (tmp_path / "queue.db").read_bytes()
