"""`dkit schemas`: write the JSON Schemas of settings, payloads and mappings."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.cli.catalogs import find_destination, short_name
from destination_kit.cli.documents import reason
from destination_kit.cli.misuse import Misuse
from destination_kit.cli.output import plain, show, show_json
from destination_kit.publish import documents

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.cli.catalogs import LoadCatalog


def add_arguments(parser: ArgumentParser) -> None:
    """Take a destination, or none for all, and a folder."""
    parser.add_argument("slug", metavar="SLUG", nargs="?", help="all destinations if left out")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder to write to")


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Write the documents, and show their names."""
    catalog = load_catalog()
    if arguments.slug:
        folders = {arguments.out: find_destination(catalog, arguments.slug)}
    else:
        folders = {arguments.out / short_name(each): each for each in catalog.destinations.values()}
    written = [
        _write(folder / name, document)
        for folder, destination in folders.items()
        for name, document in documents(destination).items()
    ]
    if arguments.json:
        show_json({"files": [str(each) for each in written]})
    else:
        for each in written:
            show(str(each))
    return 0


def _write(path: Path, document: JsonObject) -> Path:
    text = json.dumps(document, indent=2, ensure_ascii=False, default=plain) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"cannot write {path}: {reason(error)}") from None
    return path
