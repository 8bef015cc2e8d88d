"""`dkit audience`: create or find an audience at the partner."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.audience_details import AudienceDetails
from destination_kit.cli.documents import parse_json
from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    add_store_option,
    load_account,
    open_store,
    parse_connections,
)
from destination_kit.cli.write_approval import may_write
from destination_kit.errors import ConfigurationError, DeliveryError

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination
    from destination_kit.runtime import Instance

_CREATE = "create"


def add_arguments(parser: ArgumentParser) -> None:
    """Add what to do, the instance, and the parts of an audience."""
    parser.add_argument("operation", metavar="create|get", choices=(_CREATE, "get"))
    add_instance_argument(parser)
    parser.add_argument("--name", help="the name of the audience to create")
    parser.add_argument("--external-id", metavar="ID", help="the partner's id of the one to get")
    parser.add_argument("--settings", metavar="JSON", default="{}", help="settings of the audience")
    parser.add_argument("--computation-id", metavar="ID", help="the platform's id of the audience")
    parser.add_argument("--computation-key", metavar="KEY", help="the key in the events")
    parser.add_argument("--computation-class", metavar="CLASS", help="such as audience")
    parser.add_argument("--yes", action="store_true", help="create the audience without asking")
    add_connect_to_option(parser)
    add_store_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Write the partner's id of the audience; return 1 where the partner refuses it."""
    instance, _ = load_account(arguments, load_catalog())
    _check_functions(instance.destination, arguments.operation)
    audience = _read_audience(arguments)
    if not _is_allowed(instance.destination, arguments):
        writer.error("no audience was created")
        return 1
    try:
        external_id = asyncio.run(_ask_partner(instance, audience, arguments))
    except ConfigurationError as error:
        lines = (f"  {_option(problem.path)}: {problem.message}" for problem in error.problems)
        raise UsageError("\n".join(("the audience is not ready:", *lines))) from None
    except DeliveryError as error:
        # The message may quote the partner's response, and a response can repeat a secret setting.
        writer.error(instance.redact(str(error)))
        return 1
    if arguments.json:
        writer.json({"externalId": external_id})
    else:
        writer.text(external_id)
    return 0


def _check_functions(destination: Destination, operation: str) -> None:
    audience = destination.audience
    if audience is None or getattr(audience, f"{operation}_audience") is None:
        verb = "creates" if operation == _CREATE else "finds"
        raise UsageError(f"{destination.name} {verb} no audiences")


def _is_allowed(destination: Destination, arguments: Namespace) -> bool:
    # An audience without a name is refused anyway, so the question would be idle.
    if arguments.operation != _CREATE or not arguments.name:
        return True
    question = f"Create the audience {arguments.name!r} in {destination.name}"
    return may_write(arguments, question, "creates")


def _read_audience(arguments: Namespace) -> AudienceDetails:
    """Return the audience of the arguments."""
    return AudienceDetails(
        name=arguments.name,
        external_id=arguments.external_id,
        computation_id=arguments.computation_id,
        computation_key=arguments.computation_key,
        computation_class=arguments.computation_class,
        settings=_read_settings(arguments.settings),
    )


def _read_settings(text: str) -> JsonObject:
    settings = parse_json(text, "--settings")
    if not isinstance(settings, dict):
        raise UsageError('--settings: should be a JSON object, such as \'{"list": "a"}\'')
    return as_object(settings)


def _option(path: str) -> str:
    """Return the option that a problem is about: `--name`, or a setting with its path."""
    name, _, rest = path.removeprefix("/").partition("/")
    option = f"--{name.replace('_', '-')}"
    return f"{option} {rest}" if rest else option


async def _ask_partner(instance: Instance, audience: AudienceDetails, arguments: Namespace) -> str:
    async with instance.open(
        connect_to=parse_connections(arguments), store=open_store(arguments)
    ) as live:
        if arguments.operation == _CREATE:
            return await live.create_audience(audience)
        return await live.get_audience(audience)
