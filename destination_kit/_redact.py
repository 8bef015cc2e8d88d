"""Redaction: secrets are masked where text is made for a log, an error, a preview or a result."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from os.path import commonprefix
from typing import Any, Final, TypeAlias
from urllib.parse import urljoin

from destination_kit._json import MISSING, Json
from destination_kit._python_values import is_decimal
from destination_kit._secrets import (
    MASK,
    MIN_PART,
    URL,
    Secret,
    list_query_values,
    list_texts,
    list_user_parts,
)
from destination_kit._spellings import (
    Origins,
    base64_spellings,
    decode,
    fold,
    iter_decoded,
    may_be_escaped,
)

Redact: TypeAlias = Callable[[str], str]
"""text -> the text with every secret masked."""

_are_texts: Final = frozenset({str}).issuperset
# One or two characters occur in most texts by chance. To mask "1" or "no" would make a log
# unreadable.
_MIN_LENGTH: Final = 3
# A text can be cut inside a secret. Ten characters of one are rarely a word, and fewer characters
# of a long secret help no one to guess the rest. Of a short one two thirds are too many to show.
_MIN_CUT: Final = 10
_MIN_CUTTABLE: Final = 8
# The comparison of each two stems pays off where there are few.
_MAX_COMPARED: Final = 100
# A hundred cached redactors hold the texts of events for a while, so that long ones are not cached.
_MAX_CACHED: Final = 4_000
_MAX_LEARNED: Final = 100
# `services` or `webhooks` in the path of a secret URL stand in many messages.
_WORD: Final = re.compile(r"[A-Z]?[a-z]{1,12}")
_MIN_SEGMENT: Final = 8
_MAX_SEGMENTS: Final = 50


@dataclass(frozen=True, slots=True)
class _Needle:
    """A folded text to search for, and its first part, which a cut may leave."""

    text: Secret
    stem: Secret

    def find(self, haystack: str) -> Iterator[tuple[int, int]]:
        """Yield where the needle, or its beginning, stands in a folded text."""
        start = haystack.find(self.stem)
        while start >= 0:
            end = start + len(self.stem)
            rest = self.text[len(self.stem) :]
            end += len(commonprefix((rest, haystack[end : end + len(rest)])))  # noqa: RUF071 - texts, no paths
            yield start, end
            start = haystack.find(self.stem, end)


def _needle(folded: str, stem: int) -> _Needle:
    # Tools that report errors show the variables of each frame by their repr.
    return _Needle(Secret(folded), Secret(folded[:stem]))


def mask_secrets(text: str, secrets: Iterable[str], *, mask: str = MASK) -> str:
    """Return a text in which these secrets are masked, however they are spelt there.

    A secret that is a URL is masked with every part of it behind the host. A caller needs this for
    what it cuts or stores itself; the kit masks what `perform` returns and raises.
    """
    redact = compile_redactor(secrets)
    return redact(text).replace(MASK, mask)


def compile_redactor(secrets: Iterable[str]) -> Redact:
    """Return a function that masks these secrets in a text, however they are spelt there.

    It knows the spellings of `destination_kit._spellings`, the parts of a secret URL, and a secret
    that is cut after ten characters or more.
    """
    texts = tuple(str.__str__(secret) for secret in secrets if len(secret) >= _MIN_LENGTH)
    return (_compile_cached if sum(map(len, texts)) <= _MAX_CACHED else _compile)(texts)


def create_redactor(secrets: Iterable[str], *, grows: bool) -> Redact:
    """Return what masks these secrets; with `grows` a `GrowingRedactor`."""
    return GrowingRedactor(secrets) if grows else compile_redactor(secrets)


class GrowingRedactor:
    """A `Redact` that learns further secrets, such as refreshed tokens, the newest hundred."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._configured = tuple(secrets)
        self._learned: tuple[str, ...] = ()
        self._redact = compile_redactor(self._configured)

    def __call__(self, text: str) -> str:
        return self._redact(text)

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these secrets, too."""
        # A service that runs for years refreshes its token every hour, and each search costs time.
        self._learned = tuple(dict.fromkeys((*self._learned, *secrets)))[-_MAX_LEARNED:]
        self._redact = compile_redactor((*self._configured, *self._learned))


def _compile(secrets: tuple[str, ...]) -> Redact:
    needles = {needle for secret in secrets for needle in _list_needles(secret)}
    if not needles:
        return lambda text: text
    stems = _shortest({needle.stem for needle in needles})

    def redact(text: str) -> str:
        # Most texts hold neither a secret nor an escape. For 220 characters and two secrets, `in`
        # finds that out in 1 µs.
        folded = text.lower().replace("+", " ") if text.isascii() else fold(text)
        for stem in stems:
            if stem in folded:
                return _mask(text, needles)
        if "%" in text or "\\" in text or "&" in text or "~" in text:
            return _mask_escaped(text, stems, needles)
        return text

    return redact


# A secret URL takes 0.4 ms, and most payloads of a subscription have the same.
_compile_cached = lru_cache(maxsize=100)(_compile)


def _shortest(stems: Collection[str]) -> Collection[str]:
    """Return the stems that hold no other one: where no such stem is, no other can be."""
    if len(stems) > _MAX_COMPARED:
        return stems
    kept: list[str] = []
    for stem in sorted(stems, key=len):
        if not any(shorter in stem for shorter in kept):
            kept.append(stem)
    return tuple(kept)


def _list_needles(secret: str) -> Iterator[_Needle]:
    for text in _variants(secret):
        found = URL.match(text) if "/" in text else None
        if found is None or not found["authority"]:
            yield from _token_needles(text)
        else:
            yield from _url_needles(text, found)


def _variants(secret: str) -> set[str]:
    """Return a secret as it is, without blanks around it, as a number, and in both Unicode forms."""
    text = secret.strip()
    variants = {secret, text, text.lstrip("0") if text.isdecimal() else text}
    if not text.isascii():
        from unicodedata import normalize

        variants |= {normalize("NFC", text), normalize("NFD", text)}
    return {variant for variant in variants if len(variant) >= _MIN_LENGTH}


def _shortest_cut(text: str) -> int:
    """Return how many characters of a secret a text may show at most, and one more."""
    length = len(text)
    return min(_MIN_CUT, -(-2 * length // 3)) if length >= _MIN_CUTTABLE else length


def _token_needles(text: str, least: int = _MIN_LENGTH) -> Iterator[_Needle]:
    """Yield a token in its spellings, each of which may be cut."""
    for spelling in {text, decode(text)}:
        folded = fold(spelling)
        # The cut of `Bearer …` or `Basic …` must leave more than the name of the scheme.
        blank = spelling[:_MIN_CUT].find(" ") + 1
        if len(folded) >= least:
            yield _needle(folded, blank + _shortest_cut(folded[blank:]))
        for encoded in base64_spellings(spelling):
            folded = fold(encoded)
            yield _needle(folded, _MIN_CUT)


def _url_needles(url: str, found: re.Match[str]) -> Iterator[_Needle]:
    """Yield a secret URL, what follows its host, and each value in it."""
    path, query, fragment = found["path"], found["query"] or "", found["fragment"] or ""
    rest = url[found.start("path") :]
    resolved = urljoin("https://host/", f"/{rest}").removeprefix("https://host/")
    for text in (rest, path, resolved, re.split(r"[?#]", resolved)[0]):
        # A word such as `hook` stands in many messages, and `/hook` does not.
        yield from _whole_needles(f"/{text}" if _WORD.fullmatch(text) else text)
    yield from _whole_needles(url)
    yield from _whole_needles(query)
    parts = (
        *_list_segments(path),
        *list_query_values(query),
        *list_query_values(fragment),
        *list_user_parts(found["authority"]),
    )
    for text in parts:
        if len(text) >= MIN_PART:
            yield from _token_needles(text, MIN_PART)
    if len(rest) < MIN_PART:
        for host in _host_spellings(found["authority"].rpartition("@")[2]):
            yield from _whole_needles(f"//{host}")


def _list_segments(path: str) -> Iterator[str]:
    """Yield the segments of a path that may be tokens."""
    for segment in re.split(r"[/\\;,]", path, maxsplit=_MAX_SEGMENTS):
        if len(segment) >= _MIN_SEGMENT and not _WORD.fullmatch(segment):
            yield segment


def _whole_needles(text: str) -> Iterator[_Needle]:
    for spelling in {text, decode(text)}:
        folded = fold(spelling).rstrip("/")
        if len(folded) >= MIN_PART:
            yield _needle(folded, len(folded))


def _host_spellings(authority: str) -> set[str]:
    """Return a host in Unicode and in the ASCII form of IDNA; without other letters they agree."""
    host = decode(authority).partition(":")[0].rstrip(".")
    spellings = {host}
    for label_codec in (_to_ascii, _to_unicode):
        with suppress(UnicodeError):  # a label may be empty or too long
            spellings.add(label_codec(host))
    return spellings


def _to_ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _to_unicode(host: str) -> str:
    return host.encode("ascii").decode("idna") if "xn--" in host.lower() else host


def _mask_escaped(text: str, stems: Collection[str], needles: Collection[_Needle]) -> str:
    """Return a text that may hold a secret in escapes, with each of them masked."""
    if may_be_escaped(text):
        for decoded in iter_decoded(text):
            folded = fold(decoded)
            if any(stem in folded for stem in stems):
                return _mask(text, needles)
    return text


def _mask(text: str, needles: Collection[_Needle]) -> str:
    """Return the text with each needle masked; what is masked already stays as it is."""
    return MASK.join(_mask_part(part, needles) for part in text.split(MASK))


def _mask_part(text: str, needles: Collection[_Needle]) -> str:
    """Return the text with each needle masked, as it is and under its escapes."""
    origins = Origins(text)
    spans: list[tuple[int, int]] = []
    for _ in iter_decoded(text):
        folded = fold(origins.text)
        spans += (
            origins.span(start, end) for needle in needles for start, end in needle.find(folded)
        )
        origins.decode()
    parts, position = list[str](), 0
    for start, end in _merge(spans):
        parts += (text[position:start], MASK)
        position = end
    return "".join((*parts, text[position:]))


def _merge(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in their order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def mask_json(value: Any, redact: Redact) -> Json:
    """Return a value as JSON in which no text, name or number shows a secret.

    A value that is not JSON becomes the name of its type, a number that is not finite null.
    """
    if isinstance(value, str):
        return redact(value)
    if type(value) is dict or isinstance(value, Mapping):
        if type(value) is dict and _are_texts(map(type, chain(value, value.values()))):
            # Most responses hold no secret, and one search is faster than one per text.
            text = "\n".join(chain(value, value.values()))
            if redact(text) == text:
                return value.copy()
        members = {
            redact(str(name)): redact(member) if type(member) is str else mask_json(member, redact)
            for name, member in value.items()
        }
        return members if len(members) == len(value) else _number_names(value, redact)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) or is_decimal(value):
        return _mask_number(value, redact)
    if isinstance(value, list | tuple):
        return [mask_json(member, redact) for member in value]
    return None if value is MISSING else f"<{type(value).__name__}>"


def _mask_number(number: Any, redact: Redact) -> Json:
    try:
        texts = list(list_texts(number)) if math.isfinite(number) else None
    except (OverflowError, ValueError):
        return "<a number of more than 300 digits>"  # Python makes no text of more than 4,300
    if texts is None:
        return None
    return MASK if any(redact(shown) != shown for shown in texts) else number


def _number_names(value: Mapping[Any, Any], redact: Redact) -> dict[str, Json]:
    """Return an object, two of whose names mask to the same text, without losing a member."""
    members: dict[str, Json] = {}
    for name, member in value.items():
        shown = masked = redact(str(name))
        number = 1
        while shown in members:
            number += 1
            shown = f"{masked} {number}"
        members[shown] = mask_json(member, redact)
    return members


def mask_url(url: str) -> str:
    """Return a URL without its user part, query and fragment: each can hold a secret or a name."""
    base, question_mark, _ = url.partition("#")[0].partition("?")
    scheme, separator, rest = base.partition("://")
    if not separator:
        scheme, rest = "", base
    authority, slash, path = rest.partition("/")
    if ":" in authority and "@" in path and not authority.rpartition(":")[2].isdecimal():
        # A slash in a password should be percent-encoded. Otherwise the rest of it is the path.
        authority, slash, path = rest.rpartition("@")[2].partition("/")
    host = authority.rpartition("@")[2]
    return f"{scheme}{separator}{host}{slash}{path}{question_mark and '?…'}"


def mask_path(url: str) -> str:
    """Return a URL with its scheme and host alone: its path can be a secret, too."""
    scheme, separator, rest = mask_url(url).partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host}{slash}{path and '…'}"
