"""Segment's own libraries: their events through restarts and 429s, each in the simulator once."""

import asyncio
import json
import shutil
import sys
from collections import Counter
from pathlib import Path

from host.tests.load.processes import KEY, config
from host.tests.load.qualtrics import DIRECTORY, INSTANCE, TOKEN, read_state, simulator
from tests.conformance import oracle

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache" / "host-load"
#: More unfinished deliveries than this, and the host answers 429.
UNFINISHED = 1000
RESTARTS = 3


def python_command():
    return [sys.executable, str(HERE / "sdk_python.py")]


def node_command():
    """Return the command, after an installation of what the lock file names.

    Raises `UnavailableError` where Node or npm is missing.
    """
    node = oracle.node()
    oracle.install(HERE / "node", CACHE)
    # Node looks for packages beside the file that imports them.
    shutil.copy(HERE / "node" / "send.mjs", CACHE)
    return [node, str(CACHE / "send.mjs")]


def find_commands(skip):
    commands = {"segment-analytics-python": python_command()}
    try:
        commands["@segment/analytics-node"] = node_command()
    except oracle.UnavailableError as error:
        skip("SDKs", f"@segment/analytics-node: {error}")
    return commands


async def send(command, port, count, contacts):
    """Send events through a library; return how many of them it gave up."""
    process = await asyncio.create_subprocess_exec(
        *command,
        f"http://127.0.0.1:{port}",
        KEY,
        str(count),
        str(contacts),
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    return json.loads(printed)["failed"]


async def run(bench):
    """20,000 events of each library, 3 restarts, and 429s because the partner is slower."""
    count = bench.count(20_000, 2_000)
    bench.environment["QUALTRICS_API_TOKEN"] = TOKEN
    commands = find_commands(bench.skip)
    limits = {"freeBytes": 0, "unfinished": UNFINISHED}
    async with simulator(bench.folder) as url:
        contacts = bench.folder / "contacts.json"
        state = await asyncio.to_thread(read_state, url, "contacts")
        found = [contact["contactId"] for contact in state["contacts"][DIRECTORY]]
        contacts.write_text(json.dumps(found), encoding="utf-8")
        document = config({"feedback": INSTANCE}, limits=limits)
        arguments = (f"*.qualtrics.com={url}", "--lifted")
        async with bench.host("sdks", document, *arguments) as host:
            sending = asyncio.gather(
                *(send(command, host.port, count, contacts) for command in commands.values())
            )
            restarting = asyncio.create_task(_restart(host, url, len(commands) * count))
            given_up = await sending
            await restarting
            await host.finished()
            await host.end()
            refusals = host.log.count("new events are refused")
        state = await asyncio.to_thread(read_state, url, "transactions")
    arrived = Counter(transaction["data"]["n"] for transaction in state["transactions"][DIRECTORY])
    sent = {f"{kind}-{n}" for kind in _kinds(commands) for n in range(count)}
    bench.judge(
        "SDKs",
        {
            "libraries": " and ".join(commands),
            "events of each": f"{count:,}",
            "restarts": host.starts - 1,
            "times of 429": refusals,
            "given up": sum(given_up),
            "lost": len(sent - arrived.keys()),
            "repeated": sum(number - 1 for number in arrived.values()),
        },
        {
            "every event in the simulator": arrived.keys() == sent,
            "once": max(arrived.values(), default=0) == 1,
            "no library gave an event up": not any(given_up),
            "three restarts": host.starts == 1 + RESTARTS,
            "some posts were answered 429": refusals > 0,
        },
    )


def _kinds(commands):
    return [name.rpartition("-")[2] for name in commands]


async def _restart(host, url, count):
    """Stop and start the host each time when a further quarter of the events has arrived."""
    for number in range(1, RESTARTS + 1):
        while (await asyncio.to_thread(read_state, url, "counts"))["counts"]["transactions"] < (
            count * number // (RESTARTS + 1)
        ):
            await asyncio.sleep(0.1)
        await host.end()
        await asyncio.sleep(1.0)  # the libraries meet a closed port
        await host.start()
