"""Revisions: the mappings that instances had when they delivered, for replays with those of then."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from destination_kit import ConfigurationError

if TYPE_CHECKING:
    from destination_host.config.records import HostConfig
    from destination_host.queue import Queue, Taken
    from destination_kit import Instance, Live

#: Instances with mappings of then that stay open without a delivery.
_MOST_IDLE: Final = 4
#: Seconds for the deliveries of an instance that is closed.
_GRACE: Final = 30.0


class RevisionError(Exception):
    """A mapping of then that cannot be used; the message says why and what to do."""


@dataclass(slots=True)
class _Opened:
    live: Live
    #: Deliveries that use it now.
    users: int = 0


class Revisions:
    """The mapping of each instance by revision, in the queue; those of then are opened on demand.

    A revision holds subscriptions alone. Settings are always those of now: a token of then may have
    expired, and no secret of the settings gets into the queue.
    """

    def __init__(self, queue: Queue, open_instance: Callable[[Instance], Live]) -> None:
        self._queue = queue
        self._open_instance = open_instance
        self._config: HostConfig | None = None
        self._current: dict[str, str] = {}
        self._opened: dict[tuple[str, str], _Opened] = {}
        self._opening = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def keep(self, config: HostConfig) -> None:
        """Keep the mappings of a configuration durably, before a delivery can name them."""
        for name, revision, document in _revisions_of(config):
            await self._queue.keep_revision(name, revision, document)

    def use(self, config: HostConfig) -> None:
        """Take the mappings and settings of a configuration as those of now."""
        self._config = config
        self._current = {name: revision for name, revision, _ in _revisions_of(config)}
        opened, self._opened = self._opened, {}
        for one in opened.values():
            self._close(one)

    def current(self, instance: str) -> str:
        """Return the revision of an instance now."""
        return self._current.get(instance, "")

    @asynccontextmanager
    async def choose(self, taken: Taken, live: Live) -> AsyncIterator[Live]:
        """Yield the instance for a delivery: the one of now, or one with the mapping of then.

        Raises `RevisionError` where that cannot be used.
        """
        if taken.revision in ("", self.current(taken.instance)):
            yield live
            return
        async with self._opening:
            opened = await self._open(taken.instance, taken.revision)
            opened.users += 1
        try:
            yield opened.live
        finally:
            opened.users -= 1
            self._close_surplus()

    async def aclose(self) -> None:
        """Close what is open."""
        for one in self._opened.values():
            self._close(one)
        self._opened = {}
        await asyncio.gather(*self._closing)

    async def _open(self, name: str, revision: str) -> _Opened:
        found = self._opened.get((name, revision))
        if found is None:
            document = await self._queue.find_revision(name, revision)
            if document is None or self._config is None:
                msg = "its mapping of then is not kept any more: replay it with the mapping of now"
                raise RevisionError(msg)
            try:
                instance = self._config.with_subscriptions(name, json.loads(document))
            except ConfigurationError as error:
                msg = f"its mapping of then does not fit what is installed or set now: {error}"
                raise RevisionError(msg) from error
            found = self._opened[name, revision] = _Opened(self._open_instance(instance))
        return found

    def _close_surplus(self) -> None:
        idle = [key for key, one in self._opened.items() if not one.users]
        for key in idle[:-_MOST_IDLE]:
            self._close(self._opened.pop(key))

    def _close(self, opened: _Opened) -> None:
        closing = asyncio.create_task(opened.live.aclose(deadline=_GRACE))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


def _revisions_of(config: HostConfig) -> Iterator[tuple[str, str, bytes]]:
    """Yield the name, the revision and the document of each instance's mapping."""
    for name, subscriptions in config.subscriptions.items():
        document = json.dumps(subscriptions, sort_keys=True, separators=(",", ":")).encode()
        yield name, sha256(document).hexdigest()[:16], document
