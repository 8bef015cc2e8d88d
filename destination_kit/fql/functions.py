"""The functions of FQL, `contains` and `match`: how a call becomes a comparison, and text again.

To add a function:

1. Add its operator and the negated one to `TEXT_OPERATORS` and `_OPPOSITES` in `fql/nodes.py`.
2. Add both tests to `_TEXT_TESTS` in `fql/predicates.py`.
3. Add the function to `FUNCTIONS` and its text to `CALL_FORMATS` below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

Function: TypeAlias = Callable[[str, str], tuple[str, str]]
"""(value, value as it is written) -> operator and value of the comparison."""

_MAX_BMP = "\uffff"


def _contains(value: str, _written: str) -> tuple[str, str]:
    return "contains", value


def _match(pattern: str, written: str) -> tuple[str, str]:
    # `parseFqlFunction` of the reference looks for a star only at the end, before a double quote.
    # Otherwise it drops the first character without a look: `match(event, "abc")` tests for the
    # ending "bc".
    if written.endswith('*"'):
        return "starts_with", pattern[:-1]
    return "ends_with", _without_first_unit(pattern)


def _without_first_unit(pattern: str) -> str:
    # JavaScript drops a code unit, which is half of a character beyond the BMP. U+1F44D and U+1F04D
    # end with the same half, so the trigger would match texts with either (D5 in
    # docs/differences.md).
    return pattern if pattern[:1] > _MAX_BMP else pattern[1:]


FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {"contains": _contains, "match": _match}
)

CALL_FORMATS: Final = MappingProxyType(
    {
        "contains": "contains({}, {})",
        "starts_with": 'match({}, "{}*")',
        "ends_with": 'match({}, "*{}")',
    }
)
"""By operator: the call that means it, with the field and the value to fill in."""
