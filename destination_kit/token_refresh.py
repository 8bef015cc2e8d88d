"""Token refresh: one refresh for all callers whose token the partner refuses.

Callers of one open instance wait for one task. Other instances, and other processes with the same
store, wait for its lock, and then take the settings that the first one has stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any, Final

from destination_kit._json import as_object
from destination_kit._redact import Redact
from destination_kit._secrets import Secret
from destination_kit.errors import (
    DeliveryError,
    InvalidAuthenticationError,
    RetryableError,
    describe_fault,
    did_you_mean,
    is_retryable,
)
from destination_kit.stores import Store

logger = logging.getLogger("destination_kit")
#: Seconds between a refresh that failed and the next one.
REFRESH_INTERVAL: Final = 60.0
#: Seconds for the author's `refresh`, and as many for the lock of the store.
_TIMEOUT: Final = 30.0


class TokenRefresher:
    """The refreshed settings of an open instance.

    `settings` is the mapping that the contexts of the instance show; a refresh replaces values in
    it. `learn` gets the new secrets before anything else, `apply` then the settings, and puts them
    into the credentials of the HTTP client.
    """

    def __init__(  # noqa: PLR0913 - each is a part of the open instance, and only `Instance.open` calls this
        self,
        settings: dict[str, Any],
        *,
        known: Mapping[str, Any],
        refresh: Callable[[], Awaitable[Mapping[str, str]]],
        apply: Callable[[], None],
        learn: Callable[[list[str]], None],
        redact: Redact,
        store: Store,
        key: str,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._settings = settings
        self._known = known
        self._refresh = refresh
        self._apply = apply
        self._learn = learn
        self._redact = redact
        self._store = store
        self._key = key
        self._clock = clock
        self._stored: Mapping[str, str] = {}
        self._loading: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._failure: DeliveryError | None = None
        self._failed_at = float("-inf")
        #: How often the settings were replaced. A request with an older number has an old token.
        self.generation = 0

    async def load(self) -> None:
        """Take the settings of an earlier run from the store, at the first call."""
        self._loading = self._loading or asyncio.create_task(self._load())
        if not self._loading.done():
            await asyncio.shield(self._loading)

    async def _load(self) -> None:
        try:
            self._adopt(await self._read_stored())
        except Exception as error:  # noqa: BLE001 - the engine of a host may raise anything
            logger.warning("the store has no readable token: it %s", describe_fault(error))

    def check(self) -> None:
        """Raise `DeliveryError` where the last refresh failed, and the next one is not due."""
        seconds = self._failed_at + REFRESH_INTERVAL - self._clock()
        if self._failure is not None and seconds > 0:
            raise _repeat_failure(self._failure, seconds)

    def accept(self) -> None:
        """Record that the partner accepted the token."""
        self._failure = None

    def reject(self, generation: int) -> None:
        """Record that the partner refused a token that was new."""
        if generation == self.generation:
            message = "the partner does not accept the refreshed credentials (401)"
            self._fail(InvalidAuthenticationError(message))

    async def refresh(self, generation: int) -> None:
        """Return when the settings are newer than those of a request that got a 401.

        Raises `InvalidAuthenticationError` where the partner gives no token, `RetryableError` where
        it could not be asked. The refresh goes on when its caller is cancelled.
        """
        if generation != self.generation:
            return
        self.check()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await asyncio.shield(self._task)
        if self._failure is not None:
            self.check()

    async def aclose(self) -> None:
        """Wait for a refresh that is under way: its new token may be the only one that is valid."""
        if self._task and not self._task.done():
            await asyncio.wait([self._task], timeout=2 * _TIMEOUT)

    async def _run(self) -> None:
        try:
            await self._refresh_locked()
            self._failure = None
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001 - an author's function may raise anything, and every caller must get a result
            self._fail(_to_failure(error, self._redact))

    async def _refresh_locked(self) -> None:
        lock = self._store.lock(self._key)
        async with asyncio.timeout(_TIMEOUT):
            await lock.__aenter__()
        try:
            stored = await self._read_stored()
            if stored and stored != self._stored:
                self._adopt(stored)  # another instance, or process, was first
                return
            async with asyncio.timeout(_TIMEOUT):
                returned = await self._refresh()
            new = {**self._stored, **_check(returned, self._known)}
            # A message about the store must not show the token either.
            self._learn(self._find_secrets(new))
            await self._keep(new)
            self._adopt(new)
        finally:
            await lock.__aexit__(None, None, None)

    async def _read_stored(self) -> Mapping[str, str]:
        stored = as_object(await self._store.get(self._key))
        return {name: str(value) for name, value in stored.items() if name in self._known}

    async def _keep(self, new: Mapping[str, str]) -> None:
        try:
            await self._store.set(self._key, new)
        except Exception as error:  # noqa: BLE001 - the engine of a host may raise anything, and the token in memory still works
            fault = describe_fault(error)
            logger.warning(
                "a refreshed token lasts only as long as this process: the store %s", fault
            )

    def _adopt(self, new: Mapping[str, str]) -> None:
        if not new:
            return
        secrets = self._find_secrets(new)
        self._learn(secrets)
        earlier = dict(self._settings)
        self._settings.update(
            (name, Secret(value) if value in secrets else value) for name, value in new.items()
        )
        try:
            self._apply()
        except BaseException:
            self._settings.clear()
            self._settings.update(earlier)
            raise
        self._stored = new
        self.generation += 1

    def _find_secrets(self, new: Mapping[str, str]) -> list[str]:
        # A setting that has no value yet, such as the first access token, counts as secret.
        return [
            Secret(value)
            for name, value in new.items()
            if self._settings.get(name) is None or isinstance(self._settings[name], Secret)
        ]

    def _fail(self, failure: DeliveryError) -> None:
        self._failure, self._failed_at = failure, self._clock()
        logger.warning("the token is not refreshed: %s", failure)


def _check(returned: object, known: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the settings of a refresh; raise `InvalidAuthenticationError` for anything else."""
    if not isinstance(returned, Mapping) or not returned:
        message = f"refresh must return settings by name, not {type(returned).__name__}"
        raise InvalidAuthenticationError(message)
    for name, value in returned.items():
        if name not in known:
            hint = did_you_mean(name, sorted(known))
            raise InvalidAuthenticationError(f"refresh returns {name!r}, which is no setting{hint}")
        if not isinstance(value, str):
            message = f"refresh returns a {type(value).__name__} as {name!r}, and no text"
            raise InvalidAuthenticationError(message)
    return {str(name): str.__str__(value) for name, value in returned.items()}


def _to_failure(error: BaseException, redact: Redact) -> DeliveryError:
    """Return what each caller gets: no outcome is unknown, since the partner answered 401."""
    if isinstance(error, TimeoutError):
        message = f"the token was not refreshed within {_TIMEOUT:g} s"
        return RetryableError(message, code="REQUEST_TIMEOUT")
    if not isinstance(error, DeliveryError):
        return InvalidAuthenticationError(f"refresh {redact(describe_fault(error))}")
    message = f"the token cannot be refreshed: {redact(str(error))}"
    if isinstance(error, RetryableError) or is_retryable(error.status):
        return RetryableError(message, error.status, code=redact(error.code))
    return InvalidAuthenticationError(message)


def _repeat_failure(failure: DeliveryError, seconds: float) -> DeliveryError:
    """Return the failure for another caller, who may ask again after these seconds."""
    message = f"{failure}; the next refresh is allowed in {seconds:.0f} s"
    if isinstance(failure, RetryableError):
        return RetryableError(message, failure.status, code=failure.code, retry_after=seconds)
    return InvalidAuthenticationError(message, retry_after=seconds)
