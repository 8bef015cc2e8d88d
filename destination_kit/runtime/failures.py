"""From an exception to the `Failed` value that tells a caller: retry, drop, or call a person."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Literal

from destination_kit.errors import (
    DeliveryError,
    InvalidAuthenticationError,
    RetryableError,
    is_retryable,
)
from destination_kit.results import Failed

if TYPE_CHECKING:
    from destination_kit._redact import Redact
    from destination_kit.errors import Problem

INVALID_AUTHENTICATION = "INVALID_AUTHENTICATION"


def failure(error: BaseException, redact: Redact, *, wrote: bool = False) -> Failed:
    """Return the result of an event that this exception ended; it never raises itself.

    Secrets in its text are masked. `wrote` says that a request which changes things had left.
    """
    message = redact(_text(error))
    if not isinstance(error, DeliveryError):
        told = f"{type(error).__name__}: {message}{_place(error)}"
        return Failed("UNKNOWN_ERROR", told, outcome=outcome_of(wrote=wrote))
    given: object = error.status  # an author may have given a text
    status = given if isinstance(given, int) else HTTPStatus.BAD_REQUEST
    if status == HTTPStatus.UNAUTHORIZED or isinstance(error, InvalidAuthenticationError):
        unsent = isinstance(error, RetryableError)  # it was not even asked for
        return Failed(INVALID_AUTHENTICATION, message, unsent, error.retry_after)
    pause: object = error.retry_after
    return Failed(
        redact(str(error.code)),
        message,
        retryable=isinstance(error, RetryableError) or is_retryable(status),
        retry_after=pause if isinstance(pause, int | float) else None,
        outcome="unknown" if getattr(error, "outcome_unknown", False) else "failed",
    )


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - a stranger's __str__
        return "(it cannot say why)"


def _place(error: BaseException) -> str:
    """Return the file and line in which an unexpected exception arose: its author looks there."""
    frames = extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


def outcome_of(*, wrote: bool) -> Literal["unknown", "failed"]:
    """Return what is known of a delivery without an answer: once it wrote, nothing."""
    return "unknown" if wrote else "failed"


def invalid(problems: tuple[Problem, ...]) -> Failed:
    """Return the result of an event whose payload does not fit the action's fields."""
    message = "; ".join(str(each) for each in problems)
    return Failed("PAYLOAD_VALIDATION_FAILED", message, problems=problems)


def out_of_time(seconds: float, *, wrote: bool) -> Failed:
    """Return the result of an event whose deadline came while its delivery was under way."""
    message = f"not finished within the deadline of {max(seconds, 0):g} s"
    return Failed("SELF_TIMEOUT", message, retryable=True, outcome=outcome_of(wrote=wrote))


def closed(*, wrote: bool) -> Failed:
    """Return the result of an event whose instance was closed while its delivery was under way."""
    message = "the instance was closed before this was finished"
    return Failed("INSTANCE_CLOSED", message, retryable=True, outcome=outcome_of(wrote=wrote))


def crowded(window: int) -> Failed:
    """Return the result of an event for which there was no room before its deadline."""
    message = f"so many of {window:,} events were under way that there was no room in time"
    return Failed("TOO_MANY_EVENTS", message, retryable=True, retry_after=1.0)


def mismatch(answers: object, count: int, *, wrote: bool) -> Failed:
    """Return the result of an event whose batch has not one answer for each of its payloads."""
    given = f"{len(answers)}" if isinstance(answers, list | tuple) else type(answers).__name__
    message = f"perform_batch must return a list of {count} answers, one per payload, not {given}"
    return Failed("BATCH_MISMATCH", message, outcome=outcome_of(wrote=wrote))
