"""`dkit show`: describe a destination: its settings, actions, fields and presets."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from destination_kit._json import as_array
from destination_kit.cli.destinations import add_slug_argument, find_destination
from destination_kit.cli.rendering import render_json_line, render_paragraph
from destination_kit.fields.introspection import iter_fields
from destination_kit.publish import definition_document
from destination_kit.sync_modes import offered_modes

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Action, Destination, Preset

#: Keyword of a field -> how the description names it.
_KEYWORD_NOTES = {"x-dynamic": "dynamic", "writeOnly": "secret"}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the destination."""
    add_slug_argument(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write the description; with `--json`, the published definition."""
    destination = find_destination(load_catalog(), arguments.slug)
    if arguments.json:
        writer.json(definition_document(destination))
    else:
        writer.text("\n".join(_render_destination(destination)))
    return 0


def _render_destination(destination: Destination) -> Iterator[str]:
    yield f"{destination.name} ({destination.slug})"
    yield from _render_description(destination.description)
    yield "\nSettings; * is required"
    yield from _render_fields(destination.settings)
    for slug, action in destination.actions.items():
        yield from _render_action(slug, action)
    if destination.presets:
        yield "\nPresets"
    for preset in destination.presets:
        yield from _render_preset(preset)


def _render_action(slug: str, action: Action) -> Iterator[str]:
    yield f"\nAction {slug}: {action.title}"
    yield from _render_description(action.description, "  ")
    yield f"  trigger  {action.trigger or 'none: choose one'}"
    if "properties" not in action.fields:
        yield "  fields   any: it takes the payload as it is"
    yield from _render_fields(action.fields)
    if action.options:
        yield "\n  Options of a subscription"
        yield from _render_fields(action.options)
    if modes := offered_modes(action):
        yield f"\n  Sync modes: {', '.join(modes)}"


def _render_fields(schema: JsonObject) -> Iterator[str]:
    required = as_array(schema.get("required"))
    for name, field in iter_fields(schema):
        mark = "*" if name in required else " "
        yield f"\n  {mark} {name}  ({_summarize(field)})  {field.get('title', '')}".rstrip()
        yield from _render_description(str(field.get("description", "")), "      ")
        if "default" in field:
            yield f"      default  {render_json_line(field['default'])}"


def _summarize(field: JsonObject) -> str:
    """Return type, format, notes and choices of a field, such as `string, password, secret`."""
    types: Json = field.get("type", "anything")
    names = [types] if isinstance(types, str) else [str(name) for name in as_array(types)]
    parts = [" or ".join(names)]
    if "format" in field:
        parts.append(str(field["format"]))
    parts += [note for keyword, note in _KEYWORD_NOTES.items() if field.get(keyword)]
    if "enum" in field:
        parts.append(f"one of {', '.join(map(render_json_line, as_array(field['enum'])))}")
    return ", ".join(parts)


def _render_preset(preset: Preset) -> Iterator[str]:
    yield f"  {preset.name}: {preset.action}"
    if preset.trigger:
        yield f"    trigger  {preset.trigger}"
    yield f"    mapping  {render_json_line(preset.mapping)}"


def _render_description(text: str, indent: str = "") -> Iterator[str]:
    if text:
        yield render_paragraph(text, indent)
