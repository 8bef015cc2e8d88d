"""Application of the ingress listener: the paths of Segment's tracking API, and CORS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.routing import Route

from destination_host.ingress.endpoint import Endpoint
from destination_host.ingress.events import EVENT_TYPES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

#: Seconds for which a browser need not ask again.
_CORS_AGE: Final = 86_400
#: Path of the tracking API -> the kind of its events.
_KINDS: Final = {f"/v1/{kind}": kind for kind in EVENT_TYPES}


class TrackingShortcut:
    """Middleware that takes what servers post to the tracking API past all other middleware.

    Pages of other origins need CORS, and so go the long way, which costs 60 µs a request.
    """

    def __init__(self, app: ASGIApp, endpoint: Endpoint) -> None:
        self._app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        kind = _KINDS.get(scope["path"]) if scope["type"] == "http" else None
        if kind is None or scope["method"] != "POST" or _has_origin(scope):
            await self._app(scope, receive, send)
            return
        scope["path_params"] = {"kind": kind}
        response = await self._endpoint.receive(Request(scope, receive))
        await response(scope, receive, send)


def _has_origin(scope: Scope) -> bool:
    return any(name == b"origin" for name, _ in scope["headers"])


def create_application(endpoint: Endpoint, origins: Sequence[str]) -> ASGIApp:
    """Return the application, whose responses pages of these origins may read."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=[*origins],
        allow_methods=["POST"],
        allow_headers=["Authorization", "Content-Type", "Content-Encoding"],
        max_age=_CORS_AGE,
    )
    routes = [
        Route("/v1/webhook/{source}", endpoint.receive_webhook, methods=["POST", "PUT", "PATCH"]),
        Route("/v1/{kind}", endpoint.receive, methods=["POST"]),
    ]
    return TrackingShortcut(Starlette(routes=routes, middleware=[cors]), endpoint)
