"""A `perform` under watch: what it waits for, asks, answers and raises; and cancelling it anywhere."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Unpack

from destination_kit._redact import mask_url
from destination_kit.definitions import Action, Context
from destination_kit.http_interface import Http, RequestOptions, Response

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Watch:
    """What was seen of the calls of one action.

    `cancel_at` is the await of a call at which its delivery is cancelled, 0 for none. `awaits` is
    how often a call has waited, `stuck` whether one went on after a second cancellation, and `left`
    are requests that were under way, or began, when the call that made them had ended.
    """

    cancel_at: int = 0
    awaits: int = 0
    stuck: bool = False
    task: asyncio.Task[Any] | None = None
    contexts: list[Context] = field(default_factory=list)
    answers: list[object] = field(default_factory=list)
    raised: list[BaseException] = field(default_factory=list)
    writing: dict[object, bool] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    ended: list[list[str]] = field(default_factory=list)

    async def follow(
        self, context: Context, call: Coroutine[Any, Any, Any], under_way: list[str]
    ) -> Any:
        """Return what a call answers, or raise what it raises; it notes its requests in a list."""
        self.contexts.append(context)
        self.task = asyncio.current_task()
        try:
            answer = await _driven(call, self)
        except BaseException as error:
            self.raised.append(error)
            raise
        finally:
            self.left += under_way
            self.ended.append(under_way)
        self.answers.append(answer)
        return answer

    def writes(self) -> bool:
        """Return whether the request that the current task makes may change something."""
        return self.writing.get(asyncio.current_task(), False)


class _Noting(Http):
    """An `Http` that notes which requests are under way, and whether one may change something."""

    def __init__(self, http: Http, watch: Watch, under_way: list[str]) -> None:
        self._http = http
        self._watch = watch
        self._under_way = under_way

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        safe = options.get("safe", method in _READS)
        self._watch.writing[asyncio.current_task()] = not safe
        what = f"{method} {mask_url(url)}"
        if any(each is self._under_way for each in self._watch.ended):
            self._watch.left.append(what)
        self._under_way.append(what)
        try:
            return await self._http.request(method, url, **options)
        finally:
            self._under_way.remove(what)


def watched(action: Action, watch: Watch) -> Action:
    """Return the action, watched. Its batches wait for nobody."""
    alone, together = action.perform, action.perform_batch

    async def perform(context: Context, payload: Any) -> Any:
        under_way: list[str] = []
        context = _noting(context, watch, under_way)
        return await watch.follow(context, _coroutine(alone(context, payload)), under_way)

    async def perform_batch(context: Context, payloads: Sequence[Any]) -> Any:
        if together is None:
            raise TypeError("this action takes no batches")
        under_way: list[str] = []
        context = _noting(context, watch, under_way)
        return await watch.follow(context, _coroutine(together(context, payloads)), under_way)

    return replace(
        action,
        perform=perform,
        perform_batch=perform_batch if together else None,
        batch=replace(action.batch, wait=0.0),
    )


def _noting(context: Context, watch: Watch, under_way: list[str]) -> Context:
    each = tuple(_noting(one, watch, under_way) for one in context.payload_contexts)
    return replace(context, http=_Noting(context.http, watch, under_way), payload_contexts=each)


async def _coroutine(awaitable: Any) -> Any:
    return await awaitable


@types.coroutine
def _driven(call: Coroutine[Any, Any, Any], watch: Watch) -> Generator[Any, None, Any]:
    """Run a call step by step, and have its task cancelled when it waits for that time."""
    awaits, cancellations = 0, 0
    error: BaseException | None = None
    while True:
        try:
            waits = call.throw(error) if error else call.send(None)
        except StopIteration as stop:
            return stop.value
        awaits += 1
        watch.awaits = max(watch.awaits, awaits)
        if awaits == watch.cancel_at:
            cancel_soon(asyncio.current_task())
        try:
            yield waits
            error = None
        except GeneratorExit:
            call.close()
            raise
        except BaseException as thrown:
            error = thrown
            cancellations += isinstance(thrown, asyncio.CancelledError)
            if cancellations > 1:
                watch.stuck = True
                _throw_away(call)
                raise


def cancel_soon(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task as soon as it waits."""
    if task:
        asyncio.get_running_loop().call_soon(task.cancel)


def _throw_away(call: Coroutine[Any, Any, Any]) -> None:
    with suppress(RuntimeError):  # it may not even let go of this
        call.close()
