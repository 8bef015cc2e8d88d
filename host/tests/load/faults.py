"""Faults one at a time: prescribed answers, a full disk, a clock that jumps, poison, a 401."""

import asyncio
import os
import resource
import shutil
from itertools import pairwise
from pathlib import Path
from random import Random

from host.tests.load.events import event, ids, shares
from host.tests.load.judging import judge
from host.tests.load.partner import ACCEPT, CLOSE, Partner, listening
from host.tests.load.processes import config, hosting, instance
from host.tests.load.sender import Sender, batch, send_all

_DEAD = """SELECT e.message_id, json_extract(d.failures, '$[0].code')
    FROM deliveries AS d JOIN events AS e ON e.id = d.event WHERE d.state = 6"""


def _host(chaos, name, url, environment=None, **more):
    return hosting(
        chaos.folder / name,
        config({"load": instance()}, **more),
        environment or chaos.environment,
        arguments=("--connect-to", f"partner.test={url}"),
    )


def _judge_all(chaos, name, sent, partner, host, figures, goals):
    """Judge a case in which every event arrives once, in order, without a restart."""
    verdict = judge(sent, partner.accepted)
    chaos.judge(
        name,
        {
            "events": f"{len(sent):,}",
            "lost": len(verdict.lost),
            "order violations": len(verdict.violations),
            "duplicates": len(verdict.duplicates),
            **figures,
        },
        {
            "no event is lost": not verdict.lost,
            "no order violation": not verdict.violations,
            "each event once": not verdict.duplicates,
            "no restart": host.starts == 1,
            **goals,
        },
    )


async def keep_order(chaos):
    """50 users x 40 events, each with the answers that the partner will give to it."""
    random = Random(1)
    final = {}

    def prescribe():
        number = random.random()
        if number < 0.04:
            return [random.choice((500, 503, 429, 408, CLOSE))]
        if number < 0.05:
            return [500, 429]
        return [400] if number < 0.08 else []

    answers = {message_id: prescribe() for message_id in ids("order", 50, 40)}

    def answer(given, attempt):
        prescribed = answers[given["messageId"]]
        if attempt > len(prescribed):
            return ACCEPT
        status = prescribed[attempt - 1]
        return status if status == CLOSE else (status, "")

    partner = Partner(answer)
    async with listening(partner) as url, _host(chaos, "order", url) as host:
        await send_all(host.port, shares("order", 50, 40, senders=5))
        await host.finished()
        final = dict(host.read(_DEAD))
        refused = {message_id for message_id, given in answers.items() if given == [400]}
        sent = [message_id for message_id in answers if message_id not in refused]
        _judge_all(
            chaos,
            "order",
            sent,
            partner,
            host,
            {"refused": len(refused), "dead": len(final), "calls": partner.calls},
            {
                "exactly the refused events are dead": set(final) == refused,
                "one call per prescribed answer": partner.calls
                == len(sent) + sum(map(len, answers.values())),
            },
        )


async def fill_disk(chaos):
    """The file may not grow any more; later it may."""
    partner = Partner()
    users, each = (100, 10) if chaos.is_quick else (500, 20)
    async with listening(partner) as url, _host(chaos, "disk", url) as host:
        sending = asyncio.create_task(send_all(host.port, shares("disk", users, each, senders=10)))
        while len(partner.accepted) < users:
            await asyncio.sleep(0.01)
        resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        await asyncio.sleep(3.0)
        accepted, was_sent = len(partner.accepted), sending.done()
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(host.pid, resource.RLIMIT_FSIZE, unlimited)
        senders = await sending
        await host.finished()
        refused = sum(sender.refused for sender in senders)
        [[integrity]] = host.read("PRAGMA integrity_check")
        _judge_all(
            chaos,
            "disk",
            ids("disk", users, each),
            partner,
            host,
            {"accepted by the partner before": accepted, "posts answered 429": refused},
            {
                "the disk was full for some events": refused > 0 and not was_sent,
                "integrity_check": integrity == "ok",
            },
        )


