"""Texts to try a field with: ordinary ones, awkward ones, and ones of a format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit._json import JsonObject

_WORDS = (
    "Ann",
    "u-1",
    "O'Neil & Søns <b>",
    "日本語 🎉",
    'say "hi"\n',
    "a/b?c=d#e%20f",
    "..",
    "{{ not.a.template }}",
    "  around  ",
    "0",
    "true",
    "x" * 300,
)
_FORMATS: Mapping[str, Sequence[str]] = {
    "email": ("ann@example.com", "o'neil+tag@mail.example.org"),
    "date": ("2026-02-28", "2024-02-29"),
    "time": ("12:30:00Z", "23:59:59+01:00"),
    "date-time": ("2026-02-28T12:30:00Z", "2024-02-29T23:59:59.999+05:30"),
    "date-like": ("2026-02-28T12:30:00Z", "2024-02-29", "1767225600"),
    "duration": ("P1DT2H", "P3W"),
    "uuid": ("6f1c2e9a-0d3b-4c58-9a77-2b1e5d8f4c10",),
    "hostname": ("www.example.com", "xn--bcher-kva.example"),
    "ipv4": ("192.0.2.10",),
    "ipv6": ("2001:db8::1",),
    "byte": ("aGVsbG8=", ""),
    "regex": ("^a+$",),
    "json-pointer": ("/a/0", ""),
    "json-pointer-uri-fragment": ("#/a/0",),
    "relative-json-pointer": ("0", "1/a"),
    "uri-template": ("https://example.com/{id}",),
    "uri-reference": ("/path?x=1", "#top"),
}
_ADDRESSES = ("uri", "url", "uri-reference")
_OTHER_HOST = "www.example.net"  # reserved, and nobody's destination


def texts(schema: JsonObject, hosts: Sequence[str], chance: Random) -> Iterator[str]:
    """Yield texts of which the schema may take some."""
    examples = schema.get("examples")
    for each in examples if isinstance(examples, list | tuple) else ():
        if isinstance(each, str):
            yield each
    named = str(schema.get("format"))
    if named in _ADDRESSES:
        yield from _addresses(hosts, "page=1")
    yield from _FORMATS.get(named, ())
    yield from (*_WORDS, f"{chance.getrandbits(32):08x}")
    for word in ("minLength", "maxLength"):
        length = schema.get(word)
        if isinstance(length, int):
            yield from (each * length for each in "xA0")


def secrets(schema: JsonObject, hosts: Sequence[str], chance: Random) -> Iterator[str]:
    """Yield texts that nobody could guess, in the spellings that secrets have."""
    bits = chance.getrandbits(128)
    token = f"{bits:032x}"
    if schema.get("format") in _ADDRESSES:
        yield from _addresses(hosts, f"token={token}")
        return
    yield from (token, token.upper(), f"{bits:039d}", f"{bits:039d}"[-16:])
    yield "-".join((token[:8], token[8:12], f"4{token[13:16]}", f"8{token[17:20]}", token[20:]))
    yield f"{token}@example.com"
    for word in ("minLength", "maxLength"):
        length = schema.get(word)
        if isinstance(length, int):
            yield (token * (length // len(token) + 1))[:length]


def _addresses(hosts: Sequence[str], query: str) -> Iterator[str]:
    """Yield URLs at the destination's own hosts, and at one that is not."""
    for host in (*(each.replace("*", "made-up") for each in hosts), _OTHER_HOST):
        yield f"https://{host}/path?{query}"
