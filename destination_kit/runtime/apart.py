"""An open instance on a thread of its own, for hosts that run code which they do not trust."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import Future
from datetime import datetime
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from destination_kit._json import JsonObject
from destination_kit.results import EventResult
from destination_kit.runtime.failures import out_of_time

if TYPE_CHECKING:
    from destination_kit.runtime.instance import Instance
    from destination_kit.runtime.live import Live

logger = logging.getLogger("destination_kit")
SLACK: Final = 1.0  # seconds that the thread gets beyond a deadline to say what became of events
T = TypeVar("T")


class Apart:
    """Sends events for one instance from an event loop of its own. Use it in `async with`.

    Code of a destination that blocks holds up its own instance only: `send` returns hardly later
    than its deadline all the same, with what nobody knows by then as `unknown`. It can be used
    from any event loop.
    """

    def __init__(self, instance: Instance, start: Callable[[], Live]) -> None:
        self._instance = instance
        self._open: Future[Live] = Future()
        name = f"destination_kit {instance.name}"
        self._thread = Thread(target=self._run, args=(start,), name=name, daemon=True)
        self._thread.start()
        self._live = self._open.result()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def send(
        self,
        events: Sequence[JsonObject],
        *,
        deadline: float = 30.0,
        taken: datetime | None = None,
        only: Collection[str] | None = None,
    ) -> list[EventResult]:
        """Return what became of each event, as `Live.send` does."""
        sent = self._submit(self._live.send(events, deadline=deadline, taken=taken, only=only))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(sent), deadline + SLACK)
        except TimeoutError:
            failed = out_of_time(deadline, wrote=True)
            return [self._instance.failed(event, failed, only) for event in events]

    async def aclose(self, *, deadline: float = 5.0) -> None:
        """Close the instance as `Live.aclose` does, or leave its thread behind, and say so."""
        try:
            closing = self._submit(self._live.aclose(deadline=deadline))
            await asyncio.wait_for(asyncio.wrap_future(closing), deadline + SLACK)
        except TimeoutError:
            logger.warning("%s is held up: its thread is left behind", self._instance.name)
            self._loop.call_soon_threadsafe(self._over.set)
        else:
            self._loop.call_soon_threadsafe(self._over.set)
            await asyncio.to_thread(self._thread.join)

    def _run(self, start: Callable[[], Live]) -> None:
        asyncio.run(self._serve(start))

    async def _serve(self, start: Callable[[], Live]) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            self._open.set_result(start())
        except BaseException as error:  # noqa: BLE001 - it is raised where the instance is opened
            self._open.set_exception(error)
        else:
            await self._over.wait()

    def _submit(self, running: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(running, self._loop)
