"""Failed refresh: why a token was not refreshed, and how long no further refresh is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from destination_kit._json import JsonObject
from destination_kit._redact import Redact
from destination_kit.errors import (
    DeliveryError,
    InvalidAuthenticationError,
    RetryableError,
    describe_fault,
    is_retryable,
)

#: Seconds between a refresh that failed and the next one of the account.
REFRESH_INTERVAL: Final = 60.0


@dataclass(frozen=True, slots=True)
class FailedRefresh:
    """A refresh that failed. Its error holds no secret, since it is kept in a store."""

    error: DeliveryError
    #: When it failed, in seconds of the wall clock, which other processes read too.
    failed_at: float

    def seconds_left(self, now: float) -> float:
        """Return the seconds until the next refresh is allowed, 0 where it is."""
        seconds = self.failed_at + REFRESH_INTERVAL - now
        # A wall clock that was set back would prolong the pause.
        return seconds if 0 < seconds <= REFRESH_INTERVAL else 0.0

    def repeat(self, now: float) -> DeliveryError:
        """Return the error for another caller, who may ask again after the seconds that are left."""
        seconds = self.seconds_left(now)
        message = f"{self.error}; the next refresh is allowed in {seconds:.0f} s"
        if not isinstance(self.error, RetryableError):
            return InvalidAuthenticationError(message, retry_after=seconds)
        error = self.error
        return RetryableError(message, error.status, code=error.code, retry_after=seconds)

    def to_json(self) -> JsonObject:
        """Return the record as a store keeps it."""
        return {
            "message": str(self.error),
            "code": self.error.code,
            "status": self.error.status,
            "isRetryable": isinstance(self.error, RetryableError),
            "failedAt": self.failed_at,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the record of `to_json`.

        Raises `LookupError`, `TypeError` or `ValueError` for anything else.
        """
        message, failed_at = str(stored["message"]), float(stored["failedAt"])
        if not stored["isRetryable"]:
            return cls(InvalidAuthenticationError(message), failed_at)
        status, code = int(stored["status"]), str(stored["code"])
        return cls(RetryableError(message, status, code=code), failed_at)


def describe_failure(error: BaseException, redact: Redact, timeout: float) -> DeliveryError:
    """Return what each caller gets: no outcome is unknown, since the partner answered 401."""
    if isinstance(error, TimeoutError):
        message = f"the token was not refreshed within {timeout:g} s"
        return RetryableError(message, code="REQUEST_TIMEOUT")
    if not isinstance(error, DeliveryError):
        return InvalidAuthenticationError(f"refresh {redact(describe_fault(error))}")
    message = f"the token cannot be refreshed: {redact(str(error))}"
    if isinstance(error, RetryableError) or is_retryable(error.status):
        return RetryableError(message, error.status, code=redact(error.code))
    return InvalidAuthenticationError(message)
