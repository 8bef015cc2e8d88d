"""Answers as the partner words them: the JSON envelope, and a gateway's HTML page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import EllipsisType

    from destinations.qualtrics.simulator.config import Errors
    from destinations.qualtrics.simulator.record_loader import Json

SERVER_ERRORS_FROM: Final = 500
_PHRASES: Final = {503: "Temporary Internal Server Error", 504: "Gateway Timeout"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful call: its `result`, absent where None; `bare` answers have no body at all."""

    result: Json = None
    status: int = 200
    bare: bool = False


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of this program
    """A call that is refused.

    `code` is the `errorCode`: None leaves it out, `...` takes the one configured for the status.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | EllipsisType | None = ...,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as it goes out."""

    status: int
    content: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def phrase(status: int) -> str:
    """Return the words that go with a status."""
    known = {each.value: each.phrase for each in HTTPStatus}
    return _PHRASES.get(status) or known.get(status, "Unknown")


def render_answer(answer: Answer, errors: Errors, request_id: str, notice: str | None) -> Wire:
    """Return a success; a call without result answers with `meta` alone."""
    if answer.bare:
        return Wire(answer.status, b"")
    meta = {**_meta(answer.status, errors, request_id, old=False), "notice": notice}
    body: dict[str, Json] = {} if answer.result is None else {"result": answer.result}
    return Wire(answer.status, _dump({**body, "meta": meta}))


def render_refusal(refusal: Refusal, errors: Errors, request_id: str, notice: str | None) -> Wire:
    """Return an error in the envelope, or in the older one where the configuration says so."""
    code = configured_code(errors, refusal.status) if refusal.code is ... else refusal.code
    error: dict[str, Json] = {"errorMessage": refusal.message}
    if code is not None and errors.old_shape:
        error |= {"qualtricsErrorCode": code, "internalErrorCode": code}
    elif code is not None:
        error["errorCode"] = code
    meta = {**_meta(refusal.status, errors, request_id, old=errors.old_shape), "error": error}
    if notice:
        meta["notice"] = notice
    return Wire(refusal.status, _dump({"meta": meta}), headers=refusal.headers)


def render_page(status: int) -> Wire:
    """Return the HTML page of a gateway in front of the API."""
    title = f"{status} {phrase(status)}"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Wire(status, page.encode(), "text/html")


def configured_code(errors: Errors, status: int) -> str | None:
    """Return the code that errors of this status carry; none is documented."""
    codes = {403: errors.forbidden, 404: errors.not_found, 429: errors.too_many_requests}
    others = errors.validation if status < SERVER_ERRORS_FROM else errors.server
    return codes.get(status, others)


def _meta(status: int, errors: Errors, request_id: str, *, old: bool) -> dict[str, Json]:
    text = errors.status_texts.get(str(status), f"{status} - {phrase(status)}")
    return {"status" if old else "httpStatus": text, "requestId": request_id}


def _dump(body: Json) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
