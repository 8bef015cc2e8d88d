"""`dkit schemas`: write the JSON Schemas of settings, payloads and mappings."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.cli.catalogs import find_destination, short_name
from destination_kit.cli.documents import reason
from destination_kit.cli.misuse import Misuse
from destination_kit.cli.output import plain, show, show_json
from destination_kit.fields import load_metaschema
from destination_kit.publish import documents

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.catalog import Catalog
    from destination_kit.cli.catalogs import LoadCatalog

METASCHEMAS = ("instance", "mapping", "field", "action", "destination", "event", "result")


def add_arguments(parser: ArgumentParser) -> None:
    """Take a destination, or none for all and the kit's own schemas, and a folder."""
    parser.add_argument(
        "slug",
        metavar="SLUG",
        nargs="?",
        help="if left out, all destinations and the kit's own schemas",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="folder to write to; needed")


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Write the documents, and show their names."""
    if arguments.out is None:
        raise Misuse("schemas needs a folder to write to: --out DIR")
    catalog = load_catalog()
    if arguments.slug:
        found = documents(find_destination(catalog, arguments.slug))
    else:
        found = dict(_everything(catalog))
    written = [_write(arguments.out / name, document) for name, document in found.items()]
    if arguments.json:
        show_json({"files": [str(each) for each in written]})
    else:
        for each in written:
            show(str(each))
    return 0


def _everything(catalog: Catalog) -> Iterator[tuple[str, JsonObject]]:
    """Yield the kit's own schemas, then those of each destination in a folder of its own."""
    for name in METASCHEMAS:
        yield f"{name}.schema.json", load_metaschema(name)
    for destination in catalog.destinations.values():
        for name, document in documents(destination).items():
            yield f"{short_name(destination)}/{name}", document


def _write(path: Path, document: JsonObject) -> Path:
    text = json.dumps(document, indent=2, ensure_ascii=False, default=plain) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"cannot write {path}: {reason(error)}") from None
    return path
