"""Batching: payloads of one action are gathered, and sent in one call of `perform_batch`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any, Final, TypeAlias

from destination_kit._event_size import MOST_JSON_BYTES
from destination_kit._javascript import stringify_json
from destination_kit._json import Json
from destination_kit.http import encode_json
from destination_kit.limits import BatchLimits
from destination_kit.runtime.executor import PendingDelivery

ExecuteBatch: TypeAlias = Callable[[Sequence[PendingDelivery]], Coroutine[None, None, None]]
"""A batch -> after which each of its deliveries has a result, or never gets one."""

# An integer that Python does not write as text has more than 4,300 digits, which are 1,700 bytes.
_SURELY_WRITABLE_BYTES: Final = 1_500


@dataclass(slots=True)
class _Batch:
    """A batch that more deliveries can join."""

    deliveries: list[PendingDelivery] = field(default_factory=list)
    #: Bytes of the payloads as JSON.
    size: int = 0
    #: When the batch is sent, in monotonic seconds.
    flush_at: float = float("inf")
    timer: asyncio.Handle | None = None


class Batcher:
    """The batches of an open instance.

    A batch holds payloads of one action with equal values of its batch keys, in the order in
    which they joined. It is sent when it is full, or when a payload has waited long enough. It is
    cancelled when each of its deliveries has ended otherwise.
    """

    def __init__(self, execute_batch: ExecuteBatch) -> None:
        self._execute_batch = execute_batch
        self._open: dict[Hashable, _Batch] = {}
        self._groups: dict[Hashable, int] = {}
        self._group_by_subscription: dict[int, int] = {}
        self._running: dict[
            PendingDelivery, tuple[asyncio.Task[None], Sequence[PendingDelivery]]
        ] = {}
        #: Cancelled tasks that have not ended yet -> the name of their action.
        self.cancelled: dict[asyncio.Future[Any], str] = {}

    def add(self, delivery: PendingDelivery, flush_by: float) -> None:
        """Let a delivery join a batch that is sent by `flush_by`, in monotonic seconds.

        Call `discard` when its future is cancelled.
        """
        limits = delivery.compiled.subscription.batch
        key, size = self._key_of(delivery), delivery.size
        batch = self._open.get(key)
        if batch and batch.size + size > limits.bytes:
            self._flush(key)
            batch = None
        if batch is None:
            batch = self._open[key] = _Batch()
            now = monotonic()
            self._schedule(key, batch, min(now + limits.wait, flush_by), now)
        elif flush_by < batch.flush_at:
            self._schedule(key, batch, flush_by, monotonic())
        batch.deliveries.append(delivery)
        batch.size += size
        if len(batch.deliveries) >= limits.count:
            self._flush(key)

    def _key_of(self, delivery: PendingDelivery) -> tuple[Hashable, ...]:
        """Return what payloads must have in common to share a batch."""
        compiled, payload = delivery.compiled, delivery.payload
        group = self._group_by_subscription.get(id(compiled))
        if group is None:
            # Subscriptions of one action share a batch where their limits and modes are equal. `id`
            # is safe as a key, because the instance keeps its compiled subscriptions.
            subscription = compiled.subscription
            mode, matching_key = subscription.sync_mode, subscription.matching_key
            shared = subscription.action, subscription.batch, mode, matching_key
            group = self._groups.setdefault(shared, len(self._groups))
            self._group_by_subscription[id(compiled)] = group
        personas = delivery.context.personas_context
        # The context of a batch names one audience, which must be that of all its payloads.
        audience = personas and _comparable(personas.get("external_audience_id"))
        names = compiled.subscription.batch.keys
        return (group, audience, *[_comparable(payload.get(name)) for name in names])

    def _schedule(self, key: Hashable, batch: _Batch, flush_at: float, now: float) -> None:
        if batch.timer:
            batch.timer.cancel()
        batch.flush_at = flush_at
        flush, loop = partial(self._flush, key), asyncio.get_running_loop()
        delay = flush_at - now
        # With a deadline in the past the delay is negative. `call_soon` would send the batch before
        # the timer of that deadline could end its deliveries.
        batch.timer = loop.call_later(delay, flush) if delay else loop.call_soon(flush)

    def _flush(self, key: Hashable) -> None:
        batch = self._open.pop(key)
        if batch.timer:
            batch.timer.cancel()
        deliveries = [delivery for delivery in batch.deliveries if not delivery.future.done()]
        if not deliveries:
            return
        task = asyncio.create_task(self._run(deliveries))
        task.add_done_callback(partial(self._remove, deliveries))
        self._running |= dict.fromkeys(deliveries, (task, deliveries))

    async def _run(self, deliveries: Sequence[PendingDelivery]) -> None:
        try:
            await self._execute_batch(deliveries)
        finally:
            for delivery in deliveries:
                delivery.future.cancel()

    def _remove(self, deliveries: Sequence[PendingDelivery], task: asyncio.Task[None]) -> None:
        # asyncio logs an exception that no code has read, with its unmasked text. `cancel` turns
        # this off, even for a finished task (`Future.cancel` in asyncio/futures.py).
        task.cancel()
        for delivery in deliveries:
            del self._running[delivery]

    def discard(self, delivery: PendingDelivery) -> None:
        """Cancel the batch of a cancelled delivery, where no other delivery waits for it."""
        if not delivery.future.cancelled() or delivery not in self._running:
            return
        task, deliveries = self._running[delivery]
        if task not in self.cancelled and all(member.future.done() for member in deliveries):
            self.cancelled[task] = delivery.compiled.name
            task.add_done_callback(self.forget)
            task.cancel()

    def forget(self, task: asyncio.Future[Any]) -> bool:
        """Remove a task from `cancelled`; return whether it was there."""
        return self.cancelled.pop(task, None) is not None


def bound_json_bytes(payload: dict[str, Json], size: int, limits: BatchLimits) -> int:
    """Return at least the bytes of a payload as JSON; `size` is what `EventMeter` returned for it.

    A batch of payloads for which that is not exact has room for all of them. Raises as
    `count_json_bytes`.
    """
    # To write the JSON of a payload of 400 bytes takes 4 µs, its size 1 µs.
    most = size * MOST_JSON_BYTES
    if size <= _SURELY_WRITABLE_BYTES and most * limits.count <= limits.bytes:
        return most
    return count_json_bytes(payload)


def count_json_bytes(payload: dict[str, Json]) -> int:
    """Return the bytes of a payload as JSON.

    Raises `TypeError` or `ValueError` for a payload that JSON cannot hold.
    """
    return len(encode_json(payload))


def _comparable(value: Json) -> Hashable:
    # In Python `1 == True`, so these would share a batch. As JSON they differ, and the tuple tells
    # the number 1 from the text "1".
    return (
        value
        if type(value) is str
        else (json.dumps(value, sort_keys=True, default=stringify_json),)
    )
