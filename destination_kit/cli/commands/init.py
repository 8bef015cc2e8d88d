"""`dkit init`: a complete instance file to start from."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.cli.documents import reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import find_destination, short_name
from destination_kit.cli.output import plain, show, show_json, tell
from destination_kit.cli.placeholders import placeholder
from destination_kit.fields import collect_secret_names
from destination_kit.fields.introspection import iter_fields

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.definitions import Action, Destination

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


def add_arguments(parser: ArgumentParser) -> None:
    """Take a destination and where to write."""
    parser.add_argument("slug", metavar="SLUG", help="a destination's slug, or its last word")
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="write to a new file, not to stdout"
    )


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Write the instance."""
    document = starter(find_destination(load_catalog(), arguments.slug))
    if arguments.out is None:
        show_json(document)
        return 0
    try:
        with arguments.out.open("x", encoding="utf-8") as file:
            file.write(json.dumps(document, indent=2, ensure_ascii=False, default=plain) + "\n")
    except OSError as error:
        raise UsageError(f"cannot write {arguments.out}: {reason(error)}") from None
    if arguments.json:
        show_json({"file": str(arguments.out)})
    else:
        show(f"{arguments.out} is ready to be filled in")
        tell(f"then: dkit check {arguments.out}")
    return 0


def starter(destination: Destination) -> JsonObject:
    """Return an instance of a destination, with placeholders for what only its operator knows."""
    shown = {slug: each for slug, each in destination.actions.items() if not each.hidden}
    titles = Counter(each.title for each in shown.values())
    return {
        "destination": destination.slug,
        "settings": _settings(destination),
        "subscriptions": [
            _subscription(slug, action, action.title if titles[action.title] == 1 else slug)
            for slug, action in shown.items()
        ],
    }


def _settings(destination: Destination) -> JsonObject:
    secrets = collect_secret_names(destination.settings)
    prefix = short_name(destination)
    return {
        name: {"$secret": _HUMP.sub("_", f"{prefix}_{name}").upper()} if name in secrets else value
        for name, value in _filled(destination.settings).items()
    }


def _subscription(slug: str, action: Action, name: str) -> JsonObject:
    start: dict[str, Json] = {"name": name, "action": slug}
    if action.trigger is None:
        start |= {
            "enabled": False,
            "trigger": f'type = "track" and event = "{placeholder("event")}"',
        }
    else:
        start["trigger"] = action.trigger
    return start | {"mapping": _filled(action.fields)}


def _filled(schema: JsonObject) -> dict[str, Json]:
    """Return each field's default, else a placeholder where the field is required."""
    required = schema.get("required")
    filled: dict[str, Json] = {}
    for name, field in iter_fields(schema):
        if field.get("default") is not None:
            filled[name] = field["default"]
        elif isinstance(required, list | tuple) and name in required:
            filled[name] = placeholder(str(field.get("title", name)))
    return filled
