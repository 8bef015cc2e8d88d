"""The built-in directives, one record each.

To add a directive:

1. Write its compile function and its `Directive` record, with examples, in a module here.
2. Add the record to `_BUILT_IN` below.
3. Add a rule for its argument to `_ARGUMENT_RULES` in `mapping/validation.py`.
4. Add its argument to `destination_kit/publish/grammar.py`, for editors and forms.
"""

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

    from destination_kit.directive_interface import Directive

_BUILT_IN = (
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
# The mapping is read-only, because it is the default of public functions. A plugin that added to it
# would change every other catalog of the process.
DIRECTIVES: Final[Mapping[str, Directive]] = MappingProxyType(
    {directive.name: directive for directive in _BUILT_IN}
)
