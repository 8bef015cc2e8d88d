"""Application of the ingress listener: the paths of Segment's tracking API, and CORS."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from destination_host.ingress.endpoint import Endpoint

#: Seconds for which a browser need not ask again.
_CORS_AGE = 86_400


def create_application(endpoint: Endpoint, origins: Sequence[str]) -> Starlette:
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
    return Starlette(routes=routes, middleware=[cors])
