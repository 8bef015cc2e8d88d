"""Replays: final deliveries that wait again, a few at a time, until all are or a person stops it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from destination_host.operations.documents import moment
from destination_host.queue import QueueError

if TYPE_CHECKING:
    from destination_host.queue import Filter, Queue

logger = logging.getLogger("destination_host")

#: Deliveries that are looked at in one piece where no rate is given.
_PIECE: Final = 1000
#: Pieces a second where a rate is given, unless it is lower.
_PIECES_PER_SECOND: Final = 5
#: Replays that are remembered after their end.
_MOST_KEPT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """What a replay does."""

    filter: Filter
    #: Whether each delivery gets the mapping that settled it last, and not the one of now.
    then: bool = False
    #: Whether an event is sent although a later one of its user was delivered.
    overwrite: bool = False
    #: Deliveries a second; None for as fast as the queue can.
    rate: float | None = None


@dataclass(slots=True, kw_only=True)
class Replay:
    """A replay that runs, or has ended."""

    number: int
    options: ReplayOptions
    #: Deliveries that a count found before it began.
    matching: int
    #: Deliveries that wait again.
    replayed: int = 0
    #: Those left alone, since a later event of their user was delivered.
    overtaken: int = 0
    #: `running`, `finished`, `cancelled` or `failed`.
    state: str = "running"
    error: str = ""
    started_at: float = 0.0
    finished_at: float | None = None

    def describe(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "replay": self.number,
            "state": self.state,
            "matching": self.matching,
            "replayed": self.replayed,
            "overtaken": self.overtaken,
            "mapping": "then" if self.options.then else "now",
            "overwrite": self.options.overwrite,
            "rate": self.options.rate,
            "startedAt": moment(self.started_at),
            "finishedAt": moment(self.finished_at),
            **({"error": self.error} if self.error else {}),
        }


class Replays:
    """The replays of a process. They end with it, and what they have moved stays moved."""

    def __init__(self, queue: Queue, on_move: Callable[[], None] = lambda: None) -> None:
        self._queue = queue
        self._on_move = on_move
        self._numbers = count(1)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        #: Number -> replay, the oldest first.
        self.kept: dict[int, Replay] = {}

    async def count(self, options: ReplayOptions) -> tuple[int, int]:
        """Return how many deliveries a replay would move, and how many it would leave alone."""
        found = await self._queue.replay(options.filter, dry_run=True)
        if options.overwrite:
            return found.replayed + found.overtaken, 0
        return found.replayed, found.overtaken

    async def start(self, options: ReplayOptions) -> Replay:
        """Count, then begin to replay."""
        movable, overtaken = await self.count(options)
        replay = Replay(
            number=next(self._numbers),
            options=options,
            matching=movable + overtaken,
            started_at=self._queue.now(),
        )
        self.kept[replay.number] = replay
        ended = [number for number, kept in self.kept.items() if kept.state != "running"]
        for number in ended[: max(0, len(self.kept) - _MOST_KEPT)]:
            del self.kept[number]
        task = self._tasks[replay.number] = asyncio.create_task(self._run(replay))
        task.add_done_callback(lambda _: self._tasks.pop(replay.number, None))
        return replay

    async def cancel(self, number: int) -> None:
        """Stop a replay that runs; what it has moved stays moved."""
        if task := self._tasks.get(number):
            task.cancel()
            await asyncio.wait([task])

    async def aclose(self) -> None:
        """Stop every replay."""
        for number in [*self._tasks]:
            await self.cancel(number)

    async def _run(self, replay: Replay) -> None:
        try:
            await self._move_all(replay)
            replay.state = "finished"
        except asyncio.CancelledError:
            replay.state = "cancelled"
        except QueueError as error:
            replay.state, replay.error = "failed", str(error)
            logger.error("replay %d ended: %s", replay.number, error)  # noqa: TRY400 - the message is the reason
        finally:
            replay.finished_at = self._queue.now()

    async def _move_all(self, replay: Replay) -> None:
        options, after = replay.options, 0
        piece, pause = _PIECE, 0.0
        if options.rate is not None:
            piece = max(1, min(_PIECE, round(options.rate / _PIECES_PER_SECOND)))
            pause = piece / options.rate
        while True:
            # A cancelled call would leave open whether the piece was moved.
            moved = await asyncio.shield(
                self._queue.replay(
                    options.filter,
                    limit=piece,
                    after=after,
                    overwrite=options.overwrite,
                    revision=options.then,
                )
            )
            replay.replayed += moved.replayed
            replay.overtaken += moved.overtaken
            self._on_move()
            if moved.last is None:
                return
            after = moved.last
            await asyncio.sleep(pause)
