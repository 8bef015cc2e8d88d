"""Selection of the HTTP library that carries requests: aiohttp or httpx."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from destination_kit.errors import HttpLibraryError
from destination_kit.network_environment import check_environment, read_proxy

if TYPE_CHECKING:
    import httpx

    from destination_kit.http.transports.interface import Transport

HttpLibrary: TypeAlias = Literal["aiohttp", "httpx"]

ENVIRONMENT_VARIABLE: Final = "DKIT_TRANSPORT"
_LIBRARIES: Final[tuple[HttpLibrary, ...]] = get_args(HttpLibrary)


def choose_transport(http: HttpLibrary | None = None) -> HttpLibrary:
    """Return the name of the HTTP library that sends requests.

    The argument decides, then the environment variable `DKIT_TRANSPORT`. Without both it is
    aiohttp where the extra `fast` is installed, else httpx; behind a proxy it is httpx.

    Raises `HttpLibraryError` where the name is neither `aiohttp` nor `httpx`, or where aiohttp is
    requested and cannot be used. Raises `EnvironmentVariableError` where the choice depends on a
    proxy and its address is wrong.
    """
    requested = _checked(http, "http") or _checked(
        os.environ.get(ENVIRONMENT_VARIABLE) or None, ENVIRONMENT_VARIABLE
    )
    if requested != "aiohttp":
        return requested or _default()
    if not _has_aiohttp():
        message = "aiohttp is not installed: run pip install 'destination-kit[fast]'"
        raise HttpLibraryError(message)
    if proxy := read_proxy():
        name = proxy.variable
        message = f"aiohttp does not use the proxy in {name}: choose httpx, or unset {name}"
        raise HttpLibraryError(message)
    return requested


def open_transport(
    http: HttpLibrary | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> Transport:
    """Return the chosen transport, over httpx's `transport` instead of the network if given.

    Raises `HttpLibraryError` as `choose_transport` does, and for a `transport` with
    `http="aiohttp"`. Without a `transport` the variables of the environment are read, and
    `EnvironmentVariableError` names each that is wrong.
    """
    from destination_kit.http.transports.httpx import HttpxTransport

    if transport is not None:
        if _checked(http, "http") == "aiohttp":
            message = "transport is an httpx transport: leave http out, or set it to 'httpx'"
            raise HttpLibraryError(message)
        return HttpxTransport(transport)
    check_environment()
    library = choose_transport(http)
    if library == "httpx":
        return HttpxTransport()
    from destination_kit.http.transports.aiohttp import AiohttpTransport

    return AiohttpTransport()


def _checked(name: str | None, source: str) -> HttpLibrary | None:
    if name is None:
        return None
    for library in _LIBRARIES:
        if library == name:
            return library
    raise HttpLibraryError(f"{source} must be {' or '.join(_LIBRARIES)}, not {name!r}")


def _default() -> HttpLibrary:
    return "aiohttp" if _has_aiohttp() and not read_proxy() else "httpx"


def _has_aiohttp() -> bool:
    # `find_spec` also finds a package that fails to load. Then the first request would fail,
    # although httpx could send it.
    try:
        import aiohttp  # noqa: F401 - the import shows whether it can be loaded
    except ImportError:
        return False
    return True
