"""The rows of docs/differences.md, by their numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_PAGE = Path(__file__).parents[3] / "docs" / "differences.md"
_ROW = re.compile(r"^\| ([DHQ]\d+) \| (.+?) \|", re.MULTILINE)


def rows_of_differences(letters: str) -> Mapping[str, str]:
    """Return number -> what the reference does, of the rows with one of these letters."""
    return {number: text for number, text in _rows().items() if number[0] in letters}


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, str]:
    return dict(_ROW.findall(_PAGE.read_text(encoding="utf-8")))
