"""Patterns as JavaScript means them, where Python writes the same and means another thing."""

from __future__ import annotations

import re
from functools import cache

_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of draft-07; `$` is the end alone, and not before a last line's end."""
    return re.compile(_PIECE.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern))
