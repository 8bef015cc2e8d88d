"""Network settings of the environment: the proxy, and the certificate authorities.

They are read when a client is opened. A wrong value stops it there: it would fail every event, and
no event can be blamed for it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from ipaddress import IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import unquote

from destination_kit.errors import EnvironmentVariableError, Problem

if TYPE_CHECKING:
    from ssl import SSLContext

_CERTIFICATE_FILE: Final = "SSL_CERT_FILE"
_CERTIFICATE_DIRECTORY: Final = "SSL_CERT_DIR"
_KEY_LOG: Final = "SSLKEYLOGFILE"
# The kit's requests are https, and plain http goes to loopback only. So HTTP_PROXY has no say.
_PROXIED_SCHEMES: Final = ("https", "all")
_PROXY_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,9}", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?", re.IGNORECASE)
_PORT: Final = re.compile(r"[0-9]{1,5}")
_LAST_PORT: Final = 65_535
# OpenSSL finds a certificate in a directory by the hash of its subject
# (https://docs.openssl.org/3.0/man3/X509_LOOKUP_hash_dir).
_HASH_NAME: Final = re.compile(r"[0-9a-f]{8}\.[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The proxy of the environment."""

    #: The variable that names it, for messages.
    variable: str
    scheme: str
    #: Host and port as the variable has them, without user name and password.
    location: str
    #: User name and password.
    auth: tuple[str, str] | None = field(repr=False)
    #: host -> whether the environment excepts it from the proxy.
    is_bypassed: Callable[[str], object] = field(repr=False)

    def __str__(self) -> str:
        return f"the proxy {self.location} of {self.variable}"


def check_environment() -> None:
    """Raise `EnvironmentVariableError` with every variable that is wrong."""
    if problems := tuple(find_environment_problems()):
        raise EnvironmentVariableError(problems)


def find_environment_problems() -> Iterator[Problem]:
    """Yield what is wrong with the variables; the path of each problem is the variable's name."""
    for read in (read_proxy, load_certificates):
        try:
            read()
        except EnvironmentVariableError as error:
            yield from error.problems


def read_proxy() -> Proxy | None:
    """Return the proxy for https: that of HTTPS_PROXY, else of ALL_PROXY, in either case.

    Raises `EnvironmentVariableError` where its address cannot be used.
    """
    # An import at the top would load `http.client` and others too, which a preview does not need.
    from urllib.request import getproxies, getproxies_environment, proxy_bypass

    proxies = getproxies()
    addresses = ((scheme, proxies.get(scheme)) for scheme in _PROXIED_SCHEMES)
    scheme, address = next(((name, value) for name, value in addresses if value), ("", None))
    exceptions = _parse_exceptions(proxies.get("no", ""))
    if not address or "" in exceptions:
        return None
    # Without proxies in the environment, those of macOS and Windows have exceptions of their own.
    is_bypassed = partial(_is_excepted, exceptions) if getproxies_environment() else proxy_bypass
    return _parse_proxy(_name_variable(f"{scheme}_proxy"), address, is_bypassed)


def _parse_exceptions(text: str) -> Collection[str]:
    """Return the domains of NO_PROXY: `example.com`, `.example.com`, `*.example.com`, "" for `*`."""
    entries = (entry for entry in re.split(r"[\s,]+", text.lower()) if entry)
    return {entry.removeprefix("*").lstrip(".").removesuffix(":443") for entry in entries}


