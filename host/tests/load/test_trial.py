"""`make serve`: what it prints, what arrives, and how it ends."""

import asyncio
import re
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


async def test_sample_events_arrive_until_ctrl_c():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "host.tests.load.trial",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    printed = ""
    try:
        while "the partner holds" not in printed:
            line = await process.stdout.readline()
            assert line, printed
            printed += line.decode()
        process.send_signal(signal.SIGINT)
        rest, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    assert rest.decode().endswith("The host has stopped (0).\n")
    sent, contacts = re.search(r"sent (\d+) events.* holds (\d+) contacts", printed).groups()
    assert int(sent) == 10
    assert int(contacts) > 0
    assert not folder_of(printed).exists()


def folder_of(printed):
    return Path(re.search(r"tail -f (\S+)/host.log", printed)[1])
