"""Keeping secrets out of text, where the text is made."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import quote, quote_plus

from destination_kit._json import MISSING, Json

Redact: TypeAlias = Callable[[str], str]

MASK = "[secret]"
_SHORTEST = 3  # what is shorter is no secret, and its mask would riddle every text


class Secret(str):
    """A secret setting: a text like any other, but for its repr, which logs and tracebacks show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


def hide(settings: Mapping[str, Json], names: Collection[str]) -> tuple[dict[str, Json], list[str]]:
    """Return settings in which the texts of these names, however deep, are secrets; and those."""
    found: list[str] = []

    def hidden(value: Json, name: str = "") -> Json:
        if isinstance(value, str) and name in names:
            found.append(secret := Secret(value))
            return secret
        if isinstance(value, Mapping):
            return {key: hidden(each, key) for key, each in value.items()}
        return [hidden(each, name) for each in value] if isinstance(value, list) else value

    return {name: hidden(value, name) for name, value in settings.items()}, found


def redactor(secrets: Iterable[str]) -> Redact:
    """Return a function that masks these secrets in a text, however JSON or a URL spells them."""
    spellings = {
        spelling
        for secret in secrets
        if len(secret) >= _SHORTEST
        for spelling in (
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
        )
    }
    if not spellings:
        return lambda text: text
    longest_first = sorted(spellings, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redact(text: str) -> str:
        for spelling in longest_first:  # quicker than the pattern, and hardly ever found
            if spelling in text:
                return pattern.sub(MASK, text)
        return text

    return redact


def masked(value: object, redact: Redact) -> Json:
    """Return a value as JSON in which no text, key or number shows a secret.

    What is not JSON is told by its type; numbers that are not finite are null.
    """
    if isinstance(value, str):
        return redact(value)
    if type(value) is dict or isinstance(value, Mapping):
        return {
            redact(str(key)): redact(each) if type(each) is str else masked(each, redact)
            for key, each in value.items()
        }
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        shown = str(value)
        return (value if math.isfinite(value) else None) if redact(shown) == shown else MASK
    if isinstance(value, list | tuple):
        return [masked(each, redact) for each in value]
    return None if value is MISSING else f"<{type(value).__name__}>"


def shown_url(url: str) -> str:
    """Return a URL as it may be shown: its query can hold a secret, and its user part is one."""
    bare, mark, _ = url.partition("?")
    scheme, slashes, rest = bare.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}{mark and '?…'}"
