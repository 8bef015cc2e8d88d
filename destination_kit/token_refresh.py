"""Token refresh: one refresh for all callers whose token the partner refuses, or that expires soon.

Callers of one open instance wait for one task. Other instances, and other processes with the same
store, wait for its lock, and then take the settings that the first one has stored, or its failure.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Any, Final

from destination_kit._redact import Redact
from destination_kit._secrets import Secret
from destination_kit.errors import DeliveryError, InvalidAuthenticationError, describe_fault
from destination_kit.failed_refresh import FailedRefresh, describe_failure
from destination_kit.refreshed_settings import RefreshedSettings, check_refreshed
from destination_kit.stored_tokens import StoredToken, StoredTokens

logger = logging.getLogger("destination_kit")
#: Seconds for the author's `refresh`, and as many for the lock of the store.
_TIMEOUT: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshFunctions:
    """What a refresh calls of its open instance."""

    #: The author's `refresh`: () -> new values of settings.
    refresh: Callable[[], Awaitable[RefreshedSettings | Mapping[str, str]]]
    #: Gets the new secrets before anything else does, so that no text shows them.
    learn: Callable[[list[str]], None]
    #: Puts the new settings into the credentials of the HTTP client.
    apply: Callable[[], None]
    #: Masks the secrets in the text of a failure.
    redact: Redact


class TokenRefresher:
    """The refreshed settings of an open instance.

    `settings` is the mapping that the contexts of the instance show; a refresh replaces values in
    it.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        functions: RefreshFunctions,
        stored: StoredTokens,
        clock: Callable[[], float] = time,
    ) -> None:
        self._settings = settings
        self._functions = functions
        self._stored = stored
        self._clock = clock
        self._token = StoredToken()
        self._loading: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._failure: FailedRefresh | None = None
        #: Whether the partner refused the current token.
        self._is_refused = False
        #: How often the settings were replaced. A request with an older number has an old token.
        self.generation = 0

    async def prepare(self) -> None:
        """Take the token of an earlier run at the first call; refresh a token that expires soon.

        Where that refresh fails, the token is used until it expires.
        """
        self._loading = self._loading or asyncio.create_task(self._load())
        if not self._loading.done():
            await asyncio.shield(self._loading)
        if self._is_due() and not self._is_paused():
            await self._run_once()

    async def _load(self) -> None:
        try:
            self._adopt(await self._stored.read())
        except Exception as error:  # noqa: BLE001 - the engine of a host may raise anything
            logger.warning("the store has no readable token: it %s", describe_fault(error))

    def check(self) -> None:
        """Raise `DeliveryError` where no token is valid, and no refresh allowed yet."""
        if self._is_refused or self._clock() >= self._token.expires_at:
            self._raise_failure()

    def accept(self) -> None:
        """Record that the partner accepted the token."""
        if self._is_refused:
            self._is_refused, self._failure = False, None

    async def reject(self, generation: int) -> None:
        """Record that the partner refused a token that was new."""
        if generation == self.generation:
            self._is_refused = True
            message = "the partner does not accept the refreshed credentials (401)"
            await self._fail(InvalidAuthenticationError(message))

    async def refresh(self, generation: int) -> None:
        """Return when the settings are newer than those of a request that got a 401.

        Raises `InvalidAuthenticationError` where the partner gives no token, `RetryableError` where
        it could not be asked. The refresh goes on when its caller is cancelled.
        """
        if generation != self.generation:
            return
        self._is_refused = True
        self._raise_failure()
        await self._run_once()
        self._raise_failure()

    async def aclose(self) -> None:
        """Wait for a refresh that is under way: its new token may be the only one that is valid."""
        if self._task and not self._task.done():
            await asyncio.wait([self._task], timeout=2 * _TIMEOUT)

    def _is_due(self) -> bool:
        return self._clock() >= self._token.renews_at

    def _is_paused(self) -> bool:
        return self._failure is not None and self._failure.seconds_left(self._clock()) > 0

    def _raise_failure(self) -> None:
        if self._failure and self._is_paused():
            raise self._failure.repeat(self._clock())

    async def _run_once(self) -> None:
        """Refresh, or wait for the refresh that another caller has started."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await asyncio.shield(self._task)

    async def _run(self) -> None:
        try:
            lock = self._stored.lock()
            async with asyncio.timeout(_TIMEOUT):
                await lock.__aenter__()
            try:
                await self._refresh_locked()
            finally:
                await lock.__aexit__(None, None, None)
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001 - the engine of a host may raise anything, and every caller must get a result
            self._pause(describe_failure(error, self._functions.redact, _TIMEOUT))

    async def _refresh_locked(self) -> None:
        stored = await self._stored.read()
        if stored.settings and stored.settings != self._token.settings:
            self._adopt(stored)  # another instance, or process, was first
            if not self._is_due():
                return
        if (failure := await self._stored.read_failure()) is not None:
            self._failure = failure
            return
        try:
            self._adopt(await self._request())
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001 - an author's function may raise anything
            # The lock is held, so the next process finds the failure, and does not ask again.
            await self._fail(describe_failure(error, self._functions.redact, _TIMEOUT))

    async def _request(self) -> StoredToken:
        """Return a new token, which is kept in the store."""
        async with asyncio.timeout(_TIMEOUT):
            returned = check_refreshed(await self._functions.refresh(), self._stored.known)
        settings = {**self._token.settings, **returned.settings}
        # A message about the store must not show the token either.
        self._functions.learn(self._find_secrets(settings))
        token = StoredToken.create(settings, returned.expires_in, self._clock())
        await self._stored.keep(token)
        return token

    def _adopt(self, token: StoredToken) -> None:
        if not token.settings:
            return
        secrets = self._find_secrets(token.settings)
        self._functions.learn(secrets)
        earlier = dict(self._settings)
        self._settings.update(
            (name, Secret(value) if value in secrets else value)
            for name, value in token.settings.items()
        )
        try:
            self._functions.apply()
        except BaseException:
            self._settings.clear()
            self._settings.update(earlier)
            raise
        self._token, self._failure, self._is_refused = token, None, False
        self.generation += 1

    def _find_secrets(self, new: Mapping[str, str]) -> list[str]:
        # A setting that has no value yet, such as the first access token, counts as secret.
        return [
            Secret(value)
            for name, value in new.items()
            if self._settings.get(name) is None or isinstance(self._settings[name], Secret)
        ]

    async def _fail(self, error: DeliveryError) -> None:
        await self._stored.keep_failure(self._pause(error))

    def _pause(self, error: DeliveryError) -> FailedRefresh:
        """Allow no refresh for a while."""
        self._failure = FailedRefresh(error, self._clock())
        logger.warning("the token is not refreshed: %s", error)
        return self._failure
