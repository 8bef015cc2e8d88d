"""Calls of authors' functions outside of deliveries: what they raise shows no secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import TypeVar

from destination_kit._redact import Redact, compile_redactor
from destination_kit._secret_places import redact_error
from destination_kit.errors import DeliveryError, IntegrationError, describe_fault

T = TypeVar("T")

logger = logging.getLogger("destination_kit")


class AuthorFaultError(IntegrationError):
    """A function of a destination raised an exception that is none of the kit's, or broke a rule.

    `fault` has the type and the line of the exception. Its text may quote a secret, and stays out.
    """

    def __init__(self, where: str, fault: str) -> None:
        message = f"{where} {fault}"
        super().__init__(message, "UNKNOWN_ERROR", HTTPStatus.INTERNAL_SERVER_ERROR, remedy="code")
        self.fault = fault

    @property
    def retryable(self) -> bool:
        """Whether the same call can succeed later: not before its author mends the function."""
        return False


async def call_author(call: Callable[[], Awaitable[T]], where: str, redact: Redact) -> T:
    """Return what an author's function returns; `where` names it at the beginning of a sentence.

    Raises its `DeliveryError` with secrets masked, and `AuthorFaultError` for any other exception,
    whose type and place are logged.
    """
    try:
        return await call()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if _is_cancellation(error):
            raise
        failure = _to_failure(error, where, redact)
    # Outside of the `except`, since a traceback would print the chain of exceptions unmasked.
    raise failure


def redact_with(redact: Redact, secrets: Iterable[str]) -> Redact:
    """Return what masks further secrets, too."""
    further = compile_redactor(secrets)
    return lambda text: further(redact(text))


def _is_cancellation(error: BaseException) -> bool:
    # An author's function can raise `CancelledError` itself. Only that of this task may end it.
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and bool(task and task.cancelling())


def _to_failure(error: BaseException, where: str, redact: Redact) -> DeliveryError:
    if isinstance(error, DeliveryError):
        redact_error(error, redact)
        error.__cause__ = error.__context__ = None
        return error
    fault = redact(describe_fault(error))
    logger.error("%s %s", where, fault)
    return AuthorFaultError(where, fault)
