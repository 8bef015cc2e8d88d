"""API responses: the JSON envelope of Qualtrics, and a gateway's HTML page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from types import EllipsisType

    from destinations.qualtrics.simulator.config import ErrorSettings
    from destinations.qualtrics.simulator.json_types import Json

FIRST_SERVER_ERROR: Final = 500

# `HTTPStatus` calls 503 "Service Unavailable", but Qualtrics calls it "Temporary Internal Server
# Error" (as the error classes of https://github.com/mavenlink/qualtrics_api show).
_REASON_PHRASES: Final = {503: "Temporary Internal Server Error", 504: "Gateway Timeout"}


@dataclass(frozen=True, slots=True)
class ApiResult:
    """The result of a successful request."""

    #: The `result` of the envelope; None leaves the key out.
    result: Json = None
    status: int = 200
    #: Further keys of the envelope, beside `result` and `meta`.
    extra: Mapping[str, Json] = field(default_factory=dict)
    #: Whether the response has no body at all, not even an envelope.
    has_empty_body: bool = False


class ApiError(Exception):
    """A request that the API refuses with an error response.

    Attributes:
        status: HTTP status, from 400 to 599.
        message: The `errorMessage` of the envelope.
        code: The `errorCode`; None leaves it out, `...` takes the configured one of the status.
        headers: Further headers of the response.

    """

    def __init__(
        self,
        status: int,
        message: str,
        # None cannot be the default, because it means no code, as in the 404 for an unknown route.
        code: str | EllipsisType | None = ...,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}


def get_reason_phrase(status: int) -> str:
    """Return the text of a status, such as `Not Found`; `Unknown` for a non-standard one."""
    if status in _REASON_PHRASES:
        return _REASON_PHRASES[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def render_result(
    result: ApiResult, settings: ErrorSettings, request_id: str, notice: str | None
) -> Response:
    """Return the response to a successful request; `notice` is the proxy notice in `meta`."""
    if result.has_empty_body:
        return _json_response(b"", result.status)
    meta = {"httpStatus": _status_text(result.status, settings), "requestId": request_id}
    envelope: dict[str, Json] = {"meta": {**meta, "notice": notice}}
    if result.result is not None:
        envelope = {"result": result.result, **envelope}
    envelope = {**result.extra, **envelope}
    return _json_response(_encode_json(envelope), result.status)


def render_error(
    error: ApiError, settings: ErrorSettings, request_id: str, notice: str | None
) -> Response:
    """Return the error response, in the older shape of bodies where the settings ask for it."""
    code = get_error_code(settings, error.status) if error.code is ... else error.code
    details: dict[str, Json] = {"errorMessage": error.message}
    if code is not None and settings.old_shape:
        details |= {"qualtricsErrorCode": code, "internalErrorCode": code}
    elif code is not None:
        details["errorCode"] = code
    meta: dict[str, Json] = {
        "status" if settings.old_shape else "httpStatus": _status_text(error.status, settings),
        "requestId": request_id,
        "error": details,
    }
    if notice:
        meta["notice"] = notice
    return _json_response(_encode_json({"meta": meta}), error.status, error.headers)


def render_gateway_page(status: int) -> Response:
    """Return the HTML error page of a gateway in front of the API."""
    title = f"{status} {get_reason_phrase(status)}"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Response(page, status, {"content-type": "text/html"})


def get_error_code(settings: ErrorSettings, status: int) -> str | None:
    """Return the configured `errorCode` of a status; None leaves the code out."""
    codes = {403: settings.forbidden, 404: settings.not_found, 429: settings.too_many_requests}
    default_code = settings.server if status >= FIRST_SERVER_ERROR else settings.validation
    return codes.get(status, default_code)


def _status_text(status: int, settings: ErrorSettings) -> str:
    return settings.status_texts.get(str(status), f"{status} - {get_reason_phrase(status)}")


def _encode_json(document: Json) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _json_response(
    content: bytes, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(content, status, headers, media_type="application/json")
