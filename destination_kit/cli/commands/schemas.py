"""`dkit schemas`: write the schemas of destinations, for forms, and the kit's own meta-schemas."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from destination_kit.cli.destinations import find_destination, short_slug
from destination_kit.cli.documents import error_reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import render_json, render_json_line
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
        texts = _render_compact(documents(destination, directives=names).items())
    else:
        texts = (
            {name: load_schema_file(name) for name in COMPANIONS}
            | _render(_own_documents(names))
            | _render_compact(_all_documents(catalog, names))
        )
    paths = [str(_write_file(arguments.out, name, text)) for name, text in texts.items()]
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
    short_slugs = Counter(map(short_slug, catalog.destinations.values()))
    for slug, destination in catalog.destinations.items():
        short = short_slug(destination)
        # `actions-acme` and `acme` may both be installed. In one folder, the documents of one would
        # replace those of the other.
        folder = short if short_slugs[short] == 1 else slug
        for name, document in documents(destination, directives=directives).items():
            yield f"{folder}/{name}", document


def _render(named_documents: Iterable[tuple[str, JsonObject]]) -> dict[str, str]:
    return {name: render_json(document) + "\n" for name, document in named_documents}


def _render_compact(named_documents: Iterable[tuple[str, JsonObject]]) -> dict[str, str]:
    # A page loads them: without spaces and line breaks, they have half the size.
    return {name: render_json_line(document) + "\n" for name, document in named_documents}


def _write_file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    # The catalog refuses such slugs. Here, one that it overlooked would write anywhere.
    if not path.is_relative_to(folder) or ".." in PurePath(name).parts:
        raise UsageError(f"cannot write {name!r}: it is outside of {folder}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        cause = error_reason(error) if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot write {path}: {cause}") from None
    return path
