"""Payloads that would fit but for one thing: each field in turn, by what its definition says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from tests.conformance.generate.chance import Chance
from tests.conformance.generate.fields import make_field_value
from tests.conformance.generate.valid import (
    conditional,
    leave_out,
    limit_values,
    make_valid_payload,
    value_of_choice,
)

Place: TypeAlias = tuple[str, ...]

_ABSENT = object()
_CHOICES = 8  # of one field that are tried
_ODD = (None, "", "x", 5, True, [], {}, [None], ["x"], {"x": 1})


def make_sweep(chance: Chance, fields) -> Iterator[Any]:
    """Make payloads in which one field is absent, odd, at a limit, or one of its choices."""
    for place, field in _places(fields):
        for value in _values(chance, field):
            payload = make_valid_payload(chance, fields, share=0.95)
            _put(payload, place, value)
            yield payload
    for at, rule in conditional(fields):
        payload = make_valid_payload(chance, fields)
        leave_out(fields, payload, at, rule)
        yield payload


def _places(fields, *at: str) -> Iterator[tuple[Place, Any]]:
    for name, field in fields.items():
        yield (*at, name), field
        yield from _places(field.get("properties") or {}, *at, name)


def _values(chance: Chance, field) -> Iterator[Any]:
    yield _ABSENT
    yield chance.pick(_ODD)
    yield make_field_value(chance, field)
    choices = field.get("choices") or []
    for each in chance.random.sample(choices, min(_CHOICES, len(choices))):
        yield value_of_choice(each)
    yield from limit_values(field)


def _put(holder: Any, place: Place, value: Any) -> None:
    """Put a value at a place, within lists in their first item; nothing where it is not there."""
    first, *rest = place
    if isinstance(holder, list):
        holder = holder[0] if holder else None
    if not isinstance(holder, dict):
        return
    if rest:
        _put(holder.get(first), tuple(rest), value)
    elif value is _ABSENT:
        holder.pop(first, None)
    else:
        holder[first] = value
