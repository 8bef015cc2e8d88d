"""Doors of packages: a name is imported when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from importlib import import_module


def opener(package: str, names: Collection[str], rooms: Sequence[str]) -> Callable[[str], object]:
    """Return the `__getattr__` of a package, so that a program pays for what it uses.

    `rooms` are the modules in which `names` live, the cheap ones first.
    """

    def find(name: str) -> object:
        for room in rooms if name in names else ():
            module = import_module(f"{package}.{room}")
            if hasattr(module, name):
                found: object = getattr(module, name)
                setattr(sys.modules[package], name, found)
                return found
        msg = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(msg)

    return find
