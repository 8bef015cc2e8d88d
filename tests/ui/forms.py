"""The forms that the browser draws: published documents, and what a person must see of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from destination_kit import Destination
from destination_kit.cli.rendering import render_json_line
from destination_kit.publish import documents
from tests.ui import expected, mappings

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
    settings = _plain(destination.settings)
    seen = expected.settings(settings)
    schema = f"{place}/settings.schema.json"
    starts = [_start("settings", schema, each) for each in mappings.settings(settings)]
    yield from _form(f"{place}/settings", f"{place}/settings", about, seen, starts, {}, [])
    for slug, action in destination.actions.items():
        about = {"title": action.title, "description": action.description}
        fields = _plain(action.fields)
        presets = [each.mapping for each in destination.presets if each.action == slug]
        place_of = {role: f"{place}/{slug}.{role}.schema.json" for role in ("form", "partial")}
        starts = [
            _start(name, place_of[role], mapping)
            for name, role, mapping in mappings.saved(
                fields, presets, of_qualtrics=place == "qualtrics", slug=slug
            )
        ]
        start = mappings.defaults(fields)
        seen = expected.fields(fields, start, takes_batches=action.perform_batch is not None)
        yield from _form(
            f"{place}/{slug}",
            f"{place}/{slug}.form",
            about,
            seen,
            starts,
            start,
            expected.conditional(fields),
        )


def _start(name: str, schema: str, value: Any) -> Form:
    return {"name": name, "schema": schema, "text": render_json_line(value)}


def _form(
    name: str,
    documents: str,
    about: Form,
    seen: list[Form],
    starts: list[Form],
    start: Any,
    conditional: list[str],
) -> Iterator[Form]:
    for generator in GENERATORS:
        yield {
            "id": f"{name} in {generator}",
            "name": name,
            "generator": generator,
            "schema": f"{documents}.schema.json",
            "layout": f"{documents}.{generator}.json",
            "heading": about,
            "expected": seen,
            "start": start,
            "starts": starts,
            # Reported as missing, where the rules between fields ask for them.
            "conditional": conditional,
        }


def _plain(document: Any) -> Any:
    return json.loads(render_json_line(document))
