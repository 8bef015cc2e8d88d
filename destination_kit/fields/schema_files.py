"""The meta-schemas and what lies with them, read from where they lie: in the package, or beside it in a checkout."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from destination_kit._json import JsonObject


@cache
def load_metaschema(name: str) -> JsonObject:
    """Return the meta-schema of this name, such as `field`; `FileNotFoundError` if there is none.

    There are `field`, `action`, `destination`, `mapping`, `instance`, `event` and `result`.
    """
    from importlib.resources import files

    return read_metaschema(name, files("destination_kit"))


def load_schema_file(name: str) -> str:
    """Return a file that lies with the meta-schemas, such as `open-map.jsx`."""
    from importlib.resources import files

    return _read(name, files("destination_kit"))


def read_metaschema(name: str, package: Traversable) -> JsonObject:
    """Read a meta-schema from a package: an installed one carries them, a checkout has them beside."""
    found: JsonObject = json.loads(_read(f"{name}.schema.json", package))
    return found


def _read(name: str, package: Traversable) -> str:
    from pathlib import Path

    installed = package / "schemas" / name
    beside = Path(str(package)).parent / "schemas" / name
    return (installed if installed.is_file() else beside).read_text(encoding="utf-8")
