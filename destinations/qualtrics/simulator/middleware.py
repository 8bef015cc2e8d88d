"""What every call passes before its handler: host, credentials, limits, delays, faults."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from dataclasses import dataclass, replace
from email.utils import formatdate
from ipaddress import ip_address
from typing import TYPE_CHECKING
from uuid import UUID

from destinations.qualtrics.simulator.authentication import api_user
from destinations.qualtrics.simulator.faults import Fault, drawn, scripted
from destinations.qualtrics.simulator.rate_limits import buckets
from destinations.qualtrics.simulator.requests import Call, Endpoint
from destinations.qualtrics.simulator.responses import (
    Refusal,
    Wire,
    phrase,
    render_answer,
    render_page,
    render_refusal,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from destinations.qualtrics.simulator.config import DataCenters
    from destinations.qualtrics.simulator.world import World

DOMAIN = ["qualtrics", "com"]
BRAND_AND_CENTER = 2


@dataclass(frozen=True, slots=True)
class Visit:
    """A request on its way: which data center it went to, and where that one sends it."""

    request: Request
    content: bytes
    center: str
    notice: str | None


async def answer(world: World, endpoint: Endpoint | None, request: Request) -> Wire | None:
    """Return the answer to a request; None means that the connection is to be reset."""
    content = await request.body()
    name = endpoint.name if endpoint else f"{request.method} (unknown)"
    wire = await _guarded(world, endpoint, request, content)
    if isinstance(wire, Fault):
        outcome, found = "reset-after" if wire.late else "reset-before", None
    else:
        outcome, found = str(wire.status), wire
    world.calls.setdefault(name, Counter())[outcome] += 1
    return found


async def _guarded(
    world: World, endpoint: Endpoint | None, request: Request, content: bytes
) -> Wire | Fault:
    config = world.config
    center = data_center(config.data_centers, request.headers.get("host", ""))
    if center is None:
        return render_page(421)
    if request.method in {"POST", "PUT"} and not _has_length(request):
        return render_page(411)
    if len(content) > config.body_bytes:
        return render_page(413)
    visit = Visit(request, content, center, _notice(config.data_centers, center))
    if endpoint is None:
        missing = Refusal(404, "The requested resource does not exist.", code=None)
        return _refuse(world, visit, missing)
    await asyncio.sleep(_delay(world, visit))
    return _pass(world, endpoint, visit)


def _pass(world: World, endpoint: Endpoint, visit: Visit) -> Wire | Fault:
    try:
        user = _user(world, endpoint, visit)
    except Refusal as refusal:
        # Whom it does not know, a data center does not pass on.
        return _refuse(world, replace(visit, notice=None), refusal)
    try:
        call = _admit(world, endpoint, visit, user)
    except Refusal as refusal:
        return _refuse(world, visit, refusal)
    fault = _next_fault(world, endpoint.name)
    if fault and not fault.late:
        return _break(world, visit, fault)
    try:
        wire = render_answer(
            endpoint.handler(world, call), world.config.errors, _request_id(world), visit.notice
        )
    except Refusal as refusal:
        wire = _refuse(world, visit, refusal)
    return _break(world, visit, fault) if fault else wire


def _user(world: World, endpoint: Endpoint, visit: Visit) -> str:
    if not endpoint.authenticated:
        return ""
    return api_user(world.config, visit.request.headers, home=visit.notice is None)


def _admit(world: World, endpoint: Endpoint, visit: Visit, user: str) -> Call:
    headers = visit.request.headers
    broken = visit.notice and world.config.data_centers.proxied_posts == "fail"
    if broken and visit.request.method == "POST":
        raise Refusal(400, "The request could not be passed on.")
    _check_limits(world, endpoint.name)
    return Call(
        host=headers["host"],
        target=visit.request.url.path,
        path=visit.request.path_params,
        query=dict(visit.request.query_params),
        headers=headers,
        content=visit.content,
        user_id=user,
    )


def data_center(centers: DataCenters, host: str) -> str | None:
    """Return the data center that a Host header names, None where it leads nowhere."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    labels = name.lower().split(".")
    if labels[-2:] == DOMAIN and 1 <= len(labels[:-2]) <= BRAND_AND_CENTER:
        center = labels[-3]
        return center if center in (centers.home, *centers.proxied) else None
    return centers.home if centers.loopback and _is_loopback(name.strip("[]")) else None


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _notice(centers: DataCenters, center: str) -> str | None:
    if center == centers.home:
        return None
    host = f"{centers.notice_host or centers.home}.qualtrics.com"
    return f"Request proxied. For faster response times, use this host instead: {host}"


def _has_length(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _delay(world: World, visit: Visit) -> float:
    latency = world.config.latency
    low, high = latency if isinstance(latency, tuple) else (latency, latency)
    proxied = world.config.data_centers.proxied_delay if visit.notice else 0.0
    return world.chance.uniform(low, high) + proxied


def _check_limits(world: World, route: str) -> None:
    limits = world.config.limits
    wait = world.meter.wait(buckets(limits, route), world.clock()) if limits.enabled else 0.0
    if wait > 0:
        raise _too_many(world, wait)


def _next_fault(world: World, route: str) -> Fault | None:
    faults = world.config.faults
    if faults.only and route not in faults.only:
        return None
    if world.script:
        return scripted(world.script.popleft())
    return drawn(faults, world.chance)


def _break(world: World, visit: Visit, fault: Fault) -> Wire | Fault:
    if fault.status is None:
        return fault
    if fault.html:
        return render_page(fault.status)
    if fault.status == 429:  # noqa: PLR2004 - the status is its own name
        return _refuse(world, visit, _too_many(world, world.config.faults.retry_after_seconds))
    return _refuse(world, visit, Refusal(fault.status, phrase(fault.status)))


def _too_many(world: World, wait: float) -> Refusal:
    seconds = max(1, math.ceil(wait))
    texts = {
        "none": {},
        "seconds": {"Retry-After": str(seconds)},
        "date": {"Retry-After": formatdate(world.clock() + seconds, usegmt=True)},
    }
    headers = texts[world.config.errors.retry_after]
    return Refusal(429, "Too many requests.", headers=headers)


def _refuse(world: World, visit: Visit, refusal: Refusal) -> Wire:
    return render_refusal(refusal, world.config.errors, _request_id(world), visit.notice)


def _request_id(world: World) -> str:
    empty = world.config.errors.empty_request_ids
    return "" if empty else str(UUID(int=world.ids.getrandbits(128), version=4))
