"""Secrets of settings and payloads: the types that hide them, and where they are found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, SupportsIndex, TypeAlias

from destination_kit._json import Json
from destination_kit._python_values import is_decimal

MASK: Final = "[secret]"
# A part of a URL, such as the `1` of `v=1`, protects nothing below four characters: three letters
# or digits make only 238,328 texts.
MIN_PART: Final = 4
_LONG_NAME: Final = 16
# An event can bring a URL of 100,000 values, each of which costs time. The last part is the rest.
_MAX_VALUES: Final = 100
_MAX_WHOLE: Final = 10**30
URL: Final = re.compile(
    r"\s*[A-Za-z][A-Za-z0-9+.-]*:(?:/|\\)*(?P<authority>[^/?#\\]*)[/\\]*(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    re.DOTALL,
)

_WEB_URL: Final = re.compile(r"\s*https?://[^/?#]+/(?P<path>[^?#]*)", re.IGNORECASE)
# `v1`, `webhooks` and `api-2024` stand in many public URLs; `T024BE7LD` or 20 characters do not.
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{9,}")
_LONG_WORD: Final = 20
_DIGITS: Final = frozenset("0123456789")

_Reader: TypeAlias = Callable[[Any], Iterable[str]]
"""A scalar -> the secret texts in it."""


class Secret(str):
    """A secret setting: a text whose repr, which logs and tracebacks show, is masked."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)

    def __getitem__(self, index: SupportsIndex | slice, /) -> str:
        # Tools that print variables cut long texts first, and then take the repr of the part.
        return Secret(super().__getitem__(index))


class SecretInt(int):
    """A secret whole number: `str` and formats show it, as a header needs, and its repr does not."""

    __slots__ = ()
    __str__ = int.__repr__

    def __repr__(self) -> str:
        return repr(MASK)


class SecretFloat(float):
    """A secret number: `str` and formats show it, as a header needs, and its repr does not."""

    __slots__ = ()
    __str__ = float.__repr__

    def __repr__(self) -> str:
        return repr(MASK)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretNames:
    """Names of properties that hold secrets, found at every level of a value."""

    #: Properties that are secret as a whole.
    secrets: frozenset[str] = frozenset()
    #: Properties with a URL, whose query and user are secret.
    urls: frozenset[str] = frozenset()


def mark_secrets(settings: Mapping[str, Json], names: SecretNames) -> dict[str, Json]:
    """Return the settings with every secret as a `Secret`.

    Names are found at every level of the settings. All that an object or list of such a name holds
    is secret.
    """

    def mark(value: Json, name: str, *, inside: bool) -> Json:
        is_secret = inside or name in names.secrets
        if isinstance(value, Mapping):
            return {key: mark(member, key, inside=is_secret) for key, member in value.items()}
        if isinstance(value, list):
            return [mark(member, name, inside=is_secret) for member in value]
        if is_secret or (name in names.urls and find_url_secrets(value)):
            return _mark(value)
        return value

    return {name: mark(value, name, inside=False) for name, value in settings.items()}


def _mark(value: Json) -> Json:
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return SecretInt(value) if isinstance(value, int) else SecretFloat(value)


def find_secret_texts(value: Any, names: SecretNames, outer: _Reader | None = None) -> list[str]:
    """Return the texts in a value that no log may show, each number in each of its forms.

    `outer` reads the members that no name chooses a reader for; without one they are no secrets.
    """
    found: list[str] = []
    waiting: list[tuple[Any, _Reader | None]] = [(value, outer)]
    while waiting:
        value, read = waiting.pop()
        if isinstance(value, Mapping):
            for name, member in value.items():
                waiting.append((member, _choose_reader(name, names, read)))
        elif isinstance(value, list | tuple):
            waiting += ((member, read) for member in value)
        elif read is not None:
            found += read(value)
    return [Secret(text) for text in dict.fromkeys(found)]


def _choose_reader(name: str, names: SecretNames, outer: _Reader | None) -> _Reader | None:
    if outer is list_texts or name in names.secrets:
        return list_texts
    return find_url_secrets if name in names.urls else outer


def list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str.__str__(value)
    elif (isinstance(value, int | float) or is_decimal(value)) and not isinstance(value, bool):
        yield str(value)
        # A partner may write 5e20 or 12345678.0 as a whole number.
        if not isinstance(value, int) and abs(value) < _MAX_WHOLE and value == int(value):
            yield str(int(value))


def find_url_secrets(url: object) -> list[str]:
    """Return the secrets of a URL that is public itself: its query with each value, and its user."""
    if not isinstance(url, str):
        return []
    found = URL.match(url)
    authority = found["authority"] if found else ""
    fragment = (found["fragment"] if found else "") or ""
    query = url.partition("?")[2].partition("#")[0]
    parts = (*list_query_values(query), *list_query_values(fragment), *list_user_parts(authority))
    return [text for text in (query, *parts) if len(text) >= MIN_PART]


def find_secret_urls(value: Any) -> list[str]:
    """Return the URLs in a value whose path may be a secret, such as that of an incoming webhook."""
    texts = find_secret_texts([value], SecretNames(), list_texts)
    return [text for text in texts if _has_secret_path(text)]


def _has_secret_path(text: str) -> bool:
    found = _WEB_URL.match(text)
    words = _WORD.findall(found["path"]) if found else ()
    return any(len(word) >= _LONG_WORD or not _DIGITS.isdisjoint(word) for word in words)


def list_query_values(query: str) -> Iterator[str]:
    """Yield each value of a query, and each part and name that may be a token itself."""
    for part in re.split("[&;]", query, maxsplit=_MAX_VALUES):
        name, equals, value = part.partition("=")
        yield value if equals else part
        if equals and (not value or len(name) >= _LONG_NAME):
            yield name


def list_user_parts(authority: str) -> Iterator[str]:
    user, at, _ = authority.rpartition("@")
    if at:
        yield user
        yield from user.split(":", 1)
