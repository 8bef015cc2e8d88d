"""Keeping secrets out of text, where the text is made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import TypeAlias
from urllib.parse import quote, quote_plus

Redact: TypeAlias = Callable[[str], str]

MASK = "[secret]"
_SHORTEST = 3  # what is shorter is no secret, and its mask would riddle every text


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
    return lambda text: pattern.sub(MASK, text)


def shown_url(url: str) -> str:
    """Return a URL as it may be shown: its query can hold a secret, and its user part is one."""
    bare, mark, _ = url.partition("?")
    scheme, slashes, rest = bare.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}{mark and '?…'}"
