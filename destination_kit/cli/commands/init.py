"""`dkit init`: write a complete instance file to start from."""

from __future__ import annotations

import os
import re
import shlex
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from destination_kit._json import as_array, as_object
from destination_kit.cli.choices_commands import choices_commands
from destination_kit.cli.destinations import add_slug_argument, find_destination, short_slug
from destination_kit.cli.documents import error_reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import render_json
from destination_kit.cli.simulators import load_template
from destination_kit.fields import collect_secret_names
from destination_kit.fields.introspection import iter_fields
from destination_kit.fql import is_readable
from destination_kit.placeholders import placeholder
from destination_kit.sync_modes import offered_modes

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.catalog import Catalog
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Action, Destination

# An environment variable separates words by `_`: `apiToken` and `api-token` both become
# `API_TOKEN`.
_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the destination and the file."""
    add_slug_argument(parser)
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="new file; standard output by default"
    )
    parser.add_argument(
        "--schemas",
        metavar="DIR",
        type=Path,
        help="write the destination's schemas to a folder in DIR, and name them for text editors",
    )


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write the instance to standard output, or to a file that does not exist yet."""
    catalog = load_catalog()
    destination = find_destination(catalog, arguments.slug)
    document = starter_instance(destination)
    if arguments.schemas is not None:
        schema = _write_schemas(arguments.schemas, destination, catalog)
        document = {"$schema": _relative_path(schema, arguments.out), **document}
    if arguments.out is None:
        writer.json(document)
    else:
        _write_file(arguments.out, document)
        if arguments.json:
            writer.json({"file": str(arguments.out)})
        else:
            writer.text(f"{arguments.out} is ready to be filled in")
    for line in _next_steps(document, destination, str(arguments.out or "INSTANCE")):
        writer.notice(line)
    return 0


def _write_file(path: Path, document: JsonObject) -> None:
    try:
        # Mode "w" would overwrite an instance that a person has already filled in.
        with path.open("x", encoding="utf-8") as file:
            file.write(render_json(document) + "\n")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error_reason(error)}") from None


def _write_schemas(folder: Path, destination: Destination, catalog: Catalog) -> Path:
    """Write the documents of a destination; return the schema of its instance files."""
    # `documents` imports the compilers, which takes 0.1 s.
    from destination_kit.cli.document_files import list_folders, render_documents, write_document
    from destination_kit.publish.manifest import INSTANCE_DOCUMENT

    home = folder / list_folders(catalog)[destination.slug]
    for name, text in render_documents(destination, catalog).items():
        write_document(home, name, text)
    return home / INSTANCE_DOCUMENT


def _relative_path(schema: Path, out: Path | None) -> str:
    """Return the path of a schema as seen from the file, in the notation of URLs."""
    start = (out.parent if out else Path()).resolve()
    try:
        relative = Path(os.path.relpath(schema.resolve(), start)).as_posix()
    except ValueError:
        # On Windows, no path leads from one drive to another.
        return schema.resolve().as_uri()
    return quote(relative if relative.startswith("../") else f"./{relative}")


def _next_steps(document: JsonObject, destination: Destination, name: str) -> Iterator[str]:
    """Yield the commands that lead from a new file to one that can be delivered with."""
    settings = as_object(document["settings"]).values()
    secrets = [secret for value in settings if (secret := as_object(value).get("$secret"))]
    yield "next:"
    yield from (f"  export {secret}=…" for secret in secrets)
    yield f"  dkit auth {shlex.quote(name)}"
    yield from (f"  {command}" for command in choices_commands(document, destination, name))
    yield f"  dkit check {shlex.quote(name)}"


def starter_instance(destination: Destination) -> JsonObject:
    """Return an instance document to start from, with placeholders where only a person knows more.

    The destination's own template comes first. Each action that it lacks, and that is not hidden,
    gets a subscription with its defaults. Such a subscription is called after the action's title,
    or after its slug where actions share a title.
    """
    template = load_template(destination)
    subscriptions = as_array(template.get("subscriptions"))
    covered = {as_object(subscription).get("action") for subscription in subscriptions}
    actions = {slug: action for slug, action in destination.actions.items() if not action.hidden}
    titles = Counter(action.title for action in actions.values())
    return {
        "destination": destination.slug,
        "settings": template.get("settings", _starter_settings(destination)),
        "subscriptions": [
            *subscriptions,
            *(
                _starter_subscription(
                    slug, action, action.title if titles[action.title] == 1 else slug
                )
                for slug, action in actions.items()
                if slug not in covered
            ),
        ],
    }


def _starter_settings(destination: Destination) -> JsonObject:
    secrets = collect_secret_names(destination.settings)
    return {
        name: {"$secret": _variable_name(destination, name)} if name in secrets else value
        for name, value in _starter_values(destination.settings).items()
    }


def _variable_name(destination: Destination, setting: str) -> str:
    """Return the environment variable of a secret, such as `QUALTRICS_API_TOKEN`."""
    return _WORD_BOUNDARY.sub("_", f"{short_slug(destination)}_{setting}").upper()


def _starter_subscription(slug: str, action: Action, name: str) -> JsonObject:
    subscription: dict[str, Json] = {"name": name, "action": slug}
    if is_readable(action.trigger):
        subscription["trigger"] = action.trigger
    else:
        # Without a default trigger, only a person can name the event. An enabled subscription would
        # make `dkit check` fail until then, and with it a person could not test the settings.
        subscription["enabled"] = False
        subscription["trigger"] = f'type = "track" and event = "{placeholder("event")}"'
    if modes := offered_modes(action):
        default = as_object(action.sync_mode).get("default")
        chosen = default if default in modes else placeholder(f"sync mode: {', '.join(modes)}")
        subscription["syncMode"] = chosen
    if options := _starter_values(action.options or {}):
        subscription["options"] = options
    return subscription | {"mapping": _starter_values(action.fields)}


def _starter_values(schema: JsonObject) -> dict[str, Json]:
    """Return the default of each field, and a placeholder for a required field without one."""
    required = as_array(schema.get("required"))
    values: dict[str, Json] = {}
    for name, field in iter_fields(schema):
        if field.get("default") is not None:
            values[name] = field["default"]
        elif name in required:
            values[name] = placeholder(str(field.get("title", name)))
    return values
