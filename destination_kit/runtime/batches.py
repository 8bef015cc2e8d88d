"""Gathering payloads into batches, and handing each its own result."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from destination_kit._json import Json
from destination_kit.runtime.attempts import Place, Ready

Run: TypeAlias = Callable[[Sequence[tuple[Ready, Place]]], Coroutine[None, None, None]]


@dataclass(slots=True)
class _Batch:
    """A batch that still takes more; `flush_at` is a time of the loop, in seconds."""

    members: list[tuple[Ready, Place]] = field(default_factory=list)
    size: int = 0
    flush_at: float = float("inf")
    timer: asyncio.Handle | None = None


class Batches:
    """Batches under way in one event loop.

    A batch holds payloads of one action and one value of its batch keys, in the order in which
    they joined. It runs when it is full, or when its first member has waited long enough; and it
    ends when nobody waits for it any more; `leaving` has, with their actions, such runs that have
    not ended yet.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._open: dict[Hashable, _Batch] = {}
        self._running: set[asyncio.Task[None]] = set()
        self.leaving: dict[asyncio.Future[Any], str] = {}

    def join(self, ready: Ready, deadline: float) -> Place:
        """Return where the payload's result will be; cancelling that leaves the batch.

        The payload does not wait for others longer than half of its deadline (in seconds).
        """
        limits, loop = ready.route.subscription.batch, asyncio.get_running_loop()
        key, size = _key(ready), ready.size
        batch = self._open.get(key)
        if batch and batch.size + size > limits.bytes:
            self._flush(key)
            batch = None
        batch = batch or self._open.setdefault(key, _Batch())
        place: Place = loop.create_future()
        batch.members.append((ready, place))
        batch.size += size
        if len(batch.members) >= limits.count:
            self._flush(key)
        else:
            self._wait(key, batch, min(limits.wait, deadline / 2))
        return place

    def forget(self, task: asyncio.Future[Any]) -> bool:
        """Take a run from those that are leaving; return whether it was one of them."""
        return self.leaving.pop(task, None) is not None

    def _wait(self, key: Hashable, batch: _Batch, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if at >= batch.flush_at:
            return
        if batch.timer:
            batch.timer.cancel()
        batch.flush_at = at
        flush = partial(self._flush, key)
        batch.timer = loop.call_at(at, flush) if seconds else loop.call_soon(flush)

    def _flush(self, key: Hashable) -> None:
        batch = self._open.pop(key)
        if batch.timer:
            batch.timer.cancel()
        members = [(ready, place) for ready, place in batch.members if not place.done()]
        if not members:
            return
        task = asyncio.create_task(self._settle(members))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        for _, place in members:
            place.add_done_callback(partial(self._left, task, members))

    async def _settle(self, members: Sequence[tuple[Ready, Place]]) -> None:
        try:
            await self._run(members)
        finally:
            for _, place in members:
                place.cancel()

    def _left(
        self, task: asyncio.Task[None], members: Sequence[tuple[Ready, Place]], place: Place
    ) -> None:
        if place.cancelled() and not task.done() and all(each.done() for _, each in members):
            self.leaving[task] = members[0][0].route.name
            task.add_done_callback(self.forget)
            task.cancel()


def _key(ready: Ready) -> tuple[Hashable, ...]:
    """Return what payloads must have in common to share a batch."""
    limits = ready.route.subscription.batch
    return (
        ready.route.subscription.action,
        limits,
        *(_comparable(ready.payload.get(name)) for name in limits.keys),
    )


def _comparable(value: Json) -> str:
    return json.dumps(value, sort_keys=True)
