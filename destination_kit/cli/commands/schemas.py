"""`dkit schemas`: write what a UI team builds forms from, and the kit's own meta-schemas."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.cli.documents import reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import find_destination, short_name
from destination_kit.cli.output import plain, show, show_json
from destination_kit.fields import load_metaschema
from destination_kit.fields.schema_files import load_schema_file
from destination_kit.publish import documents

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.catalog import Catalog
    from destination_kit.cli.instances import LoadCatalog

OPEN_MAP = "open-map.jsx"
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
        raise UsageError("schemas needs a folder to write to: --out DIR")
    catalog = load_catalog()
    if arguments.slug:
        found = _texts(documents(find_destination(catalog, arguments.slug)).items())
    else:
        found = _texts(_everything(catalog)) | {OPEN_MAP: load_schema_file(OPEN_MAP)}
    written = [_write(arguments.out / name, text) for name, text in found.items()]
    if arguments.json:
        show_json({"files": [str(each) for each in written]})
    else:
        for each in written:
            show(str(each))
    return 0


def _everything(catalog: Catalog) -> Iterator[tuple[str, JsonObject]]:
    """Yield the kit's own schemas, then the documents of each destination in a folder of its own."""
    for name in METASCHEMAS:
        yield f"{name}.schema.json", load_metaschema(name)
    for destination in catalog.destinations.values():
        for name, document in documents(destination).items():
            yield f"{short_name(destination)}/{name}", document


def _texts(documents: Iterable[tuple[str, JsonObject]]) -> dict[str, str]:
    return {
        name: json.dumps(each, indent=2, ensure_ascii=False, default=plain) + "\n"
        for name, each in documents
    }


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {reason(error)}") from None
    return path