def _is_excepted(domains: Collection[str], host: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _name_variable(name: str) -> str:
    """Return the variable that holds a proxy, in the case that urllib prefers."""
    names = [known for known, value in os.environ.items() if value and known.lower() == name]
    return name if name in names else next(reversed(names), "the system's settings")


def _parse_proxy(variable: str, address: str, is_bypassed: Callable[[str], object]) -> Proxy:
    # No message quotes the address: where it is malformed, any part of it may be the password.
    if not address.isprintable() or " " in address:
        _refuse_address(variable, "has a blank, a line break or another invisible character")
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "http", address  # as curl does
    scheme = scheme.lower()
    _check_scheme(variable, scheme)
    userinfo, at_sign, location = rest.rpartition("@")
    if at_sign and re.search(r"[/?#]", userinfo):
        _refuse_address(
            variable,
            "has / or ? or # in its user name or password: write %2F, %3F or %23 instead",
        )
    location = location.removesuffix("/")
    _check_location(variable, location)
    user, _, password = (unquote(part) for part in userinfo.partition(":"))
    return Proxy(
        variable=variable,
        scheme=scheme,
        location=location,
        auth=(user, password) if userinfo else None,
        is_bypassed=is_bypassed,
    )


def _check_scheme(variable: str, scheme: str) -> None:
    if scheme not in _PROXY_SCHEMES:
        shown = f"{scheme}://" if _SCHEME.fullmatch(scheme) else "another scheme"
        _refuse_address(variable, f"has {shown} instead of {', '.join(_PROXY_SCHEMES)}")
    if scheme.startswith("socks"):
        try:
            import socksio  # type: ignore[import-not-found,unused-ignore] # noqa: F401 - the import shows whether it can be loaded
        except ImportError:
            _refuse(variable, f"{scheme}:// needs a package: run pip install 'httpx[socks]'")


def _check_location(variable: str, location: str) -> None:
    """Raise `EnvironmentVariableError` unless the text is a host, and perhaps a port."""
    if re.search(r"[/?#]", location):
        _refuse_address(variable, "has more after its host and port: remove that")
    if location.startswith("["):
        host, bracket, port = location[1:].partition("]")
        if not bracket or not _is_ipv6(host) or (port and not port.startswith(":")):
            _refuse_address(variable, "has no IPv6 address between its brackets")
        port, has_port = port[1:], bool(port)
    else:
        host, colon, port = location.partition(":")
        if ":" in port:
            _refuse_address(
                variable, "has several colons: an IPv6 address needs brackets, as in [::1]"
            )
        if not host:
            _refuse_address(variable, "names no host")
        if not _is_host_name(host):
            _refuse_address(variable, "has a host that cannot be the name of a machine")
        has_port = bool(colon)
    if has_port and not (_PORT.fullmatch(port) and 1 <= int(port) <= _LAST_PORT):
        _refuse_address(variable, f"has a port that is no number from 1 to {_LAST_PORT:,}")


def _is_ipv6(text: str) -> bool:
    try:
        return not IPv6Address(text).scope_id
    except ValueError:
        return False


def _is_host_name(text: str) -> bool:
    import httpx

    try:
        httpx.URL(f"http://{text}")  # it refuses 300.0.0.1, which the pattern takes for a name
    except httpx.InvalidURL:
        return False
    return _HOST.fullmatch(text) is not None


def load_certificates() -> SSLContext:
    """Return the TLS context with the certificate authorities that every transport trusts.

    They are those of SSL_CERT_FILE or else of SSL_CERT_DIR, else those of certifi. Raises
    `EnvironmentVariableError` where a variable names what cannot be read.
    """
    names = (_CERTIFICATE_FILE, _CERTIFICATE_DIRECTORY, _KEY_LOG)
    return _create_context(*(os.environ.get(name, "") for name in names))


# To read the certificates takes about 35 ms. Without the cache each connection of the httpx pool
# would read them again.
@lru_cache(maxsize=4)
def _create_context(file: str, directory: str, _key_log: str) -> SSLContext:
    import ssl

    import httpx

    if directory:
        _check_directory(directory, is_used=not file)
    try:
        if file:
            return ssl.create_default_context(cafile=file)
        if directory:
            return ssl.create_default_context(capath=directory)
        return httpx.create_ssl_context(trust_env=False)
    except ssl.SSLError:
        _refuse(_CERTIFICATE_FILE, f"{file!r} holds no certificates in PEM form")
    except OSError as error:
        # Python gives the name of the log of TLS keys only, not that of a file of certificates.
        variable, path = (_KEY_LOG, error.filename) if error.filename else (_CERTIFICATE_FILE, file)
        _refuse(variable, _describe_unreadable(path, error))


def _check_directory(directories: str, *, is_used: bool) -> None:
    """Raise `EnvironmentVariableError` unless one directory of a list can be read.

    Where they are used, one has to hold certificates too.
    """
    faults = [
        _find_directory_fault(path, is_used=is_used) for path in directories.split(os.pathsep)
    ]
    if all(faults):
        _refuse(_CERTIFICATE_DIRECTORY, str(faults[0]))


def _find_directory_fault(path: str, *, is_used: bool) -> str | None:
    try:
        entries = [entry for entry in Path(path).iterdir() if _HASH_NAME.fullmatch(entry.name)]
    except OSError as error:
        return _describe_unreadable(path, error)
    if not is_used or any(map(_is_certificate, entries)):
        return None
    return (
        f"{path!r} holds no certificate under a name that OpenSSL looks for,"
        " such as 5ed36f99.0: run openssl rehash"
    )


def _is_certificate(path: Path) -> bool:
    try:
        return b"-----BEGIN " in path.read_bytes()
    except OSError:
        return False


def _describe_unreadable(path: str, error: OSError) -> str:
    return f"{path!r} cannot be read: {error.strerror or type(error).__name__}"


def _refuse_address(variable: str, fault: str) -> NoReturn:
    _refuse(variable, f"the address {fault}; it looks like http://proxy.example:3128")


def _refuse(variable: str, fault: str) -> NoReturn:
    raise EnvironmentVariableError([Problem(variable, "environment", fault)])
