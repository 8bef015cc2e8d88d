"""`dkit delete`: have a partner delete what it holds of a user."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from functools import partial
from typing import TYPE_CHECKING

from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    add_store_option,
    load_instance,
    open_store,
    parse_connections,
)
from destination_kit.cli.write_approval import may_write
from destination_kit.deletion import ON_DELETE, create_delete_event
from destination_kit.delivery.outcomes import status_of, subscription_record
from destination_kit.results import Failed, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.results import EventResult, SubscriptionResult
    from destination_kit.runtime import Live


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance, the ids of the user, and the approval."""
    add_instance_argument(parser)
    parser.add_argument("--user-id", metavar="ID", help="the user's userId")
    parser.add_argument("--anonymous-id", metavar="ID", help="the user's anonymousId")
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    add_connect_to_option(parser)
    add_store_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Delete a user, and write the result; return 1 where it failed or was not allowed."""
    try:
        event = create_delete_event(arguments.user_id, arguments.anonymous_id)
    except ValueError:
        raise UsageError("name the user by --user-id, --anonymous-id, or both") from None
    instance = load_instance(arguments, load_catalog())
    open_live = partial(
        instance.open, connect_to=parse_connections(arguments), store=open_store(arguments)
    )
    if not any(instance.find_matching(event, None)):
        raise UsageError(
            f"{instance.destination.name} has no {ON_DELETE}, and no subscription matches"
            f" delete events"
        )
    ids = " and ".join(f"{name} {value!r}" for name, value in event.items() if name != "type")
    question = f"Delete what {instance.destination.name} holds of {ids}"
    if not may_write(arguments, question, "deletes"):
        writer.error("nothing was deleted")
        return 1
    result = asyncio.run(_delete(open_live, arguments))
    if arguments.json:
        results = [subscription_record(item) for item in result.results]
        writer.json({"status": status_of(result), "results": results})
    else:
        for item in result.results:
            writer.text(_describe(item))
    return 0 if result.ok else 1


def _describe(item: SubscriptionResult) -> str:
    if isinstance(item.result, Failed):
        return f"{item.subscription}: {item.result.code}: {item.result.message}"
    if isinstance(item.result, Skipped):
        return f"{item.subscription}: skipped, {item.result.reason}"
    return f"{item.subscription}: delivered"


async def _delete(open_live: Callable[[], Live], arguments: Namespace) -> EventResult:
    async with open_live() as live:
        return await live.delete(user_id=arguments.user_id, anonymous_id=arguments.anonymous_id)
