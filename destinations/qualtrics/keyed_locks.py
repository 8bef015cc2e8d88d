"""Keys that somebody works on: whoever comes later waits, in the order of coming."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from destination_kit import DeliveryError, Json, RetryableError

Request: TypeAlias = Sequence[Json]


@dataclass(slots=True, eq=False)
class KeyedLock:
    """What somebody does about some keys.

    `request` says what it is, for others who want exactly the same; None once it is something of
    its own. `answer` is what came of it. `before` came first, until this one is `over`, which is
    told to the `waiting`; `given_up` end as soon as this one does.
    """

    keys: frozenset[Hashable]
    request: Request | None = None
    answer: Json = None
    error: DeliveryError | None = None
    before: Sequence[KeyedLock] = ()
    over: bool = False
    waiting: tuple[Callable[[], None], ...] = ()
    given_up: list[KeyedLock] = field(default_factory=list)


class KeyedLocks:
    """Who works on which key, in any number of event loops and threads."""

    def __init__(self) -> None:
        self._last: dict[Hashable, KeyedLock] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many keys are held or waited for."""
        return len(self._last)

    def hold(self, keys: Iterable[Hashable], request: Request | None = None) -> Hold:
        """Hold keys for the time of an `async with`, after everybody who came before for any.

        A passing error of one who held the same keys just before is raised at once, as a
        `RetryableError`: those who waited do not all ask again. Where that one had the same
        `request`, the claim has its `answer` already, or its error is raised. A request is not to
        change any more.
        """
        return Hold(self, frozenset(keys), request)

    async def enter(self, claim: KeyedLock) -> None:
        """Hold the keys of a claim as soon as all who came before have left them."""
        self._line_up(claim)
        try:
            for each in claim.before:
                await self._end(each)
        except BaseException:
            self._give_up(claim)
            raise

    def leave(self, claim: KeyedLock) -> None:
        """End a claim, and those given up that waited for it: one by one, however many."""
        leaving = [claim]
        while leaving:
            each = leaving.pop()
            with self._lock:
                self._forget(each)
                leaving += [other for other in each.given_up if not _put_off(other)]
            for tell in each.waiting:
                tell()

    def _line_up(self, claim: KeyedLock) -> None:
        before: dict[KeyedLock, None] = {}
        with self._lock:
            for key in claim.keys:
                if earlier := self._last.get(key):
                    before[earlier] = None
                self._last[key] = claim
            claim.before = tuple(before)

    def _give_up(self, claim: KeyedLock) -> None:
        """Leave once all before have ended: whoever waits for this claim waits for them as well."""
        with self._lock:
            if _put_off(claim):
                return
        self.leave(claim)

    def _forget(self, claim: KeyedLock) -> None:
        claim.over, claim.before = True, ()
        for key in claim.keys:
            if self._last.get(key) is claim:
                del self._last[key]

    async def _end(self, claim: KeyedLock) -> None:
        """Wait for the end of a claim, whichever event loop it belongs to."""
        loop = asyncio.get_running_loop()
        here = loop.create_future()

        def arrived() -> None:
            if not here.done():
                here.set_result(None)

        def tell() -> None:
            with suppress(RuntimeError):  # this loop is closed by now
                loop.call_soon_threadsafe(arrived)

        with self._lock:
            if claim.over:
                return
            claim.waiting += (tell,)
        await here


class Hold:
    """A claim of one `async with` after another; see `KeyedLocks.hold`."""

    __slots__ = ("_claim", "_claims", "_keys", "_request")

    def __init__(
        self, claims: KeyedLocks, keys: frozenset[Hashable], request: Request | None
    ) -> None:
        self._claims = claims
        self._keys = keys
        self._request = request

    async def __aenter__(self) -> KeyedLock:
        claim = self._claim = KeyedLock(self._keys, self._request)
        await self._claims.enter(claim)
        try:
            _inherit(claim)
        except BaseException as error:
            await self.__aexit__(None, error, None)
            raise
        return claim

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, DeliveryError):
            self._claim.error = error
        self._claims.leave(self._claim)


def _put_off(claim: KeyedLock) -> bool:
    running = next((each for each in claim.before if not each.over), None)
    if running:
        running.given_up.append(claim)
    return running is not None


def _inherit(claim: KeyedLock) -> None:
    if len(claim.before) != 1 or claim.before[0].keys != claim.keys:
        return
    earlier = claim.before[0]
    if _is_same(claim.request, earlier.request):
        if earlier.error:
            raise earlier.error.with_traceback(None)
        claim.answer = earlier.answer
    elif (error := earlier.error) and error.retryable:
        raise RetryableError(
            str(error), error.status, code=error.code, retry_after=error.retry_after
        )


def _is_same(request: Request | None, earlier: Request | None) -> bool:
    """Return whether two requests are the same as JSON, in which true is not 1."""
    if request is None or request != earlier:
        return False
    return json.dumps(request, sort_keys=True) == json.dumps(earlier, sort_keys=True)
