"""The forms that the browser draws: published documents, and what a person must see of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from destination_kit import Destination
from destination_kit.cli.rendering import render_json_line
from destination_kit.publish import documents
from tests.ui import expected

Form = dict[str, Any]

GENERATORS = ("rjsf", "jsonforms")


def publish(destination: Destination, folder: Path) -> None:
    """Write what `dkit schemas` writes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in documents(destination).items():
        (folder / name).write_text(render_json_line(document), encoding="utf-8")


def forms(destination: Destination, place: str) -> Iterator[Form]:
    """Yield each form of a destination, in each generator."""
    about = {"title": destination.name, "description": destination.description}
    seen = expected.fields(_plain(destination.settings), of_mapping=False)
    yield from _form(f"{place}/settings", f"{place}/settings", about, seen)
    for slug, action in destination.actions.items():
        about = {"title": action.title, "description": action.description}
        seen = expected.fields(_plain(action.fields), of_mapping=True)
        yield from _form(f"{place}/{slug}", f"{place}/{slug}.form", about, seen)


def _form(name: str, documents: str, about: Form, seen: list[Form]) -> Iterator[Form]:
    for generator in GENERATORS:
        yield {
            "id": f"{name} in {generator}",
            "name": name,
            "generator": generator,
            "schema": f"{documents}.schema.json",
            "layout": f"{documents}.{generator}.json",
            "heading": about,
            "expected": seen,
        }


def _plain(document: Any) -> Any:
    return json.loads(render_json_line(document))
