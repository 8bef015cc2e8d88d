"""Application of the administration listener: health, readiness and reload, and who may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route

from destination_host.config.files import ConfigFileError
from destination_host.config.loading import is_loopback
from destination_host.console.origins import OriginGuard
from destination_host.console.page import PAGE_PATHS, create_page_routes
from destination_kit import ConfigurationError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from destination_host.config.records import AdministrationListener
    from destination_host.ingress import Admission

#: What anyone may ask without a token, load balancers and browsers; the responses have no data of
#: events. The page asks for the token, since a browser sends none when it loads a page.
_OPEN_PATHS: Final = ("/health", "/ready", *PAGE_PATHS)
#: Names of this machine. A page on another name that points here would otherwise read the answers.
_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")


class TokenGuard:
    """Middleware that asks for the bearer token, except for `_OPEN_PATHS`."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] != "http" or _is_open(scope["path"]) or self._is_allowed(scope):
            await self._app(scope, receive, send)
            return
        content = {"error": "pass the token of listen.administration: Authorization: Bearer TOKEN"}
        response = JSONResponse(content, 401, {"WWW-Authenticate": "Bearer"})
        await response(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        return scheme.lower() == b"bearer" and compare_digest(token.strip(), self._token)


def _is_open(path: str) -> bool:
    return any(
        path.startswith(known) if known.endswith("/") and known != "/" else path == known
        for known in _OPEN_PATHS
    )


def create_administration(
    listener: AdministrationListener,
    admission: Admission,
    reload: Callable[[], Awaitable[None]],
    more_routes: Sequence[BaseRoute] = (),
) -> Starlette:
    """Return the application, guarded as the listener says."""

    async def show_health(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "alive"})

    async def show_readiness(_request: Request) -> JSONResponse:
        reasons = [*admission.reasons]
        return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def reload_configuration(request: Request) -> JSONResponse:
        # `OriginGuard` asks for JSON where there is a body; here there is none to ask about.
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return JSONResponse({"error": "send Content-Type: application/json"}, 415)
        try:
            await reload()
        except ConfigurationError as error:
            rows = [{"path": one.path, "message": one.message} for one in error.problems]
            return JSONResponse({"error": "the new configuration is wrong", "problems": rows}, 422)
        except ConfigFileError as error:
            return JSONResponse({"error": str(error), "problems": []}, 422)
        return JSONResponse({"reloaded": True})

    routes = [
        Route("/health", show_health),
        Route("/ready", show_readiness),
        Route("/api/reload", reload_configuration, methods=["POST"]),
        *more_routes,
        *create_page_routes(),
    ]
    return Starlette(routes=routes, middleware=[*_middleware(listener)])


def _middleware(listener: AdministrationListener) -> list[Middleware]:
    guards = [Middleware(OriginGuard)]
    if is_loopback(listener.host):
        guards.append(Middleware(TrustedHostMiddleware, allowed_hosts=[*_LOCAL_NAMES]))
    if listener.token is not None:
        guards.append(Middleware(TokenGuard, token=listener.token))
    return guards
