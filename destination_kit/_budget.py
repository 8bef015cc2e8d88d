"""Budget of a payload: the values and the text that a mapping may make of one event.

Depth has a limit of its own (`copy_payload`), Liquid templates have theirs (`liquid/limits.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress, islice
from threading import local
from typing import Any, Final

from destination_kit._json import LimitError
from destination_kit._python_values import JSON_TYPES
from destination_kit.errors import ResolutionError

UNMEASURED: Final = sys.maxsize
"""The size of an event that has not been measured."""

# Each subscription may make 50,000 values. To count 200,000 takes 0.2 s at worst.
_MOST_IN_DOCUMENT: Final = 200_000
_MOST_DOCUMENT_CHARACTERS: Final = 10_000_000
_CONTAINER_TYPES: Final = frozenset({dict, list})
_are_scalar_types: Final = (JSON_TYPES - _CONTAINER_TYPES).issuperset
_is_container_type: Final = _CONTAINER_TYPES.__contains__
_is_text: Final = str.__instancecheck__


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadLimits:
    """What a mapping may make of one event; what directives make on the way counts too."""

    #: Values: members of objects and items of arrays. An object or array counts once more, since it
    #: costs twice as much. An event of 1 MB (Segment's has at most 32 KB) can hold 500,000 zeros; to
    #: copy, check and send 50,000 values takes about 50 ms.
    values: int = 50_000
    #: Characters of texts and keys: a whole event of 1 MB twice, as one that `@transform` hands on.
    characters: int = 2_000_000
    #: Seconds of processor time for all Liquid templates of the mapping together.
    liquid_seconds: float = 0.05


class BudgetError(ResolutionError):
    """A mapping makes more of an event than its budget allows."""


class PayloadBudget(local):
    """What a mapping may still make of the event that is being resolved.

    Each thread has its own, since two threads may resolve one mapping at once.
    """

    def __init__(self, limits: PayloadLimits = PayloadLimits()) -> None:
        self.most_values, self._most_characters = limits.values, limits.characters
        self._liquid_seconds = limits.liquid_seconds
        self.reset()

    def reset(self) -> None:
        """Begin a new payload."""
        self._values, self._characters = self.most_values, self._most_characters
        #: Seconds of processor time that the Liquid templates of this payload have left.
        self.liquid_seconds = self._liquid_seconds

    def spend(self, values: int = 0, characters: int = 0) -> None:
        """Count values and characters before they are made; raise `BudgetError` beyond the limits."""
        self._values -= values
        self._characters -= characters
        if self._values < 0:
            raise BudgetError(_describe(self.most_values, "values"))
        if self._characters < 0:
            raise BudgetError(_describe(self._most_characters, "characters"))

    def spend_value(self, value: object) -> None:
        """Count a value and all that is in it, as a copy of it would make them."""
        self.spend(*count_members(value, self._values, self._characters))

    def check_payload(self, payload: object) -> None:
        """Raise `BudgetError`, with the place of the field, for a payload beyond the limits."""
        values, characters = count_members(payload, self.most_values, self._most_characters)
        if values > self.most_values or characters > self._most_characters:
            self.reset()
            if isinstance(payload, Mapping):
                self.spend(1, sum(map(len, filter(_is_text, payload))))
            # Only a payload that fails is counted twice. To count each field by itself would take
            # every event 60 bytecodes more for each field.
            for key, value in payload.items() if isinstance(payload, Mapping) else ():
                try:
                    self.spend_value(value)
                except BudgetError as error:
                    error.steps = (key,)
                    raise
            self.spend(values, characters)


def count_members(value: object, most_values: int, most_characters: int) -> tuple[int, int]:
    """Return the values and characters of a value; not all of them once there are too many.

    What one object holds counts in each place. A container of a class of its own may have no end.
    """
    values = characters = 0
    pending: list[Any] = [value if type(value) is dict else (value,)]
    for container in pending:
        if type(container) not in JSON_TYPES:
            container = _take_members(container, most_values + 1)  # noqa: PLW2901 - see above
        values += len(container) + 1
        if type(container) is dict:
            members: Collection[Any] = container.values()
            characters += sum(map(len, filter(_is_text, chain(container, members))))
        else:
            members = container
            characters += sum(map(len, filter(_is_text, members)))
        if values > most_values or characters > most_characters:
            break
        if not _are_scalar_types(map(type, members)):
            # A loop in Python would take ten times as long for 50,000 members.
            pending.extend(compress(members, map(_is_container_type, map(type, members))))
            if not JSON_TYPES.issuperset(map(type, members)):
                pending.extend(filter(_is_other_container, members))
    return values, characters


def check_document_size(document: object) -> None:
    """Raise `LimitError` for a document beyond the limits, as YAML's anchors make of a few lines."""
    values, characters = count_members(document, _MOST_IN_DOCUMENT, _MOST_DOCUMENT_CHARACTERS)
    if values > _MOST_IN_DOCUMENT or characters > _MOST_DOCUMENT_CHARACTERS:
        msg = f"has more than {_MOST_IN_DOCUMENT:,} values or {_MOST_DOCUMENT_CHARACTERS:,} characters"
        raise LimitError(msg)


def _take_members(container: Any, limit: int) -> dict[Any, Any] | list[Any]:
    is_mapping = isinstance(container, Mapping)
    members = islice(container.items() if is_mapping else container, limit)
    return dict(members) if is_mapping else list(members)


def count_values(value: object) -> tuple[int, int]:
    """Return the values and the characters of a value, itself included."""
    texts = [value] if isinstance(value, str) else []
    members: Iterable[Any] = ()
    if isinstance(value, Mapping):
        members, texts = value.values(), list(value)
    elif isinstance(value, list | tuple):
        members = value
    counts = [count_values(member) for member in members]
    values = (1 if isinstance(value, str) or not members else 2) + sum(n for n, _ in counts)
    return values, sum(map(len, texts)) + sum(characters for _, characters in counts)


def _is_other_container(value: object) -> bool:
    is_sequence = isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray)
    return type(value) not in JSON_TYPES and (is_sequence or isinstance(value, Mapping))


def _describe(limit: int, unit: str) -> str:
    return f"the mapping makes more than {limit:,} {unit} of this event: map less of it"