def _find_faketime():
    """Return the library of Debian's `faketime`; None where it is not installed."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


async def change_clock(chaos):
    """The clock of the machine goes an hour forward, then two back, while events are retried."""
    library = _find_faketime()
    if library is None or not shutil.which("faketime"):
        chaos.skip("clock", "faketime is not installed: apt-get install faketime")
        return
    clock = chaos.folder / "clock"
    clock.write_text("+0", encoding="ascii")
    environment = {
        **chaos.environment,
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # With its correction, waits for the interpreter's lock last as long as the jump.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }
    # Every event fails twice, so that each jump meets events that wait for their time.
    partner = Partner(lambda _event, attempt: (503, "") if attempt < 3 else ACCEPT)
    folder = "clock-host"
    users, each = 20, 6
    async with listening(partner) as url, _host(chaos, folder, url, environment) as host:
        moments = []
        for number, offset in enumerate(("+0", "+3600", "-3600")):
            _replace(clock, offset)
            events = [
                event("clock", user, 2 * number + i) for i in range(2) for user in range(users)
            ]
            sender = Sender(host.port)
            await sender.send(batch(events))
            sender.close()
            await asyncio.sleep(1.0)
            moments.append(host.read("SELECT max(received_at) FROM events")[0][0])
        await host.finished(100)
        jumps = [round((b - a) / 3600) for a, b in pairwise(moments)]
        highest = host.read("SELECT max(received_at) FROM events")[0][0]
        last = host.read("SELECT received_at FROM events ORDER BY id DESC LIMIT 1")[0][0]
        _judge_all(
            chaos,
            "clock",
            ids("clock", users, each),
            partner,
            host,
            {"hours forward": jumps[0], "hours back": round((highest - last) / 3600)},
            {"the clock has jumped": jumps[0] == 1 and round((highest - last) / 3600) == 2},
        )


def _replace(path, text):
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="ascii")
    os.replace(beside, path)  # noqa: PTH105 - the host must never read half of it


async def deliver_poison(chaos):
    """An event kills whatever process delivers it; a supervisor starts the host again."""
    partner = Partner()
    users, each, name = 20, 10, "poison"
    async with listening(partner) as url, _host(chaos, name, url) as host:
        supervising = asyncio.create_task(_supervise(host))
        try:
            batches = [
                [event(name, user, number) for user in range(users)] for number in range(each)
            ]
            bad = batches[3][7]
            bad["properties"]["poison"] = True
            await send_all(host.port, [batches])
            await host.finished(100)
        finally:
            supervising.cancel()
        sent = [given for given in ids(name, users, each) if given != bad["messageId"]]
        verdict = judge(sent, partner.accepted)
        dead = dict(host.read(_DEAD))
        chaos.judge(
            name,
            {
                "events": len(sent) + 1,
                "starts": host.starts,
                "lost": len(verdict.lost),
                "order violations": len(verdict.violations),
                "duplicates": len(verdict.duplicates),
                "dead": len(dead),
            },
            {
                "its neighbours are delivered": not verdict.lost,
                "no order violation": not verdict.violations,
                "the poison is dead, and nothing else": dead
                == {bad["messageId"]: "KILLED_ITS_WORKER"},
                "at most five starts": host.starts <= 5,
            },
        )


async def _supervise(host):
    while True:
        await host.wait()
        await host.start()


async def refuse_credentials(chaos):
    """The partner answers 401 for a while: nothing dies, and a probe a minute finds the end of it.

    The while is 20 s with `--quick`, which the first probe ends, and 200 s otherwise.
    """
    is_refused = False
    partner = Partner(lambda _event, _attempt: (401, "") if is_refused else ACCEPT)
    users, each, seconds = (100, 4, 20) if chaos.is_quick else (500, 10, 200)
    async with listening(partner) as url, _host(chaos, "401", url) as host:
        half = each // 2
        await send_all(host.port, shares("401", users, half, senders=5))
        await host.finished(60)
        is_refused = True
        before = partner.calls
        rest = [
            [[event("401", user, number) for user in range(users)]] for number in range(half, each)
        ]
        for batches in rest:
            await send_all(host.port, [batches])
        await asyncio.sleep(seconds)
        dead, calls = len(host.read(_DEAD)), partner.calls - before
        is_refused = False
        await host.finished(200)
        _judge_all(
            chaos,
            "401",
            ids("401", users, each),
            partner,
            host,
            {"seconds of 401": seconds, "calls meanwhile": calls, "dead": dead},
            {
                "nothing died of it": not dead,
                # What was in flight when the first 401 came, and one probe a minute.
                "at most 210 calls": calls <= 210,
            },
        )
