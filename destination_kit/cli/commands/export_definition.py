"""`dkit export`: write an installed destination in the shape of Segment's published definitions."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.destinations import add_slug_argument, find_destination
from destination_kit.segment import write_definition

if TYPE_CHECKING:
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer


def add_arguments(parser: ArgumentParser) -> None:
    """Add the destination."""
    add_slug_argument(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write the definition, as JSON with or without `--json`."""
    writer.json(write_definition(find_destination(load_catalog(), arguments.slug)))
    return 0
