"""The built-in words of the mapping language, one record each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from destination_kit.mapping.directives.conditional import EXCLUDE_WHEN_NULL, IF
from destination_kit.mapping.directives.liquid import LIQUID
from destination_kit.mapping.directives.lookup import ARRAY_PATH, LITERAL, PATH, TEMPLATE
from destination_kit.mapping.directives.objects import FLATTEN, MERGE, TRANSFORM
from destination_kit.mapping.directives.text import CASE, JSON, REPLACE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destination_kit.definitions import Directive

_ALL = (
    PATH,
    TEMPLATE,
    IF,
    CASE,
    REPLACE,
    ARRAY_PATH,
    LITERAL,
    FLATTEN,
    JSON,
    MERGE,
    TRANSFORM,
    EXCLUDE_WHEN_NULL,
    LIQUID,
)
DIRECTIVES: Final[Mapping[str, Directive]] = MappingProxyType({each.name: each for each in _ALL})
