"""Gathering payloads into batches, and handing each its own result."""

from __future__ import annotations

import asyncio
import json
import marshal
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeAlias

from destination_kit._json import Json
from destination_kit.definitions import BatchLimits
from destination_kit.http import encode
from destination_kit.runtime.executor import PendingDelivery

Run: TypeAlias = Callable[[Sequence[PendingDelivery]], Coroutine[None, None, None]]


_WIDEST: Final = 6
_PLAIN_FORMAT: Final = 2  # of marshal: later ones write a text only once
_LARGEST: Final = 1900  # bytes in marshal; a number that Python refuses to write has more
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


@dataclass(slots=True)
class _Batch:
    """A batch that still takes more; `flush_at` is a time of the loop, after `wait` seconds."""

    members: list[PendingDelivery] = field(default_factory=list)
    size: int = 0
    wait: float = float("inf")
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
        self._kinds: dict[Hashable, int] = {}
        self._kind_of: dict[int, int] = {}
        self._runs: dict[PendingDelivery, tuple[asyncio.Task[None], Sequence[PendingDelivery]]] = {}
        self.leaving: dict[asyncio.Future[Any], str] = {}

    def join(self, ready: PendingDelivery, deadline: float) -> None:
        """Make the place where the payload's result will be; `left` has to hear who cancels that.

        The payload does not wait for others longer than half of its deadline (in seconds).
        """
        limits, loop = ready.route.subscription.batch, asyncio.get_running_loop()
        key, size = self._key(ready), ready.size
        batch = self._open.get(key)
        if batch and batch.size + size > limits.bytes:
            self._flush(key)
            batch = None
        batch = batch or self._open.setdefault(key, _Batch())
        ready.place = loop.create_future()
        batch.members.append(ready)
        batch.size += size
        if len(batch.members) >= limits.count:
            self._flush(key)
        else:
            self._wait(key, batch, min(limits.wait, deadline / 2))

    def _key(self, ready: PendingDelivery) -> tuple[Hashable, ...]:
        """Return what payloads must have in common to share a batch."""
        route, payload = ready.route, ready.payload
        kind = self._kind_of.get(id(route))
        if kind is None:  # an instance keeps its routes, so what was learnt of one stays true
            same = route.subscription.action, route.subscription.batch
            kind = self._kinds.setdefault(same, len(self._kinds))
            self._kind_of[id(route)] = kind
        names = route.subscription.batch.keys
        return (kind, *[_comparable(payload.get(name)) for name in names])

    def forget(self, task: asyncio.Future[Any]) -> bool:
        """Take a run from those that are leaving; return whether it was one of them."""
        return self.leaving.pop(task, None) is not None

    def _wait(self, key: Hashable, batch: _Batch, seconds: float) -> None:
        if seconds >= batch.wait:  # since it began to wait, time has only gone on
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if at >= batch.flush_at:
            return
        if batch.timer:
            batch.timer.cancel()
        batch.wait, batch.flush_at = seconds, at
        flush = partial(self._flush, key)
        batch.timer = loop.call_at(at, flush) if seconds else loop.call_soon(flush)

    def _flush(self, key: Hashable) -> None:
        batch = self._open.pop(key)
        if batch.timer:
            batch.timer.cancel()
        members = [each for each in batch.members if not each.place.done()]
        if not members:
            return
        task = asyncio.create_task(self._settle(members))
        task.add_done_callback(partial(self._ended, members))
        run = task, members
        self._runs |= dict.fromkeys(members, run)

    def _ended(self, members: Sequence[PendingDelivery], task: asyncio.Task[None]) -> None:
        task.cancel()  # it is done; asyncio would log what it raised, which nobody has redacted
        for each in members:
            del self._runs[each]

    async def _settle(self, members: Sequence[PendingDelivery]) -> None:
        try:
            await self._run(members)
        finally:
            for each in members:
                each.place.cancel()

    def left(self, ready: PendingDelivery) -> None:
        """End the run of a payload whose place was cancelled, where it was the last one."""
        if not ready.place.cancelled() or ready not in self._runs:
            return
        task, members = self._runs[ready]
        if task not in self.leaving and all(each.place.done() for each in members):
            self.leaving[task] = ready.route.name
            task.add_done_callback(self.forget)
            task.cancel()


def bytes_of(payload: dict[str, Any], limits: BatchLimits) -> int:
    """Return how many bytes of JSON a payload takes, or a bound where so many fit in all the same.

    To write a payload as JSON takes as long as to make it, and most are small. `marshal` is quick,
    and no scalar has more than six times as many bytes in JSON: a control character has. What is
    no JSON is left to `encode`, which raises.
    """
    if _is_plain(payload):
        size = len(marshal.dumps(payload, _PLAIN_FORMAT))
        if size < _LARGEST and _WIDEST * size * limits.count <= limits.bytes:
            return _WIDEST * size
    return len(encode(payload))


def _is_plain(value: dict[str, Any], levels: int = 2) -> bool:
    for each in value.values():
        kind = type(each)
        if kind not in _SCALARS and (kind is not dict or levels == 1 or not _is_plain(each, 1)):
            return False
    return True


def _comparable(value: Json) -> Hashable:
    return value if type(value) is str else (json.dumps(value, sort_keys=True),)
