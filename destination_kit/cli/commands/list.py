"""`dkit list`: the destinations that are installed."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.instances import left_out
from destination_kit.cli.output import render_table, show, show_json, tell

if TYPE_CHECKING:
    from destination_kit.cli.instances import LoadCatalog


def add_arguments(parser: ArgumentParser) -> None:
    """Take none."""


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Show every destination, and what was left out."""
    catalog = load_catalog()
    found = [
        {"slug": each.slug, "name": each.name, "actions": list(each.actions)}
        for each in catalog.destinations.values()
    ]
    omitted = [{"plugin": each.plugin, "message": each.message} for each in catalog.failures]
    if arguments.json:
        show_json({"destinations": found, "leftOut": omitted})
    else:
        rows = [
            (slug, each.name, ", ".join(each.actions))
            for slug, each in catalog.destinations.items()
        ]
        show(
            render_table(("slug", "name", "actions"), rows)
            if rows
            else "No destination is installed."
        )
    for line in left_out(catalog):
        tell(line)
    return 0
