"""Names of Python for what a definition calls otherwise."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from itertools import count
from keyword import iskeyword

_TAKEN = frozenset({"actions", "fields", "presets", "settings", "tests", "destination_kit"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def module_names(slugs: Iterable[str]) -> dict[str, str]:
    """Return the module of each action, such as `add_contact` for `addContact`; no two are one.

    In capitals each is the name of the action's record.
    """
    found: dict[str, str] = {}
    for slug in slugs:
        name = _safe(_snake(slug), "action_")
        same = (f"{name}_{number}" for number in count(2))
        found[slug] = (
            name
            if name not in found.values()
            else next(each for each in same if each not in found.values())
        )
    return found


def package_name(slug: str) -> str:
    """Return the name of the package of a destination: its slug without Segment's `actions-`."""
    return _safe(_snake(slug.removeprefix("actions-")), "destination_")


def is_attribute(name: str) -> bool:
    """Return whether a key can be written as an attribute of a class."""
    return name.isidentifier() and not iskeyword(name) and not name.startswith("__")


def sentence(text: str) -> str:
    """Return a text as the sentence of a docstring, on one line, without what cannot be shown."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    line = re.sub(r'[\s\\"]+', " ", shown).strip().rstrip(".")
    return f"{line[0].upper()}{line[1:]}." if line else "Untitled."


def _snake(text: str) -> str:
    return "_".join(each.lower() for each in _HUMP.split(text) if each)


def _safe(name: str, prefix: str) -> str:
    taken = iskeyword(name) or name in _TAKEN or name in sys.stdlib_module_names
    return f"{prefix}{name}" if taken or not name.isidentifier() else name
