"""Meta-schemas and other published files, read from the wheel or from the checkout beside it."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from destination_kit._json import JsonObject


@cache
def load_metaschema(name: str) -> JsonObject:
    """Return one of our meta-schemas; `FileNotFoundError` if no file has its name.

    The names are those of the files in `schemas/`, such as `field` and `instance`.
    """
    from importlib.resources import files

    return read_metaschema(name, files("destination_kit"))


def load_schema_file(name: str) -> str:
    """Return the text of a file in the folder of the meta-schemas, such as `README.md`."""
    from importlib.resources import files

    return _read(name, files("destination_kit"))


def read_metaschema(name: str, package: Traversable) -> JsonObject:
    """Read a meta-schema from the given package folder."""
    metaschema: JsonObject = json.loads(_read(f"{name}.schema.json", package))
    return metaschema


def _read(name: str, package: Traversable) -> str:
    from pathlib import Path

    # In a wheel the package contains `schemas/` (`force-include` in pyproject.toml). In a checkout
    # the folder stands beside it.
    installed = package / "schemas" / name
    in_checkout = Path(str(package)).parent / "schemas" / name
    return (installed if installed.is_file() else in_checkout).read_text(encoding="utf-8")
