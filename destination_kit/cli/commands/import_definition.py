"""`dkit import`: a published Segment definition as a Python package, or as our document."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.catalog.definition_checks import check_destination_structure
from destination_kit.cli.documents import Document, line_of, load_document, reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.output import render_paragraph, show, show_json, tell
from destination_kit.errors import ConfigurationError
from destination_kit.mapping import DIRECTIVES
from destination_kit.publish import definition_document
from destination_kit.scaffold import package_files, package_name
from destination_kit.segment import read_definition

if TYPE_CHECKING:
    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.errors import Problem
    from destination_kit.segment import Imported


def add_arguments(parser: ArgumentParser) -> None:
    """Take a definition and where to write."""
    parser.add_argument(
        "metadata", metavar="METADATA", help="a published definition: METADATA.json, or - for stdin"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="new folder for the package; needed without --json"
    )


def run(arguments: Namespace, _load_catalog: LoadCatalog) -> int:
    """Write the package, or show the document; name what is odd."""
    if arguments.out is None and not arguments.json:
        raise UsageError("import needs a folder for the package, --out DIR, or --json")
    document = load_document(arguments.metadata)
    imported = _read(document)
    problems = check_destination_structure(imported.destination, DIRECTIVES)
    if arguments.out is not None:
        _write(arguments.out, package_files(imported.destination))
    if arguments.json:
        show_json(definition_document(imported.destination))
    else:
        show(_summary(imported, arguments.out))
    for each in imported.notes:
        _name(each, document)
    for each in problems:
        tell(render_paragraph(f"does not work as it is: {each}", hang="  "))
    return 1 if problems else 0


def _read(document: Document) -> Imported:
    try:
        return read_definition(document.value)
    except ConfigurationError as error:
        found = "\n".join(_placed(each, document) for each in error.problems)
        raise UsageError(f"{document.name} is no definition:\n{found}") from None


def _name(note: Problem, document: Document) -> None:
    tell(render_paragraph(_placed(note, document), hang="  "))


def _placed(problem: Problem, document: Document) -> str:
    line = f"line {line_of(document.text, problem.path)}, " if document.text else ""
    return f"{line}{problem}"


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty, and nothing in it is overwritten")
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {reason(error)}") from None


def _summary(imported: Imported, folder: Path) -> str:
    destination = imported.destination
    package = package_name(destination.slug)
    actions = len(destination.actions)
    return "\n".join(
        (
            f"{destination.name}: {actions} action{'' if actions == 1 else 's'} in {folder}",
            f"next: write each `perform` in {folder / package / 'actions'},",
            "      then `hosts` and `extend_request` of the destination",
            f"try:  pip install -e {folder} && dkit show {destination.slug}",
        )
    )
