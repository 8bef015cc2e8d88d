"""`dkit auth`: test the credentials of an instance."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    load_instance,
    parse_connections,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.definitions import AuthResult, Writer
    from destination_kit.runtime import Instance


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance and where to connect to."""
    add_instance_argument(parser)
    add_connect_to_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write whether the partner accepts the credentials, and for which account.

    Returns 1 where it does not.
    """
    instance = load_instance(arguments, load_catalog())
    auth = asyncio.run(_authenticate(instance, parse_connections(arguments)))
    # An author may quote the partner's response here, and a response can repeat the token. Without
    # this, the token would stand in a terminal or a log.
    message = instance.redact(auth.message)
    warnings = [instance.redact(warning) for warning in auth.warnings]
    if arguments.json:
        account = auth.account
        writer.json({"ok": auth.ok, "account": account, "message": message, "warnings": warnings})
    else:
        writer.text(_render(instance.destination.name, auth, message))
        for warning in warnings:
            writer.notice(f"warning: {warning}")
    return 0 if auth.ok else 1


def _render(name: str, auth: AuthResult, message: str) -> str:
    if auth.ok:
        return f"{name} accepts the credentials{f' of {auth.account}' if auth.account else ''}."
    return message or f"{name} does not accept the credentials."


async def _authenticate(instance: Instance, connections: Mapping[str, str]) -> AuthResult:
    async with instance.open(connect_to=connections) as live:
        return await live.authenticate()
