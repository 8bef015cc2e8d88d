"""Spellings of a text: percent-encoded, escaped as JSON or HTML, in base64, in another case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# An encoder can run over a text that is encoded already. No known chain of gateways does it more
# often, and every round reads the whole text.
_MAX_ROUNDS: Final = 6
_MIN_BASE64: Final = 8
#: First base64 character that only the text decides, by the number of bytes before it, modulo 3.
_FIRST_FIXED: Final = (0, 2, 3)
_FOR_URLS: Final = str.maketrans("+/", "-_")
_MARKS: Final = ("%", "\\", "&", "~0", "~1")

# Every branch ends in possessive repeats, and no match begins inside a run of backslashes. So the
# search takes one pass, whatever the text.
_ESCAPE: Final = re.compile(
    r"""[%\\&~](?:
      (?<=%)(?: (?P<again>(?:25)++(?=[0-9a-f]{2})) | [0-9a-f]{2}(?:%[0-9a-f]{2})*+
              | u[0-9a-f]{4}(?:%u[0-9a-f]{4})*+ )
    | (?<=\\)(?<!\\\\)(?: \\*+(?: u[0-9a-f]{4}(?:\\++u[0-9a-f]{4})*+ | u\{[0-9a-f]{1,6}\}
                               | x[0-9a-f]{2}(?:\\++x[0-9a-f]{2})*+(?!%) | (?P<plain>["'/`nrt]) )
                        | (?P<slashes>\\++) )
    | (?<=&)(?: (?:amp;)*+(?P<entity>(?:\#(?:\d{1,7}+|x[0-9a-f]{1,6}+)(?:;|(?![%\\&;]))|[a-z][a-z0-9]{1,31};)
                 (?:&(?:\#\d{1,7};|\#x[0-9a-f]{1,6};|[a-z][a-z0-9]{1,31};))*+)
              | (?P<amps>(?:amp;)++) )
    | (?<=~)(?P<pointer>[01])
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_SINGLE: Final = {"n": "\n", "r": "\r", "t": "\t"}


def fold(text: str) -> str:
    """Return the text in lower case, of the same length; a `+` is a blank, as in forms."""
    folded = text.lower()
    if len(folded) != len(text):  # one letter, U+0130, has two in lower case
        folded = "".join(character.lower()[:1] for character in text)
    return folded.replace("+", " ")


def may_be_escaped(text: str) -> bool:
    """Return whether a text has a character that begins an escape."""
    return any(mark in text for mark in _MARKS)


def decode(text: str) -> str:
    """Return a text without its escapes: percent, JSON, HTML and JSON Pointer, also nested."""
    *_, last = iter_decoded(text)
    return last


def iter_decoded(text: str) -> Iterator[str]:
    """Yield the text, and what each further round of decoding makes of it."""
    yield text
    for _ in range(_MAX_ROUNDS):
        decoded = _ESCAPE.sub(_decode_escape, text)
        if decoded == text:
            return
        yield (text := decoded)


class Origins:
    """Where each character of a decoded text comes from in the text as it was."""

    def __init__(self, text: str) -> None:
        #: The text, decoded as often as `decode` was called.
        self.text = text
        self._starts = list(range(len(text)))
        self._ends = list(range(1, len(text) + 1))

    def decode(self) -> None:
        """Decode the text once more."""
        parts, starts, ends, position = list[str](), list[int](), list[int](), 0
        for match in _ESCAPE.finditer(self.text):
            begin, end = match.span()
            decoded = _decode_escape(match)
            parts += (self.text[position:begin], decoded)
            starts += self._starts[position:begin] + [self._starts[begin]] * len(decoded)
            ends += self._ends[position:begin] + [self._ends[end - 1]] * len(decoded)
            position = end
        self.text = "".join((*parts, self.text[position:]))
        self._starts = starts + self._starts[position:]
        self._ends = ends + self._ends[position:]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the original text that a part of the decoded text comes from."""
        return self._starts[start], self._ends[end - 1]


def _decode_escape(match: re.Match[str]) -> str:
    text = match[0]
    if match["pointer"]:
        return "/" if match["pointer"] == "1" else "~"
    if match["plain"]:
        return _SINGLE.get(match["plain"].lower(), match["plain"])
    if match["entity"]:
        from html import unescape

        return unescape(f"&{match['entity']}")
    if match["again"] or match["slashes"] or match["amps"]:
        return text[0]
    digits = _HEX.findall(text)
    if "{" in text:
        return chr(min(int(digits[0], 16), 0x10FFFF))
    if "u" in text or "U" in text:
        units = bytes.fromhex("".join(digits))
        return units.decode("utf-16-be", "replace")
    return _decode_bytes(bytes.fromhex("".join(digits)))


def _decode_bytes(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def base64_spellings(text: str) -> set[str]:
    """Return what base64 makes of a text inside any other text, such as `user:` before it.

    Base64 turns three bytes into four characters. So the bytes before a text give it one of three
    spellings, and its first and last character may depend on its neighbours.
    """
    from base64 import b64encode

    content = text.encode("utf-8", "replace")
    spellings = set[str]()
    for before, first in enumerate(_FIRST_FIXED):
        encoded = b64encode(bytes(before) + content).decode()
        spelling = encoded[first : (before + len(content)) * 8 // 6]
        if len(spelling) >= _MIN_BASE64:
            # At the end of what is encoded, the last character depends on the text alone.
            spellings |= {spelling, encoded[first:].rstrip("=")}
    return spellings | {spelling.translate(_FOR_URLS) for spelling in spellings}
