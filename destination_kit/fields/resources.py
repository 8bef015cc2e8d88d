"""The meta-schemas, read from where they lie: in the package, or beside it in a checkout."""

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


def read_metaschema(name: str, package: Traversable) -> JsonObject:
    """Read a meta-schema from a package: an installed one carries them, a checkout has them beside."""
    from pathlib import Path

    installed = package / "schemas" / f"{name}.schema.json"
    beside = Path(str(package)).parent / "schemas" / f"{name}.schema.json"
    text = (installed if installed.is_file() else beside).read_text(encoding="utf-8")
    found: JsonObject = json.loads(text)
    return found
