"""Sample payloads: what a mapping that is not ready yet makes of a person's sample event."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from destination_kit.cli.errors import UsageError
from destination_kit.errors import MappingError, PayloadValidationError

if TYPE_CHECKING:
    from destination_kit._json import JsonObject
    from destination_kit.catalog import Catalog

_STANDARD_INPUT: Final = "-"


def add_event_option(parser: ArgumentParser) -> None:
    """Add `--event`, which `read_sample_payload` reads."""
    parser.add_argument(
        "--event", metavar="EVENTS", help="a file of events: choices see the payload of the first"
    )


def read_sample_payload(arguments: Namespace, mapping: JsonObject, catalog: Catalog) -> JsonObject:
    """Return what a mapping makes of the sample event; empty without one.

    Raises `UsageError` for a file without an event, and for a mapping that cannot be resolved.
    """
    if arguments.event is None:
        return {}
    from destination_kit.mapping import compile_mapping

    if arguments.event == arguments.instance == _STANDARD_INPUT:
        raise UsageError("only one of INSTANCE and --event can be standard input")
    event = _read_first_event(arguments.event)
    try:
        payload = compile_mapping(mapping, directives=catalog.directives)(event)
    except MappingError as error:
        lines = (f"  {problem.path}: {problem.message}" for problem in error.problems)
        raise UsageError("\n".join(("--event needs a mapping without errors:", *lines))) from None
    except PayloadValidationError as error:
        raise UsageError(f"--event {arguments.event}: {error}") from None
    return payload if isinstance(payload, Mapping) else {}


def _read_first_event(path: str) -> JsonObject:
    from destination_kit.delivery import InvalidLine, LineSource, SourceError, read_delivery_request

    if path == _STANDARD_INPUT and sys.stdin is None:
        raise UsageError("standard input is closed: name a file of events")
    source = sys.stdin.fileno() if path == _STANDARD_INPUT else path

    async def read() -> JsonObject:
        async for line in LineSource(source).lines():
            request = read_delivery_request(line)
            if isinstance(request, InvalidLine):
                raise UsageError(f"--event {path}, {line.label}: {request.failure.message}")
            return request.event
        raise UsageError(f"--event {path}: there is no event in it")

    try:
        return asyncio.run(read())
    except SourceError as error:
        raise UsageError(f"--event: {error}") from None
