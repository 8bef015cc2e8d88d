"""Files of the published documents of destinations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from destination_kit.cli.destinations import short_slug
from destination_kit.cli.documents import error_reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import render_json_line
from destination_kit.publish import documents

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.catalog import Catalog
    from destination_kit.definitions import Destination


def list_folders(catalog: Catalog) -> dict[str, str]:
    """Return destination -> the name of the folder for its documents."""
    short_slugs = Counter(map(short_slug, catalog.destinations.values()))
    # `actions-acme` and `acme` may both be installed. In one folder, the documents of one would
    # replace those of the other.
    return {
        slug: short if short_slugs[short := short_slug(destination)] == 1 else slug
        for slug, destination in catalog.destinations.items()
    }


def render_documents(destination: Destination, catalog: Catalog) -> dict[str, str]:
    """Return file name -> text of the documents of a destination."""
    return render_compact(documents(destination, directives=[*catalog.directives]).items())


def render_compact(named_documents: Iterable[tuple[str, JsonObject]]) -> dict[str, str]:
    """Return file name -> text, each on one line."""
    # A page loads them: without spaces and line breaks, they have half the size.
    return {name: render_json_line(document) + "\n" for name, document in named_documents}


def write_document(folder: Path, name: str, text: str) -> Path:
    """Write a document into a folder, which is created; raise `UsageError` where it cannot be."""
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
