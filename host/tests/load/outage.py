"""An outage: deliveries of one instance wait for hours, and another one's must not notice."""

import asyncio
import json
from statistics import quantiles

from host.tests.load.judging import judge
from host.tests.load.partner import ACCEPT, Partner, listening
from host.tests.load.processes import config, instance

#: Events of each person, of which one is due and the others are behind it.
EACH = 10
WRITTEN = (
    '{"type":"track","event":"Dead","messageId":"%s","userId":"%s",'
    '"properties":{"number":%d,"total":1,"note":"' + "x" * 300 + '"}}'
)
FRESH = '{"type":"track","event":"Fresh","messageId":"fresh-%d","userId":"f-%d"}'


async def run(bench):
    """500,000 deliveries wait for a dead partner; takes of another instance, memory, and the end."""
    from host.tests.load.bench import put_load, wait_for

    count, fresh = bench.count(500_000, 20_000), bench.count(20_000, 2_000)
    people = count // EACH
    is_dead = True
    partner = Partner(lambda _event, _attempt: (503, "") if is_dead else ACCEPT)
    names = [f"dead-{n % people}-{n // people}" for n in range(count)]
    document = config(
        {
            "dead": instance("post", trigger='event = "Dead"'),
            "fresh": instance("discard", trigger='event = "Fresh"'),
        },
        retry={"firstPause": "5s", "maxPause": "15s" if bench.is_quick else "1m"},
    )
    async with (
        listening(partner) as url,
        bench.host("outage", document, f"partner.test={url}") as host,
    ):
        await put_load(host, 200, 20, 4, name="warm", write=lambda n: FRESH % (-n - 1, n))
        before = host.memory()
        await _send(host, count, people)
        growth = host.memory() - before
        load = await put_load(host, fresh, 20, 4, write=lambda n: FRESH % (n, n))
        waiting = host.unfinished
        is_dead = False
        await wait_for(host, 200 + fresh + count, seconds=3600)
        await host.end()
        takes = json.loads((host.folder / "takes.json").read_text(encoding="utf-8"))
    during = takes_of("fresh", takes)
    statements = quantiles([seconds for _, seconds, _ in during], n=100)
    callers = quantiles([seconds for _, _, seconds in during], n=100)
    verdict = judge(names, partner.accepted)
    bench.judge(
        "outage",
        {
            "waiting": f"{waiting:,}",
            "take p99": f"{statements[98] * 1000:.2f} ms",
            "with its turn and commit": f"{callers[98] * 1000:.1f} ms",
            "memory": f"+{growth / 1e6:.1f} MB",
            "delivered meanwhile": f"{load.delivered:,.0f}/s",
            "lost": len(verdict.lost),
            "order violations": len(verdict.violations),
        },
        {
            "all wait": waiting == count,
            "memory grows by less than 50 MB": growth < 50_000_000,
            "no event is lost": not verdict.lost,
            "no order violation": not verdict.violations,
            "each event once": not verdict.duplicates,
            **bench.timed({"take p99 under 10 ms": statements[98] < 0.010}),
        },
    )


def takes_of(instance_name, takes):
    """Return the takes that handed out deliveries of an instance."""
    return [take for take in takes if instance_name in take[0]]


async def _send(host, count, people):
    from host.tests.load.sender import Sender

    senders = [Sender(host.port) for _ in range(8)]

    async def send(number, sender):
        mine = range(number, people, len(senders))
        for turn in range(count // people):
            for first in range(0, len(mine), 100):
                events = [
                    WRITTEN % (f"dead-{user}-{turn}", f"dead-{user}", turn)
                    for user in mine[first : first + 100]
                ]
                await sender.send(f'{{"batch":[{",".join(events)}]}}'.encode())

    await asyncio.gather(*(send(number, sender) for number, sender in enumerate(senders)))
