"""The exceptions of the kit.

DestinationKitError
├── DefinitionError                 a plugin's definition is wrong: its author must act
├── ConfigurationError              an instance document is wrong: its operator must act
│   ├── TriggerError                one trigger, with the column
│   ├── MappingError                one mapping, with JSON Pointers
│   └── EnvironmentVariableError    the machine's proxy or certificates cannot be used
├── HttpLibraryError                the requested HTTP library is unknown or not installed
└── DeliveryError                   raised by `perform`; becomes a `Failed` result
    ├── IntegrationError            the partner or the author objects, for a reason that `code` names
    │   ├── PayloadValidationError  the payload cannot be sent as it stands
    │   ├── APIError                the partner refused, with an HTTP status
    │   └── SelfTimeoutError        the kit's own time limit ran out
    ├── InvalidAuthenticationError  the partner does not accept the credentials
    ├── RetryableError              a later attempt can succeed
    │   └── TransportError          no response came: time-out or broken connection
    └── HTTPError                   a response came with a status outside 2xx

Names and codes of delivery errors are the reference's (`@segment/actions-core`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, TypeAlias

from destination_kit._backoff import to_wait
from destination_kit._json import LimitError, pointer

if TYPE_CHECKING:
    from destination_kit._json import Json

CANNOT_RESOLVE = "CANNOT_RESOLVE"

Remedy: TypeAlias = Literal["wait", "settings", "event", "code"]
"""What lets a failed event succeed: time, mended settings, a mended event, or mended code.

* `wait`: the partner or the network; the same event can succeed later.
* `settings`: credentials, a permission, or an id or URL that stands in the settings or the mapping.
  An operator must mend it, and the event is kept until then.
* `event`: the data of the event. It fails in the same way each time.
* `code`: a fault in the code of the destination.
"""


Severity: TypeAlias = Literal["error", "warning"]
"""Whether a problem keeps a document from running, or may surprise its operator."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document, or may surprise its operator, and where."""

    #: The JSON Pointer (RFC 6901) of the value that is wrong; empty for the whole document.
    path: str
    #: A stable word; for a schema the keyword that failed.
    code: str
    #: A sentence for a person. Of a trigger or template it shows the text with a caret.
    message: str
    #: With a warning, the document runs.
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.path or '/'}: {self.message}"


def warning(path: str, code: str, message: str) -> Problem:
    """Return a problem with the severity "warning"."""
    return Problem(path, code, message, "warning")


class DestinationKitError(Exception):
    """Base of every exception that this package raises on purpose."""


