"""Parts of a document that a browser sent back unchanged: they keep their numbers and their order.

JavaScript has one type of number and sorts names such as "10", so `1.0`, a number of 20 digits and
the order of such names come back otherwise than they were read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit import Json


def keep_unchanged(old: Json, new: Json) -> Json:
    """Return the new value, with whatever is the same to JavaScript as it was in the old one."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = [*old] if old.keys() == new.keys() else [*new]
        return {
            name: keep_unchanged(old[name], new[name]) if name in old else new[name]
            for name in names
        }
    if isinstance(old, list) and isinstance(new, list):
        return [keep_unchanged(_partner(old, new, index), part) for index, part in enumerate(new)]
    return old if _is_same_number(old, new) else new


def _partner(old: list[Json], new: list[Json], index: int) -> Json:
    """Return what an item of a list was: the one of the same name, or the one at its index."""
    part = new[index]
    name = part.get("name") if isinstance(part, dict) else None
    if name is not None:
        named = [one for one in old if isinstance(one, dict) and one.get("name") == name]
        if len(named) == 1:
            return named[0]
    return old[index] if index < len(old) else None


def _is_same_number(old: Json, new: Json) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return False
    if not isinstance(old, int | float) or not isinstance(new, int | float):
        return False
    try:
        return float(old) == float(new)
    except OverflowError:  # an integer over 1e308, which JavaScript reads as Infinity
        return False
