"""Variables in the document: `${NAME}`, which other tools fill in and this host takes as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from destination_host.config.structure import pointer
from destination_kit import Problem

if TYPE_CHECKING:
    from destination_kit import JsonObject

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)[^}]*\}")
#: Words in capitals, which no generated secret consists of.
_NAME: Final = re.compile(r"[A-Z]{1,16}(?:_(?:[A-Z]{1,16}|[0-9]{1,3}))*")


def find_variables(document: JsonObject) -> Iterator[Problem]:
    """Yield a problem for each variable, but for those of inline instances.

    Without it a queue of the file `${DATA}/queue.db` would be made in a folder of that name.
    """
    destinations = document.get("destinations")
    entries = destinations if isinstance(destinations, dict) else {}
    files = {
        name: entry
        for name, entry in entries.items()
        if isinstance(entry, dict) and "file" in entry
    }
    yield from _find({**document, "destinations": files})


def describe_secret(name: str) -> str:
    """Return the name of a secret in a sentence; a text that may be the secret itself stays out."""
    return name if _NAME.fullmatch(name) else "that it names"


def _find(value: Any, *at: str | int) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _find(member, *at, key)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _find(member, *at, index)
    elif isinstance(value, str) and (found := _VARIABLE.search(value)):
        name = found[1] if _NAME.fullmatch(found[1]) else "NAME"
        message = f"variables are not filled in: write the value in place of ${{{name}}}"
        yield Problem(pointer(*at), "PLACEHOLDER", message)
