"""Middleware that refuses what other pages of a browser send: forms, fetches and links that write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from destination_host.console.problem_documents import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginGuard:
    """Middleware for `/api`: a request that writes must be JSON, and come from this very origin.

    A program sends no Origin and is let in; browsers always send one with a request that writes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403 or 415."""
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            refusal = _refuse(scope["method"], Headers(scope=scope))
            if refusal:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refuse(method: str, headers: Headers) -> ASGIApp | None:
    if _is_foreign(headers):
        return problem(403, "ORIGIN", "a page of another origin may not ask this")
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if method not in _READING and has_body and content_type != "application/json":
        return problem(415, "CONTENT_TYPE", "send Content-Type: application/json")
    return None


def _is_foreign(headers: Headers) -> bool:
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    return origin is not None and urlsplit(origin).netloc != headers.get("host")
