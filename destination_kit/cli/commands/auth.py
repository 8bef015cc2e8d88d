"""`dkit auth`: test the credentials of an instance."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.auth_results import auth_record
from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    add_store_option,
    load_account,
    open_store,
    parse_connections,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from destination_kit._json import Json, JsonObject
    from destination_kit.auth_results import AuthResult, Permission
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination
    from destination_kit.runtime import Instance
    from destination_kit.stores import Store

_ANSWERS = {True: "yes", False: "no", None: "unknown"}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the instance and where to connect to."""
    add_instance_argument(parser)
    add_connect_to_option(parser)
    add_store_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write whether the partner accepts the credentials, and for which account.

    Returns 1 where it does not. A destination without a test makes no call, and is no failure.
    """
    instance, _ = load_account(arguments, load_catalog())
    connections = parse_connections(arguments)
    if instance.destination.authentication.test is None:
        _report_untested(instance.destination, arguments, writer)
        return 0
    auth = asyncio.run(_authenticate(instance, connections, open_store(arguments)))
    if arguments.json:
        writer.json(auth_record(auth))
    else:
        _write(instance.destination.name, auth, writer)
    return 0 if auth.ok else 1


def _report_untested(destination: Destination, arguments: Namespace, writer: Writer) -> None:
    if destination.authentication.scheme == "none":
        message = f"{destination.name} asks for no credentials, so there is nothing to test."
        warnings: list[Json] = []
    else:
        message = f"The credentials were not tested: {destination.name} has no test of them."
        warnings = ["the first event will show whether they are good"]
    if arguments.json:
        record: JsonObject = {"ok": None, "tested": False, "account": None}
        writer.json({**record, "message": message, "warnings": warnings})
        return
    writer.text(message)
    for warning in warnings:
        writer.notice(f"warning: {warning}")


def _write(name: str, auth: AuthResult, writer: Writer) -> None:
    writer.text(_render(name, auth))
    if auth.permissions:
        rows = [
            (permission.name, permission.resource, _ANSWERS[permission.granted])
            for permission in auth.permissions
        ]
        writer.text("")
        writer.table(("permission", "for", "granted"), rows)
    for warning in (*auth.warnings, *map(_describe_missing, _missing(auth))):
        writer.notice(f"warning: {warning}")


def _missing(auth: AuthResult) -> list[Permission]:
    return [permission for permission in auth.permissions if permission.granted is False]


def _describe_missing(permission: Permission) -> str:
    resource = f" for {permission.resource}" if permission.resource else ""
    return f"{permission.name}{resource} is not granted: {permission.consequence}"


def _render(name: str, auth: AuthResult) -> str:
    if auth.ok:
        return f"{name} accepts the credentials{f' of {auth.account}' if auth.account else ''}."
    return auth.message or f"{name} does not accept the credentials."


async def _authenticate(
    instance: Instance, connections: Mapping[str, str], store: Store | None
) -> AuthResult:
    async with instance.open(connect_to=connections, store=store) as live:
        return await live.authenticate()
