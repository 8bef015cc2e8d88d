"""Kills: `dkit serve` is killed again and again while senders send and the partner misbehaves."""

import asyncio
from random import Random
from time import monotonic

from host.tests.load.events import ids, shares
from host.tests.load.judging import judge, unexplained
from host.tests.load.partner import ACCEPT, CLOSE, GARBAGE, Partner, listening
from host.tests.load.processes import config, hosting, instance
from host.tests.load.sender import send_all

#: Events that may be sent and not accepted by the partner: kills then hit the ingress as well.
_LEAD = 2000
_IN_FLIGHT = """SELECT e.message_id FROM deliveries AS d JOIN events AS e ON e.id = d.event
    WHERE d.state = 1"""
_OTHERS = """SELECT status, code, message, count(*), min(attempts), max(attempts) FROM overview
    WHERE status != 'delivered' GROUP BY 1, 2, 3"""


def misbehave(random):
    """Answer one call in twenty with a fault; none of them accepts the event."""

    def answer(_event, _attempt):
        number = random.random()
        if number < 0.02:
            return 503, ""
        if number < 0.03:
            return 500, ""
        if number < 0.04:
            return CLOSE
        if number < 0.045:
            return GARBAGE
        if number < 0.0455:
            return 429, "retry-after: 1\r\n"
        return 0.3 if number < 0.05 else ACCEPT

    return answer


async def run(chaos):
    """Two rounds: 50 kills and 50,000 events each; 6 and 3,000 with `--quick`."""
    for round_number in (1, 2):
        await _run_round(chaos, round_number)


async def _run_round(chaos, round_number):
    users, each, times = (300, 10, 6) if chaos.is_quick else (2000, 25, 50)
    name = f"kills-{round_number}"
    random = Random(round_number)
    partner = Partner(misbehave(random))
    async with (
        listening(partner) as url,
        hosting(
            chaos.folder / name,
            config({"load": instance()}),
            chaos.environment,
            arguments=("--connect-to", f"partner.test={url}"),
        ) as host,
    ):
        sent = ids(name, users, each)
        progress = _Progress(partner)
        started = monotonic()
        sending = asyncio.create_task(
            send_all(
                host.port, shares(name, users, each, senders=20), before=progress.wait_for_room
            )
        )
        killed = await _kill(host, partner, times, len(sent), random)
        senders = await sending
        await host.finished()
        exit_code = await host.end()
        verdict = judge(sent, partner.accepted)
        strange = unexplained(verdict.duplicates, killed)
        [[integrity]] = host.read("PRAGMA integrity_check")
        others = host.read(_OTHERS)
        chaos.judge(
            name,
            {
                "events": f"{len(sent):,}",
                "kills": len(killed),
                "in flight at them": sum(len(in_flight) for _, in_flight in killed),
                "lost": len(verdict.lost),
                "order violations": len(verdict.violations),
                "duplicates": len(verdict.duplicates),
                "integrity": integrity,
                "posts without an answer": sum(sender.broken for sender in senders),
                "seconds": round(monotonic() - started),
            },
            {
                f"{times} kills": len(killed) == times,
                "no event is lost": not verdict.lost,
                f"no order violation: {verdict.violations[:3]}": not verdict.violations,
                f"each duplicate was in flight at a kill: {strange[:3]}": not strange,
                "integrity_check": integrity == "ok",
                f"every delivery is delivered: {others}, lost {verdict.lost[:3]}": not others,
                "exit code 0 after SIGTERM": exit_code == 0,
            },
        )


class _Progress:
    """How far the senders are ahead of the partner."""

    def __init__(self, partner):
        self._partner = partner
        self._sent = 0

    async def wait_for_room(self):
        while self._sent - len(self._partner.accepted) > _LEAD:
            await asyncio.sleep(0.01)
        self._sent += 20


async def _kill(host, partner, times, count, random):
    """Kill and restart the host at random points; return (time, messageIds in flight) of each."""
    points = sorted(random.sample(range(count // 100, count * 95 // 100), times))
    killed = []
    for point in points:
        # A kill soon after a start hits what is delivered alone, a later one a full window.
        goal = max(point, len(partner.accepted) + random.choice((1, 30, 300)))
        while len(partner.accepted) < min(goal, count * 97 // 100):
            await asyncio.sleep(0.002)
        host.look()
        # The partner has just accepted a burst of calls, whose results the host does not have yet.
        await asyncio.sleep(random.uniform(0.0, 0.1))
        await host.kill()
        moment = monotonic()
        killed.append((moment, {row[0] for row in host.read(_IN_FLIGHT)}))
        await host.start()
    return killed
