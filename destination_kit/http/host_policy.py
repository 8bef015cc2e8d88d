"""Host policy: the hosts that a request may reach, and the credentials that it carries there.

This module keeps a token from a foreign host: `prepare_request` checks each request before it is
sent, whether its URL comes from a destination, a setting or an event.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from destination_kit._redact import Redact, compile_redactor, mask_path, mask_url
from destination_kit.errors import IntegrationError
from destination_kit.http.codec import encode_json
from destination_kit.http_interface import PreparedRequest, RequestOptions
from destination_kit.request_bodies import encode_body, replace_headers
from destination_kit.request_extensions import Extend

if TYPE_CHECKING:
    import httpx

    from destination_kit.exchange_recorder import ExchangeRecorder

# The reference has the same default (`DEFAULT_REQUEST_TIMEOUT` in request-client.ts).
DEFAULT_TIMEOUT: Final = 10.0
# RFC 9110 (section 9.2.1) calls these methods safe. The fourth, TRACE, is for diagnosis only
# (section 9.3.8).
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PLAIN_OPTIONS: Final = frozenset({"json", "params", "headers", "timeout", "check", "safe"})
_FRAMING_HEADERS: Final = frozenset({"content-length", "transfer-encoding"})
#: Characters of the longest URL of a request. RFC 9110, section 4.1, asks servers for 8,000 octets.
MAX_URL_LENGTH: Final = 8_192
# The `*` of a pattern matches any character. Without this test `x%00.partner.com` would pass, and
# resolvers may read such a name differently.
_HOST: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
# httpx keeps most URLs as they are, but its parser takes about 20 µs. URLs of this form skip the
# parser; `tests/laws/test_urls.py` compares both results.
_PLAIN_URL: Final = re.compile(
    r"(?=.{,2000}\Z)https://(?P<host>(?:[a-z0-9-]+\.)+[a-z]+)(?:/\w[\w.~-]*)+", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPolicy:
    """The hosts that a client may reach, and the credentials that it sends there."""

    #: Host patterns such as `*.example.com`. Without any, every host is allowed and no secret
    #: is sent.
    hosts: tuple[str, ...] = ()
    #: Headers of every request: the credentials.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Parameters of the query of every request: credentials too.
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: payload -> headers and parameters of the requests of one payload; None where these hold.
    extend: Extend | None = field(default=None, repr=False)
    #: Secret texts, which are masked in responses and errors.
    secrets: tuple[str, ...] = field(default=(), repr=False)
    #: Host pattern -> loopback URL that receives the bytes instead, as with curl's
    #: `--connect-to`. The requested URL is checked all the same.
    connect_to: Mapping[str, str] = field(default_factory=dict)
    #: Masks secrets in a text; without it, `secrets` alone are masked.
    redact: Redact = field(default=str, repr=False)

    def __post_init__(self) -> None:
        if self.redact is str:
            object.__setattr__(self, "redact", compile_redactor(self.secrets))
        object.__setattr__(self, "hosts", tuple(self.hosts))
        connect_to = {pattern.lower(): target for pattern, target in self.connect_to.items()}
        object.__setattr__(self, "connect_to", connect_to)
        for target in connect_to.values():
            check_loopback(target)

    def for_payload(self, payload: object) -> RequestPolicy:
        """Return the policy for the requests of one payload."""
        if self.extend is None or payload is None:
            return self
        extension = self.extend(payload)
        credentials = tuple(extension.list_credentials())
        mask, inner = compile_redactor(credentials), self.redact
        return replace(
            self,
            headers=extension.headers,
            params=extension.params,
            secrets=(*self.secrets, *credentials),
            redact=lambda text: mask(inner(text)),
        )


def _ignore() -> None:
    """Do nothing."""


@dataclass(slots=True, eq=False)
class OutgoingRequest:
    """A request that has passed every check and is ready to be sent."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    #: The body, None for a request without one.
    content: bytes | None = field(repr=False)
    #: Seconds for the whole request.
    timeout: float
    #: Whether a status outside 2xx raises `HTTPError`.
    check: bool
    #: Whether the request may change something at the partner.
    writes: bool
    #: Masks the secrets of the request, its credentials too, in a text.
    redact: Redact = field(default=str, repr=False)
    #: The transport calls it when the request leaves; before that nothing can have changed.
    on_departure: Callable[[], object] = field(default=_ignore, repr=False)
    #: Makes the same request with the newest credentials; None where none are refreshed.
    renew: Callable[[], OutgoingRequest] | None = field(default=None, repr=False)
    #: The number of the refresh that its credentials come from.
    generation: int = 0
    #: Records the request and its response; None where the caller asked for no exchanges.
    recorder: ExchangeRecorder | None = field(default=None, repr=False)


def check_loopback(url: str) -> None:
    """Raise ValueError unless the URL is plain http to a port of a loopback address."""
    try:
        parts = urlsplit(url)
        is_local = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
        is_bare = parts.scheme == "http" and parts.path in {"", "/"} and not parts.query
        is_valid = is_local and is_bare and parts.port is not None and parts.username is None
    except ValueError:
        is_valid = False
    if not is_valid:
        msg = f"connect_to needs http://ADDRESS:PORT on this machine, not {mask_url(url)}"
        raise ValueError(msg)


def host_matches(host: str, patterns: Sequence[str]) -> bool:
    """Return whether a host matches a pattern.

    `*.example.com` matches every host below `example.com`, and not `example.com` itself.
    """
    return any(fnmatchcase(host, pattern) for pattern in patterns)


