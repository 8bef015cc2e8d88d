"""Qualtrics: the same load to the simulator, in batches, with the partner's limits lifted."""

import asyncio
import json
import re
import sys
from contextlib import asynccontextmanager
from urllib.request import urlopen

from host.tests.load.processes import config

TOKEN, DIRECTORY, LIST = "bench-t0ken", "POOL_bench", "CG_bench"
PEOPLE = 1000
EVENT = (
    '{"type":"track","event":"Bought","messageId":"%s-%d","userId":"u-%d",'
    '"properties":{"n":%d,"contactId":"%s"}}'
)
INSTANCE = {
    "destination": "actions-qualtrics",
    "settings": {"apiToken": {"$secret": "QUALTRICS_API_TOKEN"}, "datacenter": "iad1"},
    "subscriptions": [
        {
            "name": "Transactions",
            "action": "upsertContactTransaction",
            "trigger": 'type = "track"',
            "useDefaultMapping": True,
            "mapping": {
                "directoryId": DIRECTORY,
                "mailingListId": LIST,
                "contactId": {"@path": "$.properties.contactId"},
                "transactionData": {"n": {"@path": "$.properties.n"}},
            },
        }
    ],
}


@asynccontextmanager
async def simulator(folder):
    """The URL of a simulator in a process of its own, since it needs a processor as well."""
    contacts = [{"extRef": f"u-{n}", "email": f"u-{n}@example.com"} for n in range(PEOPLE)]
    world = {
        "tokens": {TOKEN: "UR_000000000000001"},
        "directories": {DIRECTORY: {"mailingLists": {LIST: {}}, "contacts": contacts}},
    }
    path = folder / "simulator.json"
    path.write_text(json.dumps(world), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "destination_kit.cli",
        "simulate",
        "qualtrics",
        "--config",
        path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        line = ""
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", line)):
            line = (await process.stdout.readline()).decode()
        yield found[0]
    finally:
        process.kill()
        await process.wait()


def read_state(url, part):
    with urlopen(f"{url}/_sim/state?part={part}") as response:  # noqa: S310 - our own server
        return json.load(response)


async def run(bench):
    """Transactions of known contacts, 20 events a POST."""
    from host.tests.load.bench import put_load

    count = bench.count(60_000, 4_000)
    bench.environment["QUALTRICS_API_TOKEN"] = TOKEN
    async with simulator(bench.folder) as url:
        contacts = await asyncio.to_thread(read_state, url, "contacts")
        found = [contact["contactId"] for contact in contacts["contacts"][DIRECTORY]]
        document = config({"feedback": INSTANCE})
        async with bench.host("qualtrics", document, f"*.qualtrics.com={url}", "--lifted") as host:
            load = await put_load(
                host,
                count,
                20,
                16,
                write=lambda n: EVENT % ("q", n, n % PEOPLE, n, found[n % PEOPLE]),
            )
        counts = (await asyncio.to_thread(read_state, url, "counts"))["counts"]
    bench.judge(
        "Qualtrics",
        {"events": f"{count:,}", **load.describe(), "transactions": f"{counts['transactions']:,}"},
        {
            "each event is a transaction, once": counts["transactions"] == count,
            **bench.timed({"3,000 delivered a second": load.delivered >= 3000}),
        },
    )
