"""Nesting: finds the last bracket of a JSON value that no parser accepts."""

from __future__ import annotations

import re
from typing import Final

# A raw line break ends a text that was not closed (RFC 8259, section 7), so that one missing quote
# does not turn the rest of the file into texts.
_TOKEN: Final = re.compile(r'"|[{}\[\],\n]')
_TEXT_REST: Final = re.compile(r'[^"\\\n]*(?:\\.[^"\\\n]*)*("?)')
# A file of opening brackets alone would fill the memory.
_MAX_DEPTH: Final = 100_000
_CLOSING: Final = {"{": "}", "[": "]"}


class Nesting:
    """The open brackets of a value, whose text may arrive in pieces."""

    def __init__(self) -> None:
        #: The position up to which `find_end` searched the text; 0 before the first search.
        self.position = 0
        self._closing: list[str] = []
        self._is_in_text = False
        #: Whether a bracket closes another kind than was opened, or too many are open.
        self.is_broken = False

    def find_end(self, text: str, start: int) -> int | None:
        """Return the position behind the value, None where it does not end in this text.

        A value that is no object or array ends before a comma, a closing bracket or a line break.
        """
        self.position = start
        while self._skip_text(text) and (token := _TOKEN.search(text, self.position)):
            self.position = token.end()
            if token[0] == '"':
                self._is_in_text = True
            elif token[0] in _CLOSING:
                self._closing.append(_CLOSING[token[0]])
                if len(self._closing) > _MAX_DEPTH:
                    self.is_broken = True
                    return None
            elif not self._closing:
                return token.start()
            elif token[0] in "}]" and not self._is_open_behind(token):
                return None if self.is_broken else token.end()
        if not self._is_in_text:
            self.position = len(text)
        return None

    def _is_open_behind(self, token: re.Match[str]) -> bool:
        """Return whether the value goes on behind a closing bracket."""
        if token[0] == self._closing.pop():
            return bool(self._closing)
        self.is_broken, self.position = True, token.start()
        return False

    def _skip_text(self, text: str) -> bool:
        """Skip the rest of a text in quotes; return False where it does not end here."""
        if not self._is_in_text:
            return True
        rest = _TEXT_REST.match(text, self.position)
        self.position = rest.end() if rest else self.position
        if (rest and rest[1]) or text[self.position : self.position + 1] == "\n":
            self._is_in_text = False
        return not self._is_in_text
