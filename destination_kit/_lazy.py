"""Lazy attributes of a package (PEP 562): a name is imported when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_attributes(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return the `__getattr__` of a package whose names live in its modules.

    `modules` is name -> module, relative to the package. A program imports only the modules of
    the names that it uses; a name that is not in the table raises `AttributeError`.
    """

    def import_attribute(name: str) -> object:
        if name not in modules:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        attribute: object = getattr(import_module(f"{package}.{modules[name]}"), name)
        # Python calls `__getattr__` only for names that the module lacks. Without this line each
        # use would call it again.
        setattr(sys.modules[package], name, attribute)
        return attribute

    return import_attribute
