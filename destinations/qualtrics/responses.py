"""What Qualtrics says: the envelope around its results, and its errors in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from destination_kit import (
    DeliveryError,
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
    Json,
    JsonObject,
    Response,
)

_LONGEST = 500  # characters of the partner's own words that an error quotes
_CODES = ("errorCode", "qualtricsErrorCode", "internalErrorCode")  # the last two are older

_WITHOUT = "Qualtrics saw no API token: fill in the setting API Token"
_UNKNOWN = (
    'Qualtrics does not accept the API token: copy it again from "Account settings",'
    ' "Qualtrics IDs", and make sure that nobody has replaced or disabled it'
)


class Answer(NamedTuple):
    """The `result` of a good answer, and what its `meta` adds (empty texts where it does not)."""

    result: Mapping[str, Any]
    request_id: str
    notice: str


def read_answer(response: Response) -> Answer:
    """Return what a good answer holds; one without a `result` raises `IntegrationError`."""
    meta = _meta(response.body)
    result = as_object(response.body).get("result")
    if not isinstance(result, Mapping):
        raise unexpected("it holds no result", _text(meta, "requestId"))
    return Answer(result, _text(meta, "requestId"), _text(meta, "notice"))


def unexpected(what: str, request_id: str) -> IntegrationError:
    """Return the error for an answer that says yes, but not what it has to say."""
    return IntegrationError(
        f"The answer of Qualtrics is not as documented: {what}{_details('', request_id)}",
        "UNEXPECTED_ANSWER",
        HTTPStatus.BAD_REQUEST,
    )


def explain(error: HTTPError, hide: Callable[[str], str] = str) -> DeliveryError:
    """Return the error with what the answer says about its cause, `hide` applied to all of it.

    The real HTTP status decides, never the one in the body: HTML and plain text come too. The
    body itself stays behind, because it may repeat what the request said about a person.
    """
    code, said = _cause(error.body, hide)
    if code == "ATP_2":
        return InvalidAuthenticationError(f"{_WITHOUT}: {said}")
    if error.status == HTTPStatus.UNAUTHORIZED:
        return InvalidAuthenticationError(f"{_UNKNOWN}: {said}")
    return HTTPError(
        f"{error}: {said}",
        error.status,
        retry_after=error.retry_after,
        outcome_unknown=error.outcome_unknown,
    )


def refusal(entry: Json, request_id: str) -> str:
    """Return what Qualtrics says about one entry that it did not take."""
    cause = as_object(entry)
    code = _text(cause, "errorCode") or _text(cause, "error")
    return _quoted(_text(cause, "errorMessage")) + _details(code, request_id)


def request_id(response: Response) -> str:
    """Return the partner's name for a request, "" where it gives none."""
    return _text(_meta(response.body), "requestId")


def as_object(value: Json) -> JsonObject:
    """Return an object as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def _cause(body: Json, hide: Callable[[str], str]) -> tuple[str, str]:
    meta = _meta(body)
    error = as_object(meta.get("error"))
    code = next((found for key in _CODES if (found := _text(error, key))), "")
    message = hide(_text(error, "errorMessage"))  # before it is cut, lest half a secret remain
    return code, hide(_quoted(message) + _details(code, _text(meta, "requestId")))


def _meta(body: Json) -> JsonObject:
    return as_object(as_object(body).get("meta"))


def _text(source: JsonObject, key: str) -> str:
    value = source.get(key)
    return value if isinstance(value, str) else ""


def _quoted(message: str) -> str:
    return message[:_LONGEST] or "it does not say why"


def _details(code: str, request_id: str) -> str:
    named = {"errorCode": code, "requestId": request_id}
    known = ", ".join(f"{key} {value}" for key, value in named.items() if value)
    return f" ({known})" if known else ""
