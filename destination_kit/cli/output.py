"""What a person or a machine gets to read: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit._json import Json


def settle_streams() -> None:
    """Let no character end a run that the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def forget_stdout() -> None:
    """Let what is still to be written go nowhere, since whoever reads it has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(text: str = "") -> None:
    """Write a line that belongs to the answer."""
    print(_harmless(text), flush=True)


def tell(text: str) -> None:
    """Write a line for whoever is watching."""
    print(_harmless(text), file=sys.stderr, flush=True)


def show_json(value: Json) -> None:
    """Write the whole answer as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=plain), flush=True)


def compact(value: Json) -> str:
    """Return JSON on one line."""
    return json.dumps(value, ensure_ascii=False, default=plain)


def pretty(value: Json, indent: int) -> str:
    """Return JSON on several lines, all but the first indented."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=plain)
    return text.replace("\n", "\n" + " " * indent)


def plain(value: object) -> object:
    """Return a read-only mapping as the dict that `json` knows, and the type of what is no JSON."""
    return dict(value) if isinstance(value, Mapping) else f"<{type(value).__name__}>"


def _harmless(text: str) -> str:
    """Take out what would move the cursor or worse: some of it comes from events."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text
    )
