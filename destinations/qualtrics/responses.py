"""Responses of the Qualtrics API: the envelope around a result, and errors explained.

A response is `{"result": …, "meta": {"requestId": …, "notice": …, "error": …}}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

from destination_kit import (
    DeliveryError,
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
    Json,
    JsonObject,
    Response,
)

# The live error texts that we know have up to 53 characters (apps/qualtrics/README.md in
# https://github.com/w6w-io/w6w-apps), so 500 cut none of them. An error that repeats its request
# could add 2 MB to logs and results.
_MAX_QUOTED = 500
# Older responses have the last two keys in place of `errorCode`: the Ruby client reads these
# (`error_message` in lib/qualtrics_api/request_error_handler.rb of
# https://github.com/mavenlink/qualtrics_api).
_CODE_KEYS = ("errorCode", "qualtricsErrorCode", "internalErrorCode")

_MISSING_CREDENTIALS = "Qualtrics saw no API token: fill in the setting API Token"
_REFUSED_CREDENTIALS = (
    'Qualtrics does not accept the API token: copy it again from "Account settings",'
    ' "Qualtrics IDs", and make sure that it has not been replaced or disabled'
)


class ApiResult(NamedTuple):
    """The result of a successful call; texts are "" where the response has none."""

    result: Mapping[str, Any]
    request_id: str
    notice: str
    #: Whether the call may have changed something.
    writes: bool


class UnexpectedResponseError(IntegrationError):
    """A 2xx response lacks what the API documents. After a write, the outcome is unknown."""

    def __init__(
        self, problem: str, response: ApiResult, status: int, remedy: Literal["wait", "code"]
    ) -> None:
        details = _details("", response.request_id) + _notice(response.notice)
        message = f"The response of Qualtrics is not as documented: {problem}{details}"
        super().__init__(message, "UNEXPECTED_ANSWER", status, remedy=remedy)
        self.outcome_unknown = response.writes


def parse_result(response: Response, *, writes: bool = False) -> ApiResult:
    """Return the result of a 2xx response; raise `UnexpectedResponseError` where it has none."""
    meta = _meta(response.body)
    parsed = ApiResult({}, _text(meta, "requestId"), _text(meta, "notice"), writes)
    result = as_object(response.body).get("result")
    if isinstance(result, Mapping):
        return parsed._replace(result=result)
    if isinstance(response.body, Mapping):
        raise unexpected_response("it holds no result", parsed)
    # A gateway or a proxy has responded in place of Qualtrics, which another attempt may reach.
    problem = "it holds no result, since it is empty or not a JSON object"
    raise UnexpectedResponseError(problem, parsed, HTTPStatus.BAD_GATEWAY, "wait")


def unexpected_response(problem: str, response: ApiResult) -> IntegrationError:
    """Return the error for a JSON response that lacks what the API documents."""
    return UnexpectedResponseError(problem, response, HTTPStatus.BAD_REQUEST, "code")


def is_success(received_status: int | None) -> bool:
    """Return whether a response is 2xx whose body cannot be read, such as broken gzip."""
    return (
        received_status is not None
        and HTTPStatus.OK <= received_status < HTTPStatus.MULTIPLE_CHOICES
    )


def explain_http_error(error: HTTPError, redact: Callable[[str], str] = str) -> DeliveryError:
    """Return the error with the partner's message, code and request id, each passed to `redact`."""
    code, cause = _cause(error.body, redact)
    # A live request without a token got 400 and this code, not 401 (apps/qualtrics/README.md in
    # https://github.com/w6w-io/w6w-apps). Any other 400 blames the payload of one event, but here
    # every event fails.
    if code == "ATP_2":
        return InvalidAuthenticationError(f"{_MISSING_CREDENTIALS}: {cause}")
    if error.status == HTTPStatus.UNAUTHORIZED:
        return InvalidAuthenticationError(f"{_REFUSED_CREDENTIALS}: {cause}")
    # The notice names another data center, so a mended setting delivers the event.
    is_misdirected = bool(_text(_meta(error.body), "notice"))
    # The new error leaves out the body: it may repeat the request's data about a person, and
    # `redact` has not cleaned it.
    return HTTPError(
        f"{error}: {cause}",
        error.status,
        retry_after=error.retry_after,
        outcome_unknown=error.outcome_unknown,
        remedy="settings" if is_misdirected and not error.retryable else error.remedy,
    )


def leaves_access_unknown(error: DeliveryError) -> bool:
    """Return whether an error does not show what the token may read, such as an outage."""
    # A 401 shows that the token is invalid, but nothing about the directory. As a refusal of
    # access, it would let callers go on and create a contact that may be a duplicate.
    if error.status == HTTPStatus.UNAUTHORIZED:
        return True
    return error.retryable and error.status != HTTPStatus.FORBIDDEN


def describe_refusal(refusal: Json, response: ApiResult) -> str:
    """Return the message, code and request id of an entry that Qualtrics did not process."""
    cause = as_object(refusal)
    code = _text(cause, "errorCode") or _text(cause, "error")
    details = _details(code, response.request_id) + _notice(response.notice)
    return _quoted(_text(cause, "errorMessage")) + details


def read_request_id(response: Response) -> str:
    """Return the partner's id of the request, "" where the response has none."""
    return _text(_meta(response.body), "requestId")


def as_object(value: Json) -> JsonObject:
    """Return an object as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def _cause(body: Json, redact: Callable[[str], str]) -> tuple[str, str]:
    meta = _meta(body)
    error = as_object(meta.get("error"))
    code = next((code for key in _CODE_KEYS if (code := _text(error, key))), "")
    # If the message were cut first, half a secret could remain at its end, and `redact` would not
    # find it.
    message, notice = (
        redact(text) for text in (_text(error, "errorMessage"), _text(meta, "notice"))
    )
    details = _details(code, _text(meta, "requestId")) + _notice(notice)
    return code, redact(_quoted(message) + details)


def _meta(body: Json) -> JsonObject:
    return as_object(as_object(body).get("meta"))


def _text(source: JsonObject, key: str) -> str:
    value = source.get(key)
    return value if isinstance(value, str) else ""


def _quoted(message: str) -> str:
    return message[:_MAX_QUOTED] or "it does not say why"


def _notice(notice: str) -> str:
    # A host proxies the calls for other data centers, and refuses some of them. Then only the
    # notice names the host to set (issues 211 and 255 of https://github.com/ropensci/qualtRics).
    return f"; notice of Qualtrics: {notice[:_MAX_QUOTED]}" if notice else ""


def _details(code: str, request_id: str) -> str:
    details = {"errorCode": code, "requestId": request_id}
    listed = ", ".join(f"{name} {value}" for name, value in details.items() if value)
    return f" ({listed})" if listed else ""
