"""`dkit list`: list the installed destinations."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.destinations import describe_failures

if TYPE_CHECKING:
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.definitions import Writer


def add_arguments(parser: ArgumentParser) -> None:
    """Add nothing: the command takes no arguments."""


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write every destination with its actions, then the plugins that could not be loaded."""
    catalog = load_catalog()
    destinations = catalog.destinations.values()
    if arguments.json:
        left_out = [
            {"plugin": failure.plugin, "message": failure.message} for failure in catalog.failures
        ]
        listed = [
            {
                "slug": destination.slug,
                "name": destination.name,
                "actions": list(destination.actions),
            }
            for destination in destinations
        ]
        writer.json({"destinations": listed, "leftOut": left_out})
    elif destinations:
        rows = [
            (slug, destination.name, ", ".join(destination.actions))
            for slug, destination in catalog.destinations.items()
        ]
        writer.table(("slug", "name", "actions"), rows)
    else:
        writer.text("No destination is installed.")
    for line in describe_failures(catalog):
        writer.notice(line)
    return 0
