"""`dkit import`: turn a published Segment definition into a Python package or our own document."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from destination_kit.cli.documents import Document, error_reason, load_document, render_problem
from destination_kit.cli.errors import UsageError
from destination_kit.cli.rendering import render_paragraph
from destination_kit.definition_checks import (
    check_default_triggers,
    check_destination_structure,
)
from destination_kit.errors import ConfigurationError
from destination_kit.mapping import DIRECTIVES
from destination_kit.publish import definition_document
from destination_kit.scaffold import package_files, package_name
from destination_kit.segment import read_definition

if TYPE_CHECKING:
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination
    from destination_kit.segment import Imported


def add_arguments(parser: ArgumentParser) -> None:
    """Add the definition and the folder."""
    parser.add_argument(
        "metadata", metavar="METADATA", help="a published definition: METADATA.json, or - for stdin"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="new folder for the package; required without --json",
    )


def run(arguments: Namespace, _load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write the package or the document, then what was changed and what an author must mend.

    Returns 1 where the destination cannot be loaded as it was written.
    """
    if arguments.out is None and not arguments.json:
        raise UsageError("import needs a folder for the package, --out DIR, or --json")
    document = load_document(arguments.metadata)
    imported = _read_definition(document)
    destination = imported.destination
    problems = check_destination_structure(destination, DIRECTIVES)
    # If the output came first, it would tell a person to install a package that a full disk or a
    # missing permission then prevents.
    if arguments.out is not None:
        _write_package(arguments.out, package_files(destination))
    if arguments.json:
        writer.json(definition_document(destination))
    else:
        writer.text(_render_next_steps(destination, arguments.out))
    for note in imported.notes:
        writer.notice(render_paragraph(render_problem(note, document), hang="  "))
    for problem in problems:
        writer.notice(render_paragraph(f"does not work as it is: {problem}", hang="  "))
    for problem in () if problems else check_default_triggers(destination):
        notice = f"this trigger cannot be read, everything else works: {problem}"
        writer.notice(render_paragraph(notice, hang="  "))
    return 1 if problems else 0


def _read_definition(document: Document) -> Imported:
    try:
        return read_definition(document.value)
    except ConfigurationError as error:
        problems = "\n".join(render_problem(problem, document) for problem in error.problems)
        raise UsageError(f"{document.name} is no definition:\n{problems}") from None


def _write_package(folder: Path, files: dict[str, str]) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; dkit overwrites no file: name a new folder")
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error_reason(error)}") from None


def _render_next_steps(destination: Destination, folder: Path) -> str:
    actions = folder / package_name(destination.slug) / "actions"
    count = len(destination.actions)
    return "\n".join(
        (
            f"{destination.name}: {count} action{'' if count == 1 else 's'} in {folder}",
            f"next: write each `perform` in {actions},",
            "      then `hosts` and `extend_request` of the destination",
            f"try:  pip install -e {folder} && dkit show {destination.slug}",
        )
    )
