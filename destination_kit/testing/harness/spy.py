"""Spy on the calls of an action: what they await, request, return and raise; and cancellation."""

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

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class CallSpy:
    """Records the calls of one action, and cancels one of them."""

    #: The await of a call at which its delivery is cancelled, counted from 1; 0 cancels none.
    cancel_at: int = 0
    #: The largest number of awaits of a call.
    awaits: int = 0
    #: Whether a call continued after a second cancellation.
    ignores_cancellation: bool = False
    #: The task of the last call.
    task: asyncio.Task[Any] | None = None
    #: The contexts that the calls received.
    contexts: list[Context] = field(default_factory=list)
    #: The payloads of each call of `perform_batch`.
    batches: list[Sequence[Any]] = field(default_factory=list)
    #: The values that the calls returned.
    returned: list[object] = field(default_factory=list)
    #: The exceptions that the calls raised.
    raised: list[BaseException] = field(default_factory=list)
    #: Task -> whether its last request may change something at the partner.
    writes_by_task: dict[object, bool] = field(default_factory=dict)
    #: Requests that were open, or began, when the call that made them had ended.
    unfinished: list[str] = field(default_factory=list)
    #: For each call that has ended, the list of its open requests.
    ended: list[list[str]] = field(default_factory=list)

    async def follow(
        self, context: Context, call: Coroutine[Any, Any, Any], open_requests: list[str]
    ) -> Any:
        """Return what a call returns, or raise what it raises."""
        self.contexts.append(context)
        self.task = asyncio.current_task()
        try:
            returned = await _step_through(call, self)
        except BaseException as error:
            self.raised.append(error)
            raise
        finally:
            self.unfinished += open_requests
            self.ended.append(open_requests)
        self.returned.append(returned)
        return returned

    def writes(self) -> bool:
        """Return whether the request that the current task makes may change something."""
        return self.writes_by_task.get(asyncio.current_task(), False)


class _RecordingHttp(Http):
    """An `Http` that records which requests are open, and whether one may change something."""

    def __init__(self, http: Http, spy: CallSpy, open_requests: list[str]) -> None:
        self._http = http
        self._spy = spy
        self._open_requests = open_requests

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        safe = options.get("safe", method in _SAFE_METHODS)
        self._spy.writes_by_task[asyncio.current_task()] = not safe
        description = f"{method} {mask_url(url)}"
        if any(requests is self._open_requests for requests in self._spy.ended):
            self._spy.unfinished.append(description)
        self._open_requests.append(description)
        try:
            return await self._http.request(method, url, **options)
        finally:
            self._open_requests.remove(description)


def spy_on(action: Action, spy: CallSpy) -> Action:
    """Return the action with a spy on its calls. Its batches do not wait for more payloads."""
    original, original_batch = action.perform, action.perform_batch

    async def perform(context: Context, payload: Any) -> Any:
        open_requests: list[str] = []
        context = _with_recording_http(context, spy, open_requests)
        return await spy.follow(context, _coroutine(original(context, payload)), open_requests)

    async def perform_batch(context: Context, payloads: Sequence[Any]) -> Any:
        if original_batch is None:
            raise TypeError("this action takes no batches")
        spy.batches.append(payloads)
        open_requests: list[str] = []
        context = _with_recording_http(context, spy, open_requests)
        call = _coroutine(original_batch(context, payloads))
        return await spy.follow(context, call, open_requests)

    return replace(
        action,
        perform=perform,
        perform_batch=perform_batch if original_batch else None,
        batch=replace(action.batch, wait=0.0),
    )


def _with_recording_http(context: Context, spy: CallSpy, open_requests: list[str]) -> Context:
    payload_contexts = tuple(
        _with_recording_http(payload_context, spy, open_requests)
        for payload_context in context.payload_contexts
    )
    http = _RecordingHttp(context.http, spy, open_requests)
    return replace(context, http=http, payload_contexts=payload_contexts)


async def _coroutine(awaitable: Any) -> Any:
    # An author's function may return any awaitable, but only a coroutine has `send` and `throw`.
    return await awaitable


@types.coroutine
def _step_through(call: Coroutine[Any, Any, Any], spy: CallSpy) -> Generator[Any, None, Any]:
    """Run a call from await to await, and cancel its task at the await that the spy names."""
    awaits, cancellations = 0, 0
    error: BaseException | None = None
    while True:
        try:
            awaited = call.throw(error) if error else call.send(None)
        except StopIteration as stop:
            return stop.value
        awaits += 1
        spy.awaits = max(spy.awaits, awaits)
        if awaits == spy.cancel_at:
            cancel_soon(asyncio.current_task())
        try:
            yield awaited
            error = None
        except GeneratorExit:
            call.close()
            raise
        except BaseException as thrown:
            error = thrown
            cancellations += isinstance(thrown, asyncio.CancelledError)
            # One cancellation proves nothing, because a clean-up may still await. A call that runs
            # until it is cancelled again has ignored the first one.
            if cancellations > 1:
                spy.ignores_cancellation = True
                _discard(call)
                raise


def cancel_soon(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task in the next turn of the event loop, when it awaits."""
    if task:
        asyncio.get_running_loop().call_soon(task.cancel)


def _discard(call: Coroutine[Any, Any, Any]) -> None:
    with suppress(RuntimeError):  # `close` raises if the clean-up awaits
        call.close()
