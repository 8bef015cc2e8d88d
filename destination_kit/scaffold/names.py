"""Python names for the slugs and keys of a definition."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from itertools import chain, count
from keyword import iskeyword

# The generator names the record of an action or package after its module, in capitals. Generated
# modules already define `ACTIONS`, `FIELDS`, `PRESETS` and `SETTINGS`. A package `tests` would
# share the folder of the generated tests, and `destination_kit` would hide the kit.
_RESERVED = frozenset({"actions", "fields", "presets", "settings", "tests", "destination_kit"})
# Windows takes files of these names for devices, with any extension.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
_MAX_LENGTH = 60
# The first line of such a function has to fit into 100 columns.
_MAX_PATH = 30
_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def module_names(slugs: Iterable[str]) -> dict[str, str]:
    """Return slug -> the name of the action's module, such as `addContact` -> `add_contact`.

    The names are unique. In capitals they are the names of the actions' records.
    """
    names: dict[str, str] = {}
    for slug in slugs:
        name = _make_importable(_snake_case(slug), "action_")
        numbered = (f"{name}_{number}" for number in count(2))
        candidates = chain([name], numbered)
        names[slug] = next(free for free in candidates if free not in names.values())
    return names


def package_name(slug: str) -> str:
    """Return the name of the package of a destination: its slug without Segment's `actions-`."""
    return _make_importable(_snake_case(slug.removeprefix("actions-")), "destination_")


def choices_function_names(paths: Iterable[str]) -> dict[str, str]:
    """Return path of a dynamic field -> the name of its function, such as `list_item_keys`."""
    names: dict[str, str] = {}
    for path in paths:
        name = f"list_{_snake_case(path)[:_MAX_PATH]}".rstrip("_")
        candidates = chain([name], (f"{name}_{number}" for number in count(2)))
        names[path] = next(free for free in candidates if free not in names.values())
    return names


def is_attribute(name: str) -> bool:
    """Return whether a key can be an attribute of a class."""
    return name.isidentifier() and not iskeyword(name) and not name.startswith("__")


def sentence(text: str) -> str:
    """Return a text as the one line of a docstring: without quotes, backslashes and controls."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    line = re.sub(r'[\s\\"]+', " ", printable).strip().rstrip(".")
    return f"{line[0].upper()}{line[1:]}." if line else "Untitled."


def _snake_case(text: str) -> str:
    # Most file systems allow 255 characters, and a published slug has 35 at most.
    words = (word.lower() for word in _WORD_BOUNDARY.split(text) if word)
    return "_".join(words)[:_MAX_LENGTH].rstrip("_")


def _make_importable(name: str, prefix: str) -> str:
    """Return the name, with the prefix where Python or the package uses it for something else."""
    # A package with the name of a standard module, such as `email`, would hide that module from
    # every import.
    taken = _RESERVED | _DEVICES | sys.stdlib_module_names
    reserved = iskeyword(name) or name in taken
    return f"{prefix}{name}" if reserved or not name.isidentifier() else name
