"""`dkit hook`: run a mapping hook, and keep its outputs in the instance file."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from destination_kit.cli.documents import error_reason, load_document
from destination_kit.cli.errors import UsageError
from destination_kit.cli.hook_inputs import add_inputs_options, read_inputs
from destination_kit.cli.instances import (
    add_connect_to_option,
    add_instance_argument,
    add_store_option,
    load_instance,
    open_store,
    parse_connections,
)
from destination_kit.errors import DefinitionError, DeliveryError, did_you_mean

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.runtime import Instance

_INDENT = 2


def add_arguments(parser: ArgumentParser) -> None:
    """Add the verb, the instance, a subscription, its hook, and the hook's inputs."""
    parser.add_argument("verb", choices=("run",), help="what to do with the hook")
    add_instance_argument(parser)
    parser.add_argument("subscription", metavar="SUBSCRIPTION", help="a subscription's name")
    parser.add_argument("hook", metavar="HOOK", help="a hook of its action, such as onMappingSave")
    add_inputs_options(parser)
    add_connect_to_option(parser)
    add_store_option(parser)


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Run a hook, write its outputs into the instance file; return 1 where it fails."""
    path = _instance_file(arguments.instance)
    instance = load_instance(arguments, load_catalog())
    index = _find_subscription(instance, arguments.subscription)
    inputs = read_inputs(arguments)
    try:
        outputs = asyncio.run(_run_hook(instance, inputs, arguments))
    except DefinitionError as error:
        raise UsageError(str(error)) from None
    except DeliveryError as error:
        # The message may quote the partner's response, and a response can repeat a secret setting.
        writer.error(instance.redact(str(error)))
        return 1
    entry = {"inputs": inputs, "outputs": outputs}
    _store(path, index, arguments.hook, entry)
    if arguments.json:
        writer.json({"hook": arguments.hook, **entry})
    else:
        for name, value in outputs.items():
            writer.text(f"{name}: {json.dumps(value, ensure_ascii=False)}")
        writer.notice(f"{arguments.instance} keeps them for deliveries")
    return 0


def _instance_file(name: str) -> Path:
    # What cannot be kept must not be made: a hook may create a list at the partner.
    if name == "-" or name.lower().endswith(".toml"):
        raise UsageError(f"hook run writes the outputs into the instance file: {name} is not JSON")
    path = Path(name).resolve()
    if path.exists() and not os.access(path, os.W_OK):
        raise UsageError(f"hook run writes the outputs into {name}, which is read only")
    return path


def _find_subscription(instance: Instance, name: str) -> int:
    """Return the index of a subscription, which is that in the document."""
    names = [subscription.name for subscription in instance.subscriptions]
    if name not in names:
        available = ", ".join(names) or "none"
        hint = did_you_mean(name, names)
        raise UsageError(f"there is no subscription {name!r}{hint}; there is: {available}")
    return names.index(name)


async def _run_hook(instance: Instance, inputs: JsonObject, arguments: Namespace) -> JsonObject:
    async with instance.open(
        connect_to=parse_connections(arguments), store=open_store(arguments)
    ) as live:
        return await live.run_hook(arguments.subscription, arguments.hook, inputs)


def _store(path: Path, index: int, hook: str, entry: JsonObject) -> None:
    """Write the inputs and outputs of a hook into the file of an instance, and nothing else."""
    document: Any = load_document(str(path)).value
    subscription = document["subscriptions"][index]
    # Segment's own shape keeps them in the mapping, under the hook's name.
    is_segments = "partnerAction" in subscription
    place = subscription.setdefault("mapping" if is_segments else "hooks", {})
    place[hook] = entry
    text = json.dumps(document, indent=_INDENT, ensure_ascii=False) + "\n"
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # A run that is killed leaves the old file or the new one.
        shutil.copy(path, temporary)  # with the mode of the file
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        made = json.dumps({hook: entry}, ensure_ascii=False)
        reason = error_reason(error)
        raise UsageError(f"cannot write {path.name}: {reason}; put this in: {made}") from None
