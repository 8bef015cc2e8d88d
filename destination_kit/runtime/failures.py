"""From an exception to the `Failed` value that tells a caller: retry, drop, or call a person."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from destination_kit.errors import (
    DeliveryError,
    InvalidAuthenticationError,
    RetryableError,
    TransportError,
    is_retryable,
)
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._redact import Redact
    from destination_kit.errors import Problem

INVALID_AUTHENTICATION = "INVALID_AUTHENTICATION"


def failure(error: Exception, redact: Redact) -> Failed:
    """Return the result of an event that this exception ended; secrets in its text are masked."""
    if not isinstance(error, DeliveryError):
        return Failed("UNKNOWN_ERROR", redact(f"{type(error).__name__}: {error}"))
    message = redact(str(error))
    if error.status == HTTPStatus.UNAUTHORIZED or isinstance(error, InvalidAuthenticationError):
        return Failed(INVALID_AUTHENTICATION, message)
    return Failed(
        error.code,
        message,
        retryable=isinstance(error, RetryableError) or is_retryable(error.status),
        retry_after=error.retry_after,
        outcome="unknown" if isinstance(error, TransportError) and error.maybe_done else "failed",
    )


def invalid(problems: tuple[Problem, ...]) -> Failed:
    """Return the result of an event whose payload does not fit the action's fields."""
    message = "; ".join(str(each) for each in problems)
    return Failed("PAYLOAD_VALIDATION_FAILED", message, problems=problems)


def out_of_time(seconds: float) -> Failed:
    """Return the result of an event whose deadline came while its delivery was under way."""
    message = f"not finished within the deadline of {seconds:g} s"
    return Failed("SELF_TIMEOUT", message, retryable=True, outcome="unknown")
