"""`dkit choices`: list the choices of a dynamic field."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit._json import as_array, as_object
from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    add_store_option,
    load_account,
    open_store,
    parse_connections,
)
from destination_kit.cli.placeholders import without_placeholders
from destination_kit.dynamic_choices import ChoiceRequest
from destination_kit.dynamic_fields import find_choices
from destination_kit.errors import DeliveryError, did_you_mean
from destination_kit.fields.introspection import collect_defaults

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination
    from destination_kit.dynamic_choices import Choices
    from destination_kit.runtime import Instance


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance, an action, one of its fields, and the page."""
    add_instance_argument(parser)
    parser.add_argument("action", metavar="ACTION", help="an action's slug")
    parser.add_argument("field", metavar="FIELD", help="a field's key")
    parser.add_argument("--search", default="", metavar="TEXT", help="the text to search for")
    parser.add_argument("--key", help="the key of an object whose value is chosen")
    parser.add_argument("--page", help="the page to list, as the previous page names it")
    add_connect_to_option(parser)
    add_store_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write a page of choices; return 1 where the partner does not list them."""
    instance, document = load_account(arguments, load_catalog())
    _check_field(instance.destination, arguments.action, arguments.field)
    mapping = _find_mapping(document.value, instance.destination, arguments.action)
    try:
        page = asyncio.run(_fetch_choices(instance, mapping, arguments))
    except DeliveryError as error:
        # The message may quote the partner's response, and a response can repeat a secret setting.
        writer.error(instance.redact(str(error)))
        return 1
    if arguments.json:
        choices = [{"value": choice.value, "label": choice.label} for choice in page.choices]
        writer.json({"choices": choices, "nextPage": page.next_page})
    else:
        _write_page(page, writer)
    return 0


def _check_field(destination: Destination, action: str, field: str) -> None:
    """Raise `UsageError`, with the known names, where there is no such action or dynamic field."""
    actions = destination.actions
    if action not in actions:
        problem, name, names = (
            f"{destination.name} has no action {action!r}",
            action,
            sorted(actions),
        )
    elif find_choices(actions[action].choices, field, ChoiceRequest()) is None:
        problem, name = f"{field!r} of {action} has no choices", field
        names = sorted(actions[action].choices)
    else:
        return
    available = ", ".join(names) or "none"
    raise UsageError(f"{problem}{did_you_mean(name, names)}; there is: {available}")


def _write_page(page: Choices, writer: Writer) -> None:
    if page.choices:
        writer.table(("value", "label"), [(choice.value, choice.label) for choice in page.choices])
    else:
        writer.text("There is nothing to choose from.")
    if page.next_page is not None:
        writer.notice(f"there is more: --page '{page.next_page}'")


def _find_mapping(document: Json, destination: Destination, action: str) -> JsonObject:
    """Return the mapping of the action's first subscription, as far as it is filled in."""
    # A function that lists choices may need the values of other fields: the mailing lists are those
    # of a directory. The command names no subscription, so the action's first one gives them.
    for subscription in map(as_object, as_array(as_object(document).get("subscriptions"))):
        if action in (subscription.get("action"), subscription.get("partnerAction")):
            mapping = as_object(subscription.get("mapping"))
            has_defaults = subscription.get("useDefaultMapping") is True
            defaults = collect_defaults(destination.actions[action].fields) if has_defaults else {}
            return without_placeholders({**defaults, **mapping})
    return {}


async def _fetch_choices(instance: Instance, mapping: JsonObject, arguments: Namespace) -> Choices:
    async with instance.open(
        connect_to=parse_connections(arguments), store=open_store(arguments)
    ) as live:
        return await live.choices(
            arguments.action,
            arguments.field,
            mapping=mapping,
            page=arguments.page,
            search=arguments.search,
            selected_key=arguments.key,
        )
