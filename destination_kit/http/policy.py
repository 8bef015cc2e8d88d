"""Where a request may go, with which credentials, and by which way: checked before it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from destination_kit._redact import Redact, redactor, shown_url
from destination_kit.errors import IntegrationError
from destination_kit.http.codec import encode
from destination_kit.http_interface import RequestOptions

if TYPE_CHECKING:
    import httpx

TIMEOUT = 10.0  # seconds, the reference's default
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_PLAIN = re.compile(
    r"(?=.{,2000}\Z)https://(?P<host>(?:[a-z0-9-]+\.)+[a-z]+)(?:/\w[\w.~-]*)+", re.ASCII
)
"""URLs that httpx reads and writes as they stand; nearly all are, and need not be parsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where a client may go, what it carries there, and how it gets there.

    `hosts` are patterns (`*.example.com`); without any, every host is allowed but no secret leaves.
    `connect_to` leads from a host pattern to a loopback URL that gets the bytes instead, as curl's
    `--connect-to` does: the URL that is asked for is checked all the same.
    """

    hosts: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    connect_to: Mapping[str, str] = field(default_factory=dict)
    redact: Redact = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "redact", redactor(self.secrets))
        object.__setattr__(self, "hosts", tuple(self.hosts))
        connect_to = {pattern.lower(): target for pattern, target in self.connect_to.items()}
        object.__setattr__(self, "connect_to", connect_to)
        for target in connect_to.values():
            check_loopback(target)


@dataclass(slots=True, eq=False)
class Outgoing:
    """A request that has passed every check and is ready to be sent. `writes` may change things."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)
    timeout: float
    check: bool
    writes: bool


def check_loopback(url: str) -> None:
    """Raise ValueError unless the URL is plain http to a port of a loopback address."""
    try:
        parts = urlsplit(url)
        known = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
        plain = parts.scheme == "http" and parts.path in {"", "/"} and not parts.query
        good = known and plain and parts.port is not None and parts.username is None
    except ValueError:
        good = False
    if not good:
        msg = f"connect_to needs http://ADDRESS:PORT on this machine, not {shown_url(url)}"
        raise ValueError(msg)


def host_matches(host: str, patterns: Sequence[str]) -> bool:
    """Return whether a host is one of these; `*.example.com` takes every host below, not itself."""
    return any(fnmatchcase(host, pattern) for pattern in patterns)


def prepare(access: Access, method: str, url: str, options: RequestOptions) -> Outgoing:
    """Return the request with its credentials, or raise `IntegrationError` where it may not go."""
    if "params" in options:
        target = _checked(access.hosts, _read(url, options["params"]))
    else:
        target = _allowed(access.hosts, url)
    headers = {**access.headers, **options.get("headers", {})}
    content = None
    if "json" in options:
        content = encode(options["json"])
        headers = {"content-type": "application/json", **headers}
    _check_framing(headers)
    _check_leak(access, target, headers, content)
    return Outgoing(
        method,
        target,
        headers,
        content,
        timeout=options.get("timeout", TIMEOUT),
        check=options.get("check", True),
        writes=not options.get("safe", method in _SAFE),
    )


def _read(url: str, params: Mapping[str, str | int | bool] | None = None) -> httpx.URL:
    import httpx

    try:
        return parsed(url) if params is None else httpx.URL(url, params=params)
    except (httpx.InvalidURL, TypeError):
        message = "the URL of the request cannot be read"
        raise IntegrationError(message, "INVALID_URL", 400) from None


@lru_cache(maxsize=1000)
def _allowed(hosts: tuple[str, ...], url: str) -> str:
    """Return a URL as it will be sent, where it leads to one of the hosts; most are asked again."""
    plain = _PLAIN.fullmatch(str(url))
    if plain and (not hosts or host_matches(plain["host"], hosts)):
        return plain[0]
    return _checked(hosts, _read(url))


def _checked(hosts: Sequence[str], url: httpx.URL) -> str:
    host = url.raw_host.decode("ascii")
    if url.scheme != "https" or not host or url.userinfo:
        message = f"only https URLs without a user are requested, not {shown_url(str(url))}"
        raise IntegrationError(message, "HOST_NOT_ALLOWED", 400)
    if hosts and not (_HOST.fullmatch(host) and host_matches(host, hosts)):
        message = f"{host} is not one of this destination's hosts ({', '.join(hosts)})"
        raise IntegrationError(message, "HOST_NOT_ALLOWED", 400)
    return str(url)


def _check_framing(headers: Mapping[str, str]) -> None:
    """Refuse what would cut or stretch the body: how long it is, we say ourselves."""
    for name in headers:
        if name.lower() in _FRAMING:
            message = f"the header {name} is not for a destination to give"
            raise IntegrationError(message, "INVALID_HEADER", 400)


def _check_leak(
    access: Access, url: str, headers: Mapping[str, str], content: bytes | None
) -> None:
    """Refuse to take a secret anywhere for a destination that names no hosts."""
    if access.hosts or not access.secrets:
        return
    texts = (url, *headers.values(), (content or b"").decode())
    if any(access.redact(text) != text for text in texts):
        message = (
            f"a secret may only go to hosts that the destination names, not to {parsed(url).host}"
        )
        raise IntegrationError(message, "HOST_NOT_ALLOWED", 400)


def route(access: Access, url: str) -> tuple[str, str]:
    """Return the URL that gets the bytes and the Host header that goes with them."""
    host, netloc = _address(url)
    for pattern, target in access.connect_to.items():
        if fnmatchcase(host, pattern):
            return _led_to(target, url), netloc
    return url, netloc


@lru_cache(maxsize=1000)
def parsed(url: str) -> httpx.URL:
    """Return a URL, which takes httpx 30 µs; most are asked for again and again."""
    import httpx

    return httpx.URL(url)


@lru_cache(maxsize=1000)
def _address(url: str) -> tuple[str, str]:
    asked = parsed(url)
    return asked.host, asked.netloc.decode("ascii")


@lru_cache(maxsize=1000)
def _led_to(target: str, url: str) -> str:
    there = parsed(target)
    return str(parsed(url).copy_with(scheme="http", host=there.host, port=there.port))
