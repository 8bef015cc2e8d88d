"""Middleware of every API request: host, size, latency, authentication, rate limits, faults."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING
from uuid import UUID

from destinations.qualtrics.simulator.authentication import authenticate_api_request
from destinations.qualtrics.simulator.faults import Fault, draw_fault, parse_fault
from destinations.qualtrics.simulator.permissions import check_scope
from destinations.qualtrics.simulator.rate_limits import find_rate_limits
from destinations.qualtrics.simulator.requests import ApiRequest, Endpoint
from destinations.qualtrics.simulator.responses import (
    ApiError,
    get_reason_phrase,
    render_error,
    render_gateway_page,
    render_result,
)
from destinations.qualtrics.simulator.routes.imports import run_imports

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from destinations.qualtrics.simulator.config import DataCenterSettings
    from destinations.qualtrics.simulator.world import World

_DOMAIN = ["qualtrics", "com"]
# Users write `iad1.qualtrics.com` or `brand.iad1.qualtrics.com`
# (https://docs.ropensci.org/qualtRics/#register-your-qualtrics-credentials). We know of no host
# with a third label.
_MAX_LABELS = 2


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """An HTTP request with its body."""

    http: Request
    body: bytes
    #: The `notice` in `meta` of a proxied request; None for the brand's own data center.
    proxy_notice: str | None


async def handle_request(
    world: World, endpoint: Endpoint | None, request: Request
) -> Response | None:
    """Return the response to a request; None means that the connection is to be reset.

    The endpoint is None for an unknown route. Every request is counted with its outcome.
    """
    body = await request.body()
    response = await _process(world, endpoint, request, body)
    if isinstance(response, Fault):
        outcome = "reset-after" if response.is_late else "reset-before"
    else:
        outcome = str(response.status_code)
    route = endpoint.route if endpoint else f"{request.method} (unknown)"
    world.request_counts.setdefault(route, Counter())[outcome] += 1
    return None if isinstance(response, Fault) else response


async def _process(
    world: World, endpoint: Endpoint | None, request: Request, body: bytes
) -> Response | Fault:
    config = world.config
    data_center = find_data_center(config.data_centers, request.headers.get("host", ""))
    if data_center is None:
        return render_gateway_page(HTTPStatus.MISDIRECTED_REQUEST)
    if request.method in {"POST", "PUT"} and not _has_length(request):
        # A live POST without a body got a 411 from the HTTP layer (apps/qualtrics/README.md in
        # https://github.com/w6w-io/w6w-apps). We guess the same for PUT.
        return render_gateway_page(HTTPStatus.LENGTH_REQUIRED)
    if len(body) > config.body_bytes:
        return render_gateway_page(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    incoming = IncomingRequest(request, body, _get_proxy_notice(config.data_centers, data_center))
    if endpoint is None:
        # The live response to an unknown route has this text and no code (apps/qualtrics/README.md
        # in https://github.com/w6w-io/w6w-apps). The default would be the code of a missing
        # contact, which a client must tell from a wrong URL.
        error = ApiError(404, "The requested resource does not exist.", code=None)
        return _render_error(world, incoming, error)
    await asyncio.sleep(_draw_latency(world, incoming))
    return _call_endpoint(world, endpoint, incoming)


def _call_endpoint(world: World, endpoint: Endpoint, incoming: IncomingRequest) -> Response | Fault:
    world.apply_late_writes()
    try:
        user_id = _authenticate(world, endpoint, incoming)
    except ApiError as error:
        # Qualtrics finds the right data center by the credential. We guess that it does not pass on
        # a request with an unknown one, so the error has no notice.
        return _render_error(world, replace(incoming, proxy_notice=None), error)
    try:
        request = _accept_request(world, endpoint, incoming, user_id)
    except ApiError as error:
        return _render_error(world, incoming, error)
    fault = _get_next_fault(world, endpoint.route)
    if fault and not fault.is_late:
        return _render_fault(world, incoming, fault)
    run_handler = partial(_run_handler, world, endpoint, incoming, request)
    if fault is None:
        return run_handler()
    _apply_without_response(world, run_handler)
    return _render_fault(world, incoming, fault)


def _apply_without_response(world: World, run_handler: Callable[[], Response]) -> None:
    longest = world.config.faults.applied_late
    if longest:
        time = world.clock() + world.random.uniform(0.0, longest)
        world.late_writes.append((time, run_handler))
    else:
        run_handler()


def _authenticate(world: World, endpoint: Endpoint, incoming: IncomingRequest) -> str:
    if not endpoint.is_authenticated:
        return ""
    is_proxied = incoming.proxy_notice is not None
    return authenticate_api_request(world.config, incoming.http.headers, is_proxied=is_proxied)


def _accept_request(
    world: World, endpoint: Endpoint, incoming: IncomingRequest, user_id: str
) -> ApiRequest:
    http = incoming.http
    fails_by_proxy = incoming.proxy_notice and world.config.data_centers.proxied_posts == "fail"
    if fails_by_proxy and http.method == "POST":
        raise ApiError(400, "The request could not be passed on.")
    _check_rate_limits(world, endpoint.route)
    return ApiRequest(
        host=http.headers["host"],
        path=http.url.path,
        path_params=http.path_params,
        query=dict(http.query_params),
        headers=http.headers,
        body=incoming.body,
        user_id=user_id,
    )


def _run_handler(
    world: World, endpoint: Endpoint, incoming: IncomingRequest, request: ApiRequest
) -> Response:
    run_imports(world)
    try:
        check_scope(world, endpoint, request)
        result = endpoint.handler(world, request)
    except ApiError as error:
        return _render_error(world, incoming, error)
    request_id = _create_request_id(world)
    return render_result(result, world.config.errors, request_id, incoming.proxy_notice)


def find_data_center(settings: DataCenterSettings, host: str) -> str | None:
    """Return the data center that a Host header names; None for an unknown one."""
    name, _, port = host.rpartition(":")
    host_name = name if port.isdecimal() else host
    labels = host_name.lower().split(".")
    if labels[-2:] == _DOMAIN and 1 <= len(labels[:-2]) <= _MAX_LABELS:
        data_center = labels[-3]
        is_known = data_center in (settings.home, *settings.proxied)
        is_known &= settings.brand_hosts or len(labels) == len(_DOMAIN) + 1
        return data_center if is_known else None
    is_home = settings.loopback and _is_loopback(host_name.strip("[]"))
    return settings.home if is_home else None


def _is_loopback(host_name: str) -> bool:
    try:
        return host_name == "localhost" or ip_address(host_name).is_loopback
    except ValueError:
        return False


def _get_proxy_notice(settings: DataCenterSettings, data_center: str) -> str | None:
    if data_center == settings.home:
        return None
    host = f"{settings.notice_host or settings.home}.qualtrics.com"
    return f"Request proxied. For faster response times, use this host instead: {host}"


def _has_length(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _draw_latency(world: World, incoming: IncomingRequest) -> float:
    latency = world.config.latency
    low, high = latency if isinstance(latency, tuple) else (latency, latency)
    proxy_delay = world.config.data_centers.proxied_delay if incoming.proxy_notice else 0.0
    return world.random.uniform(low, high) + proxy_delay


def _check_rate_limits(world: World, route: str) -> None:
    settings = world.config.limits
    if not settings.enabled:
        return
    wait = world.token_buckets.take(find_rate_limits(settings, route), world.clock())
    if wait > 0:
        raise _create_rate_limit_error(world, wait)


def _get_next_fault(world: World, route: str) -> Fault | None:
    settings = world.config.faults
    if settings.only and route not in settings.only:
        return None
    if world.fault_script:
        return parse_fault(world.fault_script.popleft())
    return draw_fault(settings, world.random)


def _render_fault(world: World, incoming: IncomingRequest, fault: Fault) -> Response | Fault:
    """Return the response of a fault, or the fault itself if it resets the connection."""
    if fault.status is None:
        return fault
    if fault.has_html_body:
        return render_gateway_page(fault.status)
    if fault.status == HTTPStatus.TOO_MANY_REQUESTS:
        error = _create_rate_limit_error(world, world.config.faults.retry_after_seconds)
    else:
        error = ApiError(fault.status, get_reason_phrase(fault.status))
    return _render_error(world, incoming, error)


def _create_rate_limit_error(world: World, wait: float) -> ApiError:
    # Rounded up, because the limit would refuse a retry that comes earlier.
    seconds = math.ceil(wait)
    headers_by_form = {
        "none": {},
        "seconds": {"Retry-After": str(seconds)},
        "date": {"Retry-After": formatdate(world.clock() + seconds, usegmt=True)},
    }
    headers = headers_by_form[world.config.errors.retry_after]
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests.", headers=headers)


def _render_error(world: World, incoming: IncomingRequest, error: ApiError) -> Response:
    request_id = _create_request_id(world)
    if world.config.errors.echoed_bodies:
        text = f"{error.message} {incoming.body.decode(errors='replace')}"
        error = ApiError(error.status, text, error.code, error.headers)
    return render_error(error, world.config.errors, request_id, incoming.proxy_notice)


def _create_request_id(world: World) -> str:
    if world.config.errors.empty_request_ids:
        return ""
    return str(UUID(int=world.id_random.getrandbits(128), version=4))
