"""JSON as Python types, and `MISSING`, which stands for JavaScript's `undefined`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, TypeAlias, Union

# `str | "Sequence[Json]"` raises TypeError, so `Union` joins them. As one string, the alias would
# raise it in an author's `Json | Response`.
Json: TypeAlias = Union[str, int, float, bool, "Sequence[Json]", "Mapping[str, Json]", None]
"""Any JSON value, with tuples and read-only mappings as well."""

JsonObject: TypeAlias = Mapping[str, Json]
"""A JSON object."""


class Missing(Enum):
    """The type of `MISSING`: no value. `None` cannot stand for it, since that is JSON's `null`."""

    MISSING = "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing.MISSING
"""No value: JavaScript's `undefined`."""

Value: TypeAlias = Json | Missing
"""A JSON value, or `MISSING`."""

Resolver: TypeAlias = Callable[[JsonObject], Value]
"""A compiled mapping: event -> value."""

Predicate: TypeAlias = Callable[[JsonObject], bool]
"""A compiled trigger: event -> whether it matches."""


def pointer(*steps: str | int) -> str:
    """Return the JSON Pointer (RFC 6901) of these steps; without steps `""`, the whole document."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def as_object(value: Json) -> JsonObject:
    """Return the value if it is a JSON object, else an empty object."""
    return value if isinstance(value, Mapping) else {}


def as_array(value: Json) -> Sequence[Json]:
    """Return the value if it is a JSON array, else an empty one; a text is no array."""
    return value if isinstance(value, list | tuple) else ()
