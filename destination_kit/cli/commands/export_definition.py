"""`dkit export`: an installed destination as Segment's documents describe one."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.instances import find_destination
from destination_kit.cli.output import show_json
from destination_kit.segment import write_definition

if TYPE_CHECKING:
    from destination_kit.cli.instances import LoadCatalog


def add_arguments(parser: ArgumentParser) -> None:
    """Take a destination."""
    parser.add_argument("slug", metavar="SLUG", help="a destination's slug, or its last word")


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Show the document, which is JSON anyway."""
    show_json(write_definition(find_destination(load_catalog(), arguments.slug)))
    return 0
