"""Trial: a simulated Qualtrics, a host in front of it, and a trickle of sample events.

    python -m host.tests.load.trial [--seconds N]

It prints what to look at, and a line for each few seconds. Ctrl-C ends it.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack, suppress
from importlib.resources import files
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from destinations.qualtrics.simulator import background, load_config
from host.tests.load.processes import KEY, free_port, hosting
from host.tests.load.sender import Sender, batch

SAMPLES = files("destinations.qualtrics") / "samples"
TOKEN = "trial-t0ken"
PAUSE = 0.5
#: Events between two lines of the account.
LINE = 10

GUIDE = """\
A simulated Qualtrics and a host run on this machine; an event goes through them every half second.

send one yourself   curl -u {key}: {ingress}/v1/identify \\
                      -d '{{"userId": "me", "traits": {{"email": "me@example.com"}}}}'
is the host well?   curl {administration}/ready
the queue           sqlite3 -box {folder}/queue.db \\
                      "SELECT delivery, user, status, code FROM overview ORDER BY 1 DESC LIMIT 10"
the partner         curl {partner}/_sim/state
the log             tail -f {folder}/host.log
the configuration   {folder}/host.json; after a change: curl -X POST \\
                      -H 'Content-Type: application/json' {administration}/api/reload
a crash             kill -9 {pid}: the host starts again, and no event is lost

Ctrl-C ends it, and removes the folder.
"""


def prefer(port):
    """Return this port, or a free one where it is taken."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return port
    except OSError:
        return free_port()


def document():
    """Return the configuration: one source, and the sample instance."""
    return {
        "sources": {"web": {"writeKeys": [{"$secret": "LOAD_KEY"}], "destinations": ["feedback"]}},
        "destinations": {
            "feedback": json.loads((SAMPLES / "instance.json").read_text(encoding="utf-8"))
        },
        "listen": {"ingress": {"port": prefer(8080)}, "administration": {"port": prefer(8484)}},
        "limits": {"freeBytes": 0},
    }


def sample_events():
    """Return the sample events again and again, each time of other people and with new ids."""
    lines = (SAMPLES / "events.jsonl").read_text(encoding="utf-8").splitlines()
    for turn in count(1):
        for line in lines:
            event = json.loads(line)
            event["messageId"] = f"{event['messageId']}-{turn}"
            for name in ("userId", "anonymousId", "previousId"):
                if event.get(name):
                    event[name] = f"{event[name]}-{turn}"
            event.pop("timestamp", None)
            yield event


async def trickle(host, partner):
    """Send an event every `PAUSE` seconds, and print how things stand."""
    sender = Sender(host.port)
    for number, event in enumerate(sample_events(), 1):
        await sender.send(batch([event]))
        if number % LINE == 0:
            print(await asyncio.to_thread(describe, host, partner, number), flush=True)
        await asyncio.sleep(PAUSE)


def describe(host, partner, sent):
    """Return a line about the queue and the partner."""
    rows = dict(host.read("SELECT status, count(*) FROM overview GROUP BY 1"))
    queue = ", ".join(f"{number} {status}" for status, number in sorted(rows.items()))
    with urlopen(f"{partner}/_sim/state") as response:  # noqa: S310 - our own server
        counts = json.load(response)["counts"]
    held = ", ".join(f"{counts[name]} {name}" for name in ("contacts", "transactions"))
    return f"sent {sent} events; deliveries: {queue or 'none'}; the partner holds {held}"


async def supervise(host):
    """Start the host again when it has ended, as systemd would."""
    while True:
        code = await host.wait()
        print(f"the host ended with {code}; it starts again", flush=True)
        await host.start()
        print(f"it is process {host.pid} now", flush=True)


async def run(seconds):
    os.environ["QUALTRICS_API_TOKEN"] = TOKEN
    world = json.loads((SAMPLES / "simulator.json").read_text(encoding="utf-8"))
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="trial-")))
        partner = stack.enter_context(
            background(load_config({**world, "tokens": {TOKEN: "UR_000000000000001"}}))
        )
        host = await stack.enter_async_context(
            hosting(
                folder,
                document(),
                {**os.environ, "LOAD_KEY": KEY},
                arguments=("--connect-to", f"*.qualtrics.com={partner}"),
            )
        )
        print(
            GUIDE.format(
                key=KEY,
                ingress=f"http://127.0.0.1:{host.port}",
                administration=f"http://127.0.0.1:{host.administration}",
                partner=partner,
                folder=folder,
                pid=host.pid,
            ),
            flush=True,
        )
        tasks = [asyncio.create_task(supervise(host)), asyncio.create_task(trickle(host, partner))]
        stopped = asyncio.create_task(_wait_for_signal(seconds))
        await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task  # an error of the trickle is shown
        code = await host.end()
        print(f"\nThe host has stopped ({code}).")
        return code


async def _wait_for_signal(seconds):
    event = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, event.set)
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


if __name__ == "__main__":
    PARSER = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    PARSER.add_argument("--seconds", type=float, help="end by itself")
    sys.exit(asyncio.run(run(PARSER.parse_args().seconds)))
