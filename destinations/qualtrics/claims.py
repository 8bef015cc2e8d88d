"""Keys that somebody works on: whoever comes later waits, in the order of coming."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock

from destination_kit import DeliveryError, Json, RetryableError


@dataclass(slots=True, eq=False)
class Claim:
    """What somebody does about some keys.

    `request` says what it is, for others who want exactly the same; None once it is something of
    its own. `answer` is what came of it. `before` came first, until this one is `over`;
    `given_up` end as soon as this one does.
    """

    keys: frozenset[Hashable]
    request: str | None = None
    answer: Json = None
    error: DeliveryError | None = None
    before: Sequence[Claim] = ()
    ended: Future[None] = field(default_factory=Future)
    over: bool = False
    given_up: list[Claim] = field(default_factory=list)


class Claims:
    """Who works on which key, in any number of event loops and threads."""

    def __init__(self) -> None:
        self._last: dict[Hashable, Claim] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many keys are held or waited for."""
        return len(self._last)

    @asynccontextmanager
    async def hold(
        self, keys: Iterable[Hashable], request: str | None = None
    ) -> AsyncIterator[Claim]:
        """Hold keys, after everybody who came before for any of them.

        A passing error of one who held the same keys just before is raised at once, as a
        `RetryableError`: those who waited do not all ask again. Where that one had the same
        `request`, the claim has its `answer` already, or its error is raised.
        """
        claim = Claim(frozenset(keys), request)
        self._enter(claim)
        try:
            for each in claim.before:
                await _end(each.ended)
        except BaseException:
            self._give_up(claim)
            raise
        try:
            _inherit(claim)
            yield claim
        except DeliveryError as error:
            claim.error = error
            raise
        finally:
            self._leave(claim)

    def _enter(self, claim: Claim) -> None:
        with self._lock:
            before = {self._last[key]: None for key in claim.keys if key in self._last}
            claim.before = tuple(before)
            self._last |= dict.fromkeys(claim.keys, claim)

    def _leave(self, claim: Claim) -> None:
        """End a claim, and those given up that waited for it: one by one, however many."""
        leaving = [claim]
        while leaving:
            each = leaving.pop()
            with self._lock:
                self._forget(each)
                leaving += [other for other in each.given_up if not _put_off(other)]
            each.ended.set_result(None)

    def _give_up(self, claim: Claim) -> None:
        """Leave once all before have ended: whoever waits for this claim waits for them as well."""
        with self._lock:
            if _put_off(claim):
                return
        self._leave(claim)

    def _forget(self, claim: Claim) -> None:
        claim.over, claim.before = True, ()
        for key in claim.keys:
            if self._last.get(key) is claim:
                del self._last[key]


def _put_off(claim: Claim) -> bool:
    running = next((each for each in claim.before if not each.over), None)
    if running:
        running.given_up.append(claim)
    return running is not None


def _inherit(claim: Claim) -> None:
    if len(claim.before) != 1 or claim.before[0].keys != claim.keys:
        return
    earlier = claim.before[0]
    if claim.request is not None and claim.request == earlier.request:
        if earlier.error:
            raise earlier.error.with_traceback(None)
        claim.answer = earlier.answer
    elif (error := earlier.error) and error.retryable:
        raise RetryableError(
            str(error), error.status, code=error.code, retry_after=error.retry_after
        )


async def _end(ended: Future[None]) -> None:
    """Wait for the end of a claim, whichever event loop it belongs to."""
    loop = asyncio.get_running_loop()
    here = loop.create_future()

    def arrived() -> None:
        if not here.done():
            here.set_result(None)

    def tell(_: Future[None]) -> None:
        with suppress(RuntimeError):  # this loop is closed by now
            loop.call_soon_threadsafe(arrived)

    ended.add_done_callback(tell)
    await here