def prepare_request(
    policy: RequestPolicy, method: str, url: str, options: RequestOptions
) -> OutgoingRequest:
    """Return the request with its credentials.

    Raises `IntegrationError` where the policy does not allow it: with the code `INVALID_URL`,
    `HOST_NOT_ALLOWED` or `INVALID_HEADER`.
    """
    if "params" in options or policy.params:
        params = options.get("params")
        _check_length(url, *(params or ()), *(params or {}).values())
        parsed = _parse_request_url(url, params)
        target = _check_url(
            policy.hosts, parsed.copy_merge_params(policy.params) if policy.params else parsed
        )
    else:
        target = _allow_url(policy.hosts, url)
    headers, content = policy.headers, None
    if "headers" in options:
        headers = replace_headers(headers, options["headers"])
    # Most requests have no option but these, and pay for no other body.
    if not options.keys() <= _PLAIN_OPTIONS:
        content, added = encode_body(options)
        headers = replace_headers(headers, added)
    if "json" in options:
        content = encode_json(options["json"])  # type: ignore[arg-type]
        json_type = {"content-type": "application/json"}
        headers = (
            replace_headers(json_type, headers) if len(options) > 1 else {**json_type, **headers}
        )
    if "sign" in options:
        prepared = PreparedRequest(method, target, headers, content or b"")
        headers = replace_headers(headers, options["sign"](prepared))
    _check_framing(headers)
    _check_leak(policy, target, headers, content)
    return OutgoingRequest(
        method,
        target,
        headers,
        content,
        timeout=options.get("timeout", DEFAULT_TIMEOUT),
        check=options.get("check", True),
        writes=not options.get("safe", method in _SAFE_METHODS),
        redact=policy.redact,
    )


def _check_length(*parts: str | int) -> None:
    length = sum(len(str(part)) for part in parts)
    if length > MAX_URL_LENGTH:
        message = f"the URL of the request has {length:,} characters, more than {MAX_URL_LENGTH:,}"
        raise IntegrationError(message, "INVALID_URL", 400)


def _parse_request_url(url: str, params: Mapping[str, str | int | bool] | None = None) -> httpx.URL:
    import httpx

    try:
        return httpx.URL(url) if params is None else httpx.URL(url, params=params)
    except (httpx.InvalidURL, TypeError):
        message = "the URL of the request is not a valid URL"
        raise IntegrationError(message, "INVALID_URL", 400) from None


# The length of a URL bounds the bytes of this cache, and of those below for URLs that it allows.
@lru_cache(maxsize=1000)
def _allow_url(hosts: tuple[str, ...], url: str) -> str:
    """Return a URL as it is sent; cached, since most URLs are requested again."""
    _check_length(url)
    plain = _PLAIN_URL.fullmatch(str(url))
    if plain and (not hosts or host_matches(plain["host"], hosts)):
        return plain[0]
    return _check_url(hosts, _parse_request_url(url))


def _check_url(hosts: Sequence[str], url: httpx.URL) -> str:
    # httpx connects to `raw_host`. `host` shows the name before its IDNA encoding, in which a
    # Cyrillic letter can look like a Latin one.
    host = url.raw_host.decode("ascii")
    if url.scheme != "https" or not host or url.userinfo:
        message = f"a request needs an https URL without a user, not {mask_path(str(url))}"
        raise IntegrationError(message, "HOST_NOT_ALLOWED", 400)
    if hosts and not (_HOST.fullmatch(host) and host_matches(host, hosts)):
        message = f"{host} is not one of this destination's hosts ({', '.join(hosts)})"
        raise IntegrationError(message, "HOST_NOT_ALLOWED", 400)
    _check_length(str(url))  # an encoded character is up to twelve times as long
    return str(url)


def _check_framing(headers: Mapping[str, str]) -> None:
    """Raise `IntegrationError` for a header that sets the length of the body.

    A wrong length cuts the body, or smuggles a second request (RFC 9112, section 11.2).
    """
    for name in headers:
        if name.lower() in _FRAMING_HEADERS:
            message = f"a destination cannot set the header {name}: the kit sets it from the body"
            raise IntegrationError(message, "INVALID_HEADER", 400, remedy="code")


def _check_leak(
    policy: RequestPolicy, url: str, headers: Mapping[str, str], content: bytes | None
) -> None:
    """Raise `IntegrationError` for a secret in a request of a destination without `hosts`."""
    if policy.hosts or not policy.secrets:
        return
    texts = (url, *headers.values(), (content or b"").decode("utf-8", "replace"))
    find = compile_redactor(policy.secrets)
    if any(find(text) != text for text in texts):
        message = (
            f"a secret may only go to the destination's hosts, and it has none:"
            f" not to {parse_url(url).host}"
        )
        raise IntegrationError(message, "HOST_NOT_ALLOWED", 400)


def connection_target(policy: RequestPolicy, url: str) -> tuple[str, str]:
    """Return the URL to connect to after `connect_to`, and the Host header of the request."""
    host, netloc = _split_host(url)
    for pattern, target in policy.connect_to.items():
        if fnmatchcase(host, pattern):
            return _replace_origin(url, target), netloc
    return url, netloc


@lru_cache(maxsize=1000)
def parse_url(url: str) -> httpx.URL:
    """Return a parsed URL; cached, since httpx takes 30 µs and most URLs are requested again."""
    import httpx

    return httpx.URL(url)


@lru_cache(maxsize=1000)
def _split_host(url: str) -> tuple[str, str]:
    parsed = parse_url(url)
    return parsed.host, parsed.netloc.decode("ascii")


@lru_cache(maxsize=1000)
def _replace_origin(url: str, target: str) -> str:
    origin = parse_url(target)
    return str(parse_url(url).copy_with(scheme="http", host=origin.host, port=origin.port))