class DefinitionError(DestinationKitError):
    """The definition of a destination, action or directive is wrong; `where` names the place."""

    def __init__(self, message: str, *, where: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where = where


class ConfigurationError(DestinationKitError):
    """An instance document is wrong; `problems` lists everything that is, in document order."""

    def __init__(self, problems: Iterable[Problem], warnings: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        #: What may surprise the operator; each has the severity "warning".
        self.warnings = tuple(warnings)
        super().__init__("\n".join(map(str, self.problems)))


class TriggerError(ConfigurationError):
    """A trigger is not valid FQL. Its one problem shows the text with a caret under the column."""


class MappingError(ConfigurationError):
    """A mapping is not valid. The path of each problem points into the mapping."""


class EnvironmentVariableError(ConfigurationError):
    """A variable that the HTTP client reads is wrong. The path of each problem is its name."""


class HttpLibraryError(DestinationKitError, ValueError):
    """The HTTP library that `http=` or `DKIT_TRANSPORT` requests is unknown or cannot be used."""


class DeliveryError(DestinationKitError):
    """Base of the errors that `perform` raises; each becomes a `Failed` result."""

    def __init__(
        self,
        message: str,
        code: str,
        status: int,
        *,
        retry_after: float | None = None,
        remedy: Remedy | None = None,
    ) -> None:
        super().__init__(message)
        #: A stable code in capitals; the message may change between versions.
        self.code = code
        #: The HTTP status that stands for the error, as in the reference.
        self.status = status
        #: The seconds that the partner wants the caller to wait, at most four hours; None where it
        #: named none.
        self.retry_after = to_wait(retry_after)
        #: What lets the event succeed (`Failed.remedy`); None where the kit derives it from the
        #: class, the code and the status.
        self.remedy = remedy

    @property
    def retryable(self) -> bool:
        """Whether the same request can succeed later, as the reference has it: by the status."""
        return is_retryable(self.status)


class IntegrationError(DeliveryError):
    """The event cannot be delivered, for a reason that `code` names.

    `remedy` says what can be done; without it `status` decides.
    """


class RequestOptionsError(IntegrationError, TypeError):
    """The options of a request are none that the client knows, or do not fit each other."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "INVALID_REQUEST", HTTPStatus.BAD_REQUEST, remedy="code")


class PayloadValidationError(IntegrationError):
    """The payload cannot be sent as it stands; a later attempt fails in the same way."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "PAYLOAD_VALIDATION_FAILED", HTTPStatus.BAD_REQUEST)
        #: What is wrong in the payload, with JSON Pointers, where it is known.
        self.problems: tuple[Problem, ...] = ()


class ResolutionError(PayloadValidationError):
    """A mapping cannot be resolved for this event."""

    def __init__(self, message: str, steps: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        #: The message without the location.
        self.message = message
        #: Keys that lead to the field of the payload; objects add theirs while the error rises.
        self.steps = steps

    def with_location(self) -> ResolutionError:
        """Return the same error with a JSON Pointer to the field in its message."""
        if not self.steps:
            return self
        path = pointer(*self.steps)
        located = ResolutionError(f"{path}: {self.message}")
        located.problems = (Problem(path, CANNOT_RESOLVE, self.message),)
        return located


class APIError(IntegrationError):
    """The partner refused with this HTTP status; the code is the status as text."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message, str(status), status)


class SelfTimeoutError(IntegrationError):
    """The kit's own time limit ran out; a later attempt can succeed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "SELF_TIMEOUT", HTTPStatus.REQUEST_TIMEOUT)


class InvalidAuthenticationError(DeliveryError):
    """The credentials are missing, or the partner does not accept them; a person must act."""

    def __init__(
        self,
        message: str,
        code: str = "INVALID_AUTHENTICATION",
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code, HTTPStatus.UNAUTHORIZED, retry_after=retry_after)


class RetryableError(DeliveryError):
    """A passing fault: a later attempt can succeed, after `retry_after` seconds where given."""

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
        """Whether the same request can succeed later: always, independent of the status."""
        return True


class TransportError(RetryableError):
    """No whole response came: a time-out, or a connection that broke."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        outcome_unknown: bool,
        received_status: int | None = None,
        remedy: Remedy | None = None,
    ) -> None:
        super().__init__(message, HTTPStatus.GATEWAY_TIMEOUT, code=code)
        self.remedy = remedy
        #: True where a write may have reached the partner.
        self.outcome_unknown = outcome_unknown
        #: The status of a response whose body cannot be read; None where no response began.
        self.received_status = received_status


class HTTPError(DeliveryError):
    """The partner responded with a status outside 2xx."""

    def __init__(  # noqa: PLR0913 - authors raise it with keywords, and a record for them would only be unpacked
        self,
        message: str,
        status: int,
        body: Json = None,
        *,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        remedy: Remedy | None = None,
    ) -> None:
        code = status_code_name(status)
        super().__init__(message, code, status, retry_after=retry_after, remedy=remedy)
        #: The response's JSON, else its text.
        self.body = body
        #: True where the partner, or a gateway before it, gave up on a write (5xx).
        self.outcome_unknown = outcome_unknown


def is_retryable(status: int) -> bool:
    """Return whether the reference retries this HTTP status: 408, 423, 429, and 5xx but 501."""
    return status in _RETRYABLE or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != 501)  # noqa: PLR2004 - 501 (not implemented) stays the same on a retry


def status_code_name(status: int) -> str:
    """Return the reference's error code of an HTTP status, such as `TOO_MANY_REQUESTS`."""
    if status in _NAMES:
        return _NAMES[status]
    try:
        return HTTPStatus(status).name
    except ValueError:
        return "UNKNOWN_ERROR"


def describe_fault(error: BaseException) -> str:
    """Return what an author's function did wrong: the type and the line of its exception.

    Its text is left out, since it may quote a secret; that of a limit of the kit is kept.
    """
    if isinstance(error, LimitError):
        return f"failed: {error}"
    from pathlib import Path
    from traceback import extract_tb

    frames = extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"raised {type(error).__name__}{where}"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return a hint at the known word that is closest, as the end of a sentence; "" without one."""
    from difflib import get_close_matches

    close = get_close_matches(str(word), list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


# The reference retries these statuses below 500 (`RetryableStatusCodes` in errors.ts).
_RETRYABLE = frozenset({408, 423, 429})
# Python 3.13 renamed these statuses. With Python's names, the error codes would depend on its
# version. The reference has one name for each (`HttpErrorCodes` in errors.ts).
_NAMES = {
    413: "PAYLOAD_TOO_LARGE",
    414: "URI_TOO_LONG",
    416: "RANGE_NOT_SATISFIABLE",
    422: "UNPROCESSABLE_ENTITY",
}
