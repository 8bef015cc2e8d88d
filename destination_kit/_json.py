"""JSON as Python types, and `MISSING`, which stands for JavaScript's `undefined`."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import islice
from typing import Any, Final, TypeAlias, TypeVar, Union

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


T = TypeVar("T")

# A container without an end needs some bound. A payload may have 50,000 values, and to copy 200,000
# of an author's own class takes 0.1 s.
_MAX_COPIED_VALUES: Final = 200_000
_MAX_MEMBERS: Final = 10_000
_IMMUTABLE_TYPES: Final = frozenset({str, int, float, bool, type(None), Missing})


class LimitError(ValueError):
    """A value or an iterable of an author goes on beyond a limit of the kit."""


def copy_json(value: Any) -> Any:
    """Return a deep copy: mappings are dictionaries, sequences lists, all else is shared.

    It is for code that the kit does not trust with the original. Raises `LimitError` for a container
    of a class of its own that has no end, `RecursionError` for too many levels, and what it raises.
    """
    if type(value) in _IMMUTABLE_TYPES:
        return value
    try:
        # 1 MB of zeros takes 5 ms. `copy.deepcopy` takes 0.4 s.
        return marshal.loads(marshal.dumps(value))  # noqa: S302 - the bytes were made here
    except (ValueError, TypeError, EOFError):
        # It refuses a subclass, a `datetime` and `MISSING`. It reads no subclass's own methods.
        return _copy_container(value, iter(range(_MAX_COPIED_VALUES)))


def _copy_container(value: Any, budget: Iterator[int]) -> Any:
    if next(budget, None) is None:
        msg = f"it has more than {_MAX_COPIED_VALUES:,} values"
        raise LimitError(msg)
    kind = type(value)
    if kind in _IMMUTABLE_TYPES or issubclass(kind, str | bytes | memoryview):
        return value
    if issubclass(kind, Mapping):
        return {
            str.__str__(key) if issubclass(type(key), str) else key: _copy_container(member, budget)
            for key, member in value.items()
        }
    if issubclass(kind, bytearray | set):
        return kind(value)
    if issubclass(kind, Sequence):
        return [_copy_container(member, budget) for member in value]
    return value


def take(members: Iterable[T], limit: int = _MAX_MEMBERS) -> list[T]:
    """Return the members of what an author's function returned; raise `LimitError` beyond a limit.

    An iterable may have no end.
    """
    taken = list(islice(members, limit + 1))
    if len(taken) > limit:
        msg = f"it has more than {limit:,} members"
        raise LimitError(msg)
    return taken
