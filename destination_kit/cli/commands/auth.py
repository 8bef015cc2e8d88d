"""`dkit auth`: ask the partner whether the credentials are good."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.instances import (
    add_connections,
    add_instance,
    load_instance,
    read_connections,
)
from destination_kit.cli.output import show, show_json, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destination_kit.cli.instances import LoadCatalog
    from destination_kit.definitions import AuthResult
    from destination_kit.runtime import Instance


def add_arguments(parser: ArgumentParser) -> None:
    """Take an instance."""
    add_instance(parser)
    add_connections(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Show whether the partner knows us, and as whom."""
    instance = load_instance(arguments, load_catalog())
    found = asyncio.run(_ask(instance, read_connections(arguments)))
    message, account = instance.redact(found.message), found.account
    warnings = [instance.redact(each) for each in found.warnings]
    if arguments.json:
        show_json({"ok": found.ok, "account": account, "message": message, "warnings": warnings})
        return 0 if found.ok else 1
    name = instance.destination.name
    if found.ok:
        show(f"{name} accepts the credentials{f' of {account}' if account else ''}.")
    else:
        show(message or f"{name} does not accept the credentials.")
    for warning in warnings:
        tell(f"warning: {warning}")
    return 0 if found.ok else 1


async def _ask(instance: Instance, connections: Mapping[str, str]) -> AuthResult:
    async with instance.open(connect_to=connections) as live:
        return await live.authenticate()
