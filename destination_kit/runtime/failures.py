"""Failures: from an exception or a limit to the `Failed` value that tells a caller what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final, Literal

from destination_kit._secret_places import mask_problems
from destination_kit.errors import (
    DeliveryError,
    InvalidAuthenticationError,
    PayloadValidationError,
)
from destination_kit.http.codec import LongIntegerError, is_of_long_integer
from destination_kit.remedies import remedy_of
from destination_kit.results import Failed

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from destination_kit._redact import Redact
    from destination_kit.errors import Problem

logger = logging.getLogger("destination_kit")
INVALID_AUTHENTICATION: Final = "INVALID_AUTHENTICATION"


def fail_on_exception(
    error: BaseException,
    redact: Redact,
    *,
    wrote: bool = False,
    has_event_address: Callable[[], bool] = lambda: False,
    by_author: bool = False,
) -> Failed:
    """Return the result of an event whose delivery raised, with secrets masked.

    The text of an exception that is none of the kit's stays out: it may quote a setting in a form
    that no search finds, or a person's data. The result has its type and place.

    `wrote` says that a request that may change the partner had left. `has_event_address` returns
    whether the URL of the refused request holds a value of the event. `by_author` says that an
    author's function raised, whose own integers are no fault of the event.
    """
    if isinstance(error, LongIntegerError) or (not by_author and is_of_long_integer(error)):
        message = "an integer has more than 4,300 digits: send it as text"
        return Failed("INVALID_EVENT", message, outcome=outcome_of(wrote=wrote))
    if not isinstance(error, DeliveryError):
        described = redact(f"{type(error).__name__}{_location_of(error)}")
        return Failed("UNKNOWN_ERROR", described, remedy="code", outcome=outcome_of(wrote=wrote))
    # An author can pass a text as the status, in spite of the types. Without the test a comparison
    # below would raise, and lose the author's error.
    given_status: object = error.status
    status = given_status if isinstance(given_status, int) else HTTPStatus.BAD_REQUEST
    is_unauthorized = status == HTTPStatus.UNAUTHORIZED or isinstance(
        error, InvalidAuthenticationError
    )
    return Failed(
        INVALID_AUTHENTICATION if is_unauthorized else redact(str(error.code)),
        redact(_message_of(error)),
        retry_after=error.retry_after,
        remedy=remedy_of(error, status, has_event_address),
        outcome="unknown" if getattr(error, "outcome_unknown", False) else "failed",
        problems=_problems_of(error, redact),
    )


def log_lost_exception(_loop: AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Log what asyncio found wrong, such as an exception that no code has read, without its text.

    An author's task or future may hold a secret in it. It is for the kit's own event loops.
    """
    error = context.get("exception")
    found = f"{type(error).__name__}{_location_of(error)}" if error else "no exception"
    # The message of a callback shows its arguments.
    message = str(context.get("message")).partition("(")[0]
    logger.error("%s: %s", message, found)


def _problems_of(error: DeliveryError, redact: Redact) -> tuple[Problem, ...]:
    problems = error.problems if isinstance(error, PayloadValidationError) else ()
    return mask_problems(problems, redact)


def _message_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the `__str__` of an author's exception may raise
        return "(its message cannot be read)"


def _location_of(error: BaseException) -> str:
    """Return the file and line that raised an unexpected exception, for the author."""
    frames = extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


def outcome_of(*, wrote: bool) -> Literal["unknown", "failed"]:
    """Return the outcome of a delivery without a response: unknown once it wrote."""
    return "unknown" if wrote else "failed"


def fail_on_invalid_payload(problems: tuple[Problem, ...], redact: Redact) -> Failed:
    """Return the result of an event whose payload does not match the action's fields."""
    problems = mask_problems(problems, redact)
    message = "; ".join(str(problem) for problem in problems)
    return Failed("PAYLOAD_VALIDATION_FAILED", message, problems=problems)


def fail_on_deadline(seconds: float, *, wrote: bool) -> Failed:
    """Return the result of an event that was not finished within these seconds."""
    message = f"not finished within the deadline of {round(max(seconds, 0.0), 3):g} s"
    return Failed("SELF_TIMEOUT", message, retryable=True, outcome=outcome_of(wrote=wrote))


def fail_on_expired_deadline() -> Failed:
    """Return the result of an event that was given no time."""
    message = "nothing was sent: the deadline was over before the delivery began"
    return Failed("SELF_TIMEOUT", message, retryable=True)


def fail_on_pending_job(retry_after: float | None) -> Failed:
    """Return the result of an event whose job the partner has not finished."""
    message = "the partner has not finished the job: poll it again, and do not submit it again"
    return Failed("JOB_PENDING", message, retryable=True, retry_after=retry_after)


def fail_on_close(*, wrote: bool) -> Failed:
    """Return the result of an event whose instance was closed during its delivery."""
    message = "the instance was closed before the delivery was finished"
    return Failed("INSTANCE_CLOSED", message, retryable=True, outcome=outcome_of(wrote=wrote))


def fail_on_full_window(window: int) -> Failed:
    """Return the result of an event that found the window full until its deadline."""
    message = f"the window of {window:,} events in flight was full until the deadline"
    return Failed("TOO_MANY_EVENTS", message, retryable=True, retry_after=1.0)


def fail_on_batch_mismatch(responses: object, count: int, *, wrote: bool) -> Failed:
    """Return the result of an event whose batch got no list of one response per payload."""
    returned = type(responses).__name__
    if isinstance(responses, list | tuple):
        returned = str(len(responses))
    message = (
        f"perform_batch must return a list of {count} responses, one per payload, not {returned}"
    )
    return Failed("BATCH_MISMATCH", message, remedy="code", outcome=outcome_of(wrote=wrote))
