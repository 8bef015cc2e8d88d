"""Segment's own libraries with a host: their requests are taken, and a 401 reaches their callback."""

import asyncio
import json
import shutil

import pytest

from host.tests.load.processes import KEY as LOAD_KEY
from host.tests.load.sdks import node_command, python_command
from host.tests.running import KEY, running

LIBRARIES = [
    pytest.param(python_command, "analytics-python", id="python"),
    pytest.param(
        node_command,
        "@segment/analytics-node",
        id="node",
        marks=pytest.mark.skipif(not shutil.which("node"), reason="needs Node"),
    ),
]


async def send(find_command, url, key, count, folder):
    contacts = folder / "contacts.json"
    contacts.write_text('["CID_1", "CID_2"]', encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *await asyncio.to_thread(find_command),
        url,
        key,
        str(count),
        contacts,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # the libraries log what they give up
    )
    async with asyncio.timeout(100):
        printed, _ = await process.communicate()
    return json.loads(printed)


@pytest.mark.parametrize(("find_command", "library"), LIBRARIES)
async def test_events_of_a_library_arrive(tmp_path, find_command, library):
    async with running(tmp_path) as host:
        sent = await send(find_command, host.host.urls["ingress"], KEY, 130, tmp_path)
        await host.settled(130)
        received = host.partner.received
    assert sent == {"failed": 0}
    numbers = [int(event["properties"]["n"].split("-")[1]) for event in received]
    assert sorted(numbers) == [*range(130)]
    assert {event["context"]["library"]["name"] for event in received} == {library}
    assert {event["userId"] for event in received} == {f"u-{n}" for n in range(130)}
    assert all(event["receivedAt"] and event["timestamp"] for event in received)


@pytest.mark.parametrize(("find_command", "library"), LIBRARIES)
async def test_a_library_gives_up_what_has_a_wrong_key(tmp_path, find_command, library):
    async with running(tmp_path) as host:
        sent = await send(find_command, host.host.urls["ingress"], LOAD_KEY, 2, tmp_path)
        assert not host.partner.received
    assert sent["failed"] > 0
