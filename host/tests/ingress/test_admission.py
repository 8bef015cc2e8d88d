"""Admission: the limits of the queue, each with its reason."""

import asyncio

import pytest

from destination_host.config.loading import load_config
from destination_host.ingress import Admission
from destination_host.queue import InstanceStats, Stats, Status
from host.tests.running import SECRETS, Partner, document, write_config


class Queue:
    """A queue whose figures a test sets."""

    def __init__(self, **figures):
        self.answered = asyncio.Event()
        self.answered.set()
        self.figures = {"instances": {}, **figures}

    async def stats(self):
        await self.answered.wait()
        return Stats(**self.figures)


def admission_of(folder, queue, **options):
    limits = {"unfinished": 10, "freeBytes": 100, "overdue": "60s"}
    config = load_config(
        write_config(folder, document(limits=limits)), Partner().catalog, SECRETS.get
    )
    return Admission(queue, config.limits, **options)


def instances(**options):
    return {"a": InstanceStats(counts={}), "b": InstanceStats(**{"counts": {}, **options})}


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"instances": instances(overdue=60.0)}, None),
        ({"instances": instances(overdue=61.0)}, "the oldest delivery is 61 s overdue"),
        ({"instances": instances(counts={Status.WAITING: 9})}, None),
        ({"instances": instances(counts={Status.PARKED: 10})}, "10 deliveries are unfinished"),
        ({"instances": instances(counts={Status.DEAD: 10})}, None),
        ({"free_bytes": 100}, None),
        ({"free_bytes": 99}, "the disk has 99 bytes left"),
        ({"stalled_seconds": 30.0}, None),
        ({"stalled_seconds": 31.0}, "nothing was written for 31 s"),
    ],
)
async def test_each_limit_has_its_reason_once_it_is_passed(tmp_path, figures, reason):
    admission = admission_of(tmp_path, Queue(**figures))
    await admission.look()
    assert [found.startswith(reason) for found in admission.reasons] == [True] * bool(reason)


async def test_a_disk_that_hangs_is_a_reason_and_leaves_no_figures(tmp_path):
    queue = Queue()
    admission = admission_of(tmp_path, queue, answer_time=0.05)
    await admission.look()
    assert (admission.reasons, admission.stats is None) == ((), False)
    queue.answered.clear()
    await admission.look()
    assert admission.reasons == ("the queue could not be read for 0 s",)
    assert admission.stats is None
    queue.answered.set()
    await admission.look()
    assert admission.reasons == ()
