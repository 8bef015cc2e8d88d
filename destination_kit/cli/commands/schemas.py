"""`dkit schemas`: write the schemas of destinations, for forms, and the kit's own meta-schemas."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.cli.destinations import find_destination
from destination_kit.cli.document_files import (
    list_folders,
    render_compact,
    render_documents,
    write_document,
)
from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import render_json
from destination_kit.fields import load_metaschema
from destination_kit.fields.schema_files import load_schema_file
from destination_kit.publish import documents, vocabulary
from destination_kit.publish.mapping_document import build_mapping_document

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.catalog import Catalog
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer

#: The explanation of the files, and the React components that docs/ui.md shows.
COMPANIONS = (
    *("README.md", "values.js", "mapping-field.jsx", "open-map.jsx"),
    *("rjsf-fields.jsx", "jsonforms-renderers.jsx"),
)
METASCHEMAS = ("instance", "field", "action", "destination", "choices", "event", "result")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the destination, or none, and the folder."""
    parser.add_argument(
        "slug",
        metavar="SLUG",
        nargs="?",
        help="one destination; all of them, and the kit's own schemas, by default",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="folder to write to; required")


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write a file for each document, then the names of the files."""
    # With `required=True` argparse would print its usage instead of this sentence.
    if arguments.out is None:
        raise UsageError("schemas needs a folder to write to: --out DIR")
    catalog = load_catalog()
    names = [*catalog.directives]
    if arguments.slug:
        destination = find_destination(catalog, arguments.slug)
        texts = render_documents(destination, catalog)
    else:
        texts = (
            {name: load_schema_file(name) for name in COMPANIONS}
            | _render(_own_documents(names))
            | render_compact(_all_documents(catalog, names))
        )
    paths = [str(write_document(arguments.out, name, text)) for name, text in texts.items()]
    if arguments.json:
        writer.json({"files": paths})
    else:
        for path in paths:
            writer.text(path)
    return 0


def _own_documents(directives: list[str]) -> Iterator[tuple[str, JsonObject]]:
    """Yield (file name, document) of the kit's own schemas."""
    for name in METASCHEMAS:
        yield f"{name}.schema.json", load_metaschema(name)
    yield "mapping.schema.json", build_mapping_document(directives)
    yield "vocabulary.json", vocabulary()


def _all_documents(catalog: Catalog, directives: list[str]) -> Iterator[tuple[str, JsonObject]]:
    """Yield (file name, document) of all destinations, each in a folder of its own."""
    folders = list_folders(catalog)
    for slug, destination in catalog.destinations.items():
        for name, document in documents(destination, directives=directives).items():
            yield f"{folders[slug]}/{name}", document


def _render(named_documents: Iterable[tuple[str, JsonObject]]) -> dict[str, str]:
    return {name: render_json(document) + "\n" for name, document in named_documents}
