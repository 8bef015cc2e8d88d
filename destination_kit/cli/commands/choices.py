"""`dkit choices`: list what a dynamic field can be set to."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import (
    add_connections,
    add_instance,
    load_instance,
    read_connections,
)
from destination_kit.cli.output import render_table, show, show_json, tell
from destination_kit.errors import DeliveryError, did_you_mean

if TYPE_CHECKING:
    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.definitions import Choices, Destination
    from destination_kit.runtime import Instance


def add_arguments(parser: ArgumentParser) -> None:
    """Take an instance and a field of an action."""
    add_instance(parser)
    parser.add_argument("action", metavar="ACTION", help="an action's slug")
    parser.add_argument("field", metavar="FIELD", help="a field's key")
    parser.add_argument("--page", help="the page to show, as the page before named it")
    add_connections(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Show a page of choices."""
    instance = load_instance(arguments, load_catalog())
    _check_place(instance.destination, arguments.action, arguments.field)
    try:
        found = asyncio.run(_ask(instance, arguments))
    except DeliveryError as error:
        tell(f"dkit: {instance.redact(str(error))}")
        return 1
    _show(found, as_json=arguments.json)
    return 0


def _check_place(destination: Destination, action: str, field: str) -> None:
    """Raise `UsageError` that names what there is, where an action or a field is not."""
    actions = destination.actions
    if action not in actions:
        missing, known = f"{destination.name} has no action {action!r}", sorted(actions)
    elif field not in actions[action].choices:
        missing, known = f"{field!r} of {action} has no choices", sorted(actions[action].choices)
    else:
        return
    there = ", ".join(known) or "none"
    raise UsageError(
        f"{missing}{did_you_mean(field if action in actions else action, known)}; there is: {there}"
    )


def _show(found: Choices, *, as_json: bool) -> None:
    if as_json:
        choices = [{"value": each.value, "label": each.label} for each in found.choices]
        show_json({"choices": choices, "nextPage": found.next_page})
        return
    rows = [(each.value, each.label) for each in found.choices]
    show(render_table(("value", "label"), rows) if rows else "There is nothing to choose from.")
    if found.next_page is not None:
        tell(f"there is more: --page '{found.next_page}'")


async def _ask(instance: Instance, arguments: Namespace) -> Choices:
    same = (each.mapping for each in instance.subscriptions if each.action == arguments.action)
    async with instance.open(connect_to=read_connections(arguments)) as live:
        return await live.choices(
            arguments.action, arguments.field, mapping=next(same, {}), page=arguments.page
        )
