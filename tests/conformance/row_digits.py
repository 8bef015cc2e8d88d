"""Row D1: whole numbers keep every digit, so two that are one double are still two.

The reference is asked again with short numbers in the place of the long ones, each in the place of
one, and in their order: it then tells apart what it would else have rounded to the same number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.conformance.cases import Case, Message
from tests.conformance.compare import agree
from tests.conformance.values import LARGEST_SAFE, each_scalar, parts, settled

_OPS = frozenset({"matchFql", "matchAst", "parseFql", "roundTripFql", "validatePayload"})
_DIGITS = re.compile(r"(?<![\d.])\d{15,}(?![\d.])")
_NOTHING: Mapping[str, str] = {}
_FIRST = 2**52  # as many digits as 2^53 has


def questions(case: Case) -> dict[str, Message]:
    """Return the request with short numbers."""
    short = _short(case.request) if case.request["op"] in _OPS else {}
    return {"short": _changed(case.request, short)} if short else {}


def keeps_them_apart(case: Case) -> bool:
    """Return whether our answer is the reference's to the short numbers, made long again.

    `match` drops the first digit where no `*` stands at the end.
    """
    long = {each: digits for digits, each in _short(case.request).items()}
    cut = {str(each)[1:]: str(digits)[1:] for each, digits in long.items()}
    return agree(settled(_changed(case.asides["short"], long, cut)), settled(case.ours))


def _short(request: Message) -> dict[int, int]:
    content = {key: each for key, each in request.items() if key not in ("id", "op")}
    numbers = {abs(each) for each in parts(content) if isinstance(each, int)}
    texts = (each for each in parts(content) if isinstance(each, str))
    numbers.update(int(digits) for each in texts for digits in _DIGITS.findall(each))
    long = sorted(each for each in numbers if each >= LARGEST_SAFE)
    return {each: _FIRST + number for number, each in enumerate(long)}


def _changed(value: Any, numbers: Mapping[int, int], cut: Mapping[str, str] = _NOTHING) -> Any:
    texts = {str(each): str(other) for each, other in numbers.items()} | dict(cut)

    def change(value: Any) -> Any:
        if isinstance(value, str):
            return _DIGITS.sub(lambda found: texts.get(found[0], found[0]), value)
        if isinstance(value, int) and abs(value) in numbers:
            return numbers[abs(value)] * (1 if value > 0 else -1)
        return value

    return each_scalar(value, change)
