"""Stored tokens: the refreshed settings of an account in a store, and its last failed refresh."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from destination_kit._json import Json, as_object
from destination_kit.errors import describe_fault
from destination_kit.failed_refresh import REFRESH_INTERVAL, FailedRefresh
from destination_kit.stores import Store

logger = logging.getLogger("destination_kit")
#: Seconds before a token expires at which the next call refreshes it.
RENEWAL_MARGIN: Final = 30.0
#: The largest part of a token's time that the margin takes. The margin of a token for 20 seconds
#: would otherwise be its whole time, and each call would refresh it.
_LARGEST_PART: Final = 0.1


@dataclass(frozen=True, slots=True)
class StoredToken:
    """Refreshed settings. Its times are seconds of the wall clock, which other processes read too."""

    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: When the next call refreshes them, before they expire.
    renews_at: float = math.inf
    #: When they expire; infinite where the partner did not say.
    expires_at: float = math.inf

    @classmethod
    def create(
        cls, settings: Mapping[str, str], expires_in: float | None, now: float
    ) -> StoredToken:
        """Return settings that are valid for some seconds from now."""
        if expires_in is None:
            return cls(settings)
        margin = min(RENEWAL_MARGIN, expires_in * _LARGEST_PART)
        return cls(settings, now + expires_in - margin, now + expires_in)


class StoredTokens:
    """The token of one account in a store, with its last failed refresh.

    `known` has the settings of the destination by name. The store may drop others, of an earlier
    version of the destination.
    """

    def __init__(self, store: Store, key: str, known: Mapping[str, Any]) -> None:
        self._store = store
        self._key = key
        self._failure_key = f"{key} failure"
        self.known = known

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Return the lock that one refresh of the account at a time holds."""
        return self._store.lock(self._key)

    async def read(self) -> StoredToken:
        """Return the token of the last refresh, one without settings where there was none."""
        stored = as_object(await self._store.get(self._key))
        settings = as_object(stored.get("settings"))
        return StoredToken(
            {name: str(value) for name, value in settings.items() if name in self.known},
            _read_time(stored.get("renewsAt")),
            _read_time(stored.get("expiresAt")),
        )

    async def keep(self, token: StoredToken) -> None:
        """Keep a token; log where the store refuses it, since it works in memory all the same."""
        value: dict[str, Json] = {"settings": token.settings}
        if token.expires_at < math.inf:
            value |= {"renewsAt": token.renews_at, "expiresAt": token.expires_at}
        await self._set(self._key, value, "a refreshed token")

    async def read_failure(self) -> FailedRefresh | None:
        """Return the account's last failed refresh while its pause lasts."""
        stored = as_object(await self._store.get(self._failure_key))
        with suppress(LookupError, TypeError, ValueError):
            return FailedRefresh.from_json(stored)
        return None

    async def keep_failure(self, failure: FailedRefresh) -> None:
        """Let the other instances and processes of the account know of a failed refresh."""
        value = failure.to_json()
        await self._set(self._failure_key, value, "a failed refresh", ttl=REFRESH_INTERVAL)

    async def _set(self, key: str, value: Json, name: str, ttl: float | None = None) -> None:
        try:
            await self._store.set(key, value, ttl=ttl)
        except Exception as error:  # noqa: BLE001 - the engine of a host may raise anything
            fault = describe_fault(error)
            logger.warning("%s is known to this process alone: the store %s", name, fault)


def _read_time(value: Json | None) -> float:
    is_time = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_time else math.inf  # type: ignore[arg-type]
