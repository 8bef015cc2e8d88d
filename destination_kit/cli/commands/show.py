"""`dkit show`: what a destination needs and can do."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from destination_kit._json import as_array
from destination_kit.cli.instances import find_destination
from destination_kit.cli.output import compact, render_paragraph, show, show_json
from destination_kit.fields.introspection import iter_fields
from destination_kit.publish import definition_document

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.definitions import Action, Destination, Preset

_NOTES = {"x-dynamic": "dynamic", "writeOnly": "secret"}


def add_arguments(parser: ArgumentParser) -> None:
    """Take a destination."""
    parser.add_argument("slug", metavar="SLUG", help="a destination's slug, or its last word")


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Show the definition."""
    destination = find_destination(load_catalog(), arguments.slug)
    if arguments.json:
        show_json(definition_document(destination))
    else:
        show("\n".join(_destination(destination)))
    return 0


def _destination(destination: Destination) -> Iterator[str]:
    yield f"{destination.name} ({destination.slug})"
    yield from _paragraph(destination.description)
    yield "\nSettings; * is required"
    yield from _fields(destination.settings)
    for slug, action in destination.actions.items():
        yield from _action(slug, action)
    if destination.presets:
        yield "\nPresets"
    for preset in destination.presets:
        yield from _preset(preset)


def _action(slug: str, action: Action) -> Iterator[str]:
    yield f"\nAction {slug}: {action.title}"
    yield from _paragraph(action.description, "  ")
    yield f"  trigger  {action.trigger or 'none: choose one'}"
    if "properties" not in action.fields:
        yield "  fields   any: it takes the payload as it is"
    yield from _fields(action.fields)


def _fields(schema: JsonObject) -> Iterator[str]:
    required = as_array(schema.get("required"))
    for name, field in iter_fields(schema):
        mark = "*" if name in required else " "
        yield f"\n  {mark} {name}  ({_kind(field)})  {field.get('title', '')}".rstrip()
        yield from _paragraph(str(field.get("description", "")), "      ")
        if "default" in field:
            yield f"      default  {compact(field['default'])}"


def _kind(field: JsonObject) -> str:
    types: Json = field.get("type", "anything")
    words = [types] if isinstance(types, str) else [str(each) for each in as_array(types)]
    extra = [str(field["format"])] if "format" in field else []
    notes = [note for key, note in _NOTES.items() if field.get(key)]
    choices = (
        [f"one of {', '.join(map(compact, as_array(field['enum'])))}"] if "enum" in field else []
    )
    return ", ".join([" or ".join(words), *extra, *notes, *choices])


def _preset(preset: Preset) -> Iterator[str]:
    yield f"  {preset.name}: {preset.action}"
    if preset.trigger:
        yield f"    trigger  {preset.trigger}"
    yield f"    mapping  {compact(preset.mapping)}"


def _paragraph(text: str, indent: str = "") -> Iterator[str]:
    if text:
        yield render_paragraph(text, indent)
