"""Every exception of the kit.

DestinationKitError
├── DefinitionError                 a plugin's definition is wrong: its author must act
├── ConfigurationError              an instance document is wrong: its operator must act
│   ├── TriggerError                one trigger, with the column
│   └── MappingError                one mapping, with JSON Pointers
└── DeliveryError                   raised by `perform`; becomes a `Failed` result
    ├── IntegrationError            anything the partner or the author objects to
    │   ├── PayloadValidationError  the payload cannot be sent as it is
    │   ├── APIError                the partner refused, with its status
    │   └── SelfTimeoutError        our own time limit ran out
    ├── InvalidAuthenticationError  the credentials are not good (any more)
    ├── RetryableError              worth trying again later
    │   └── TransportError          no answer came: time-out or broken connection
    └── HTTPError                   an answer came with a status outside 2xx

Names and codes of delivery errors are the reference's (`@segment/actions-core`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit._json import Json


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document, and where.

    `path` is a JSON Pointer, `code` a stable word (for schemas the keyword that failed), and
    `message` a sentence; where text was misread it shows that text with a caret.
    """

    path: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.message}"


class DestinationKitError(Exception):
    """Anything that this package raises on purpose."""


class DefinitionError(DestinationKitError):
    """A destination, action or directive is not well defined; `where` names it."""

    def __init__(self, message: str, *, where: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where = where


class ConfigurationError(DestinationKitError):
    """An instance document is wrong; `problems` holds everything found, in document order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(each) for each in self.problems))


class TriggerError(ConfigurationError):
    """A trigger cannot be read. Its one problem shows the text with a caret under the column."""


class MappingError(ConfigurationError):
    """A mapping is not valid. Each problem's path points into the mapping."""


class DeliveryError(DestinationKitError):
    """An event could not be delivered. `code` is stable, the message is not.

    `retry_after` is in seconds, where the partner named a time.
    """

    def __init__(
        self, message: str, code: str, status: int, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after = retry_after

    @property
    def retryable(self) -> bool:
        """Whether the same event can succeed later."""
        return is_retryable(self.status)


class IntegrationError(DeliveryError):
    """The event cannot be delivered for a reason that `code` names. Retried if `status` says so."""


class PayloadValidationError(IntegrationError):
    """The payload is not fit to be sent; trying again will not help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "PAYLOAD_VALIDATION_FAILED", HTTPStatus.BAD_REQUEST)


class APIError(IntegrationError):
    """The partner refused, with this HTTP status; the code is the status as text."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, str(status), status)


class SelfTimeoutError(IntegrationError):
    """The kit's own time limit ran out; the event is worth trying again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "SELF_TIMEOUT", HTTPStatus.REQUEST_TIMEOUT)


class InvalidAuthenticationError(DeliveryError):
    """The credentials are missing or not accepted; nothing will work until a person acts."""

    def __init__(self, message: str, code: str = "INVALID_AUTHENTICATION") -> None:
        super().__init__(message, code, HTTPStatus.UNAUTHORIZED)


class RetryableError(DeliveryError):
    """A passing fault; the event is worth trying again, after `retry_after` seconds if given."""

    def __init__(
        self,
        message: str,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        *,
        code: str = "RETRYABLE_ERROR",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code, status, retry_after=retry_after)

    @property
    def retryable(self) -> bool:
        """Whether the same event can succeed later: yes, whatever the status."""
        return True


class TransportError(RetryableError):
    """No answer came. `outcome_unknown` is true where a write may have reached the partner."""

    def __init__(self, message: str, *, code: str, outcome_unknown: bool) -> None:
        super().__init__(message, HTTPStatus.GATEWAY_TIMEOUT, code=code)
        self.outcome_unknown = outcome_unknown


class HTTPError(DeliveryError):
    """The partner answered outside 2xx; `body` is its answer's JSON, else its text.

    `outcome_unknown` is true where the partner, or a gateway before it, gave up on a write (5xx).
    """

    def __init__(
        self,
        message: str,
        status: int,
        body: Json = None,
        *,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(message, status_code_name(status), status, retry_after=retry_after)
        self.body = body
        self.outcome_unknown = outcome_unknown


def is_retryable(status: int) -> bool:
    """Return whether the reference retries this HTTP status: 408, 423, 429, and 5xx but 501."""
    return status in _RETRYABLE or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != 501)  # noqa: PLR2004 - reads better than its name


def status_code_name(status: int) -> str:
    """Return the reference's error code of an HTTP status, such as `TOO_MANY_REQUESTS`."""
    if status in _NAMES:
        return _NAMES[status]
    try:
        return HTTPStatus(status).name
    except ValueError:
        return "UNKNOWN_ERROR"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return a hint at the known word that was probably meant, to end a sentence with, or ""."""
    from difflib import get_close_matches

    close = get_close_matches(str(word), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


_RETRYABLE = frozenset({408, 423, 429})
_NAMES = {
    413: "PAYLOAD_TOO_LARGE",
    414: "URI_TOO_LONG",
    416: "RANGE_NOT_SATISFIABLE",
    422: "UNPROCESSABLE_ENTITY",
}
