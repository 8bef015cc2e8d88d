"""`dkit list`: list the installed destinations."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.destinations import describe_failures

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.catalog import Catalog
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer


def add_arguments(parser: ArgumentParser) -> None:
    """Add nothing: the command takes no arguments."""


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write every destination with its actions, then the plugins that could not be loaded."""
    catalog = load_catalog()
    if arguments.json:
        writer.json(_catalog_as_json(catalog))
    elif catalog.destinations:
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


def _catalog_as_json(catalog: Catalog) -> Json:
    destinations = [
        {"slug": slug, "name": destination.name, "actions": list(destination.actions)}
        for slug, destination in catalog.destinations.items()
    ]
    failures = [
        {"plugin": failure.plugin, "message": failure.message} for failure in catalog.failures
    ]
    return {"destinations": destinations, "leftOut": failures}
