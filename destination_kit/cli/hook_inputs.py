"""Inputs of a mapping hook on the command line: a file, and single values."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.cli.documents import load_document, parse_json
from destination_kit.cli.errors import UsageError

if TYPE_CHECKING:
    from destination_kit._json import Json


def add_inputs_options(parser: ArgumentParser) -> None:
    """Add `--inputs` and `--input`, which `read_inputs` reads."""
    parser.add_argument("--inputs", metavar="FILE", help="a JSON or TOML file with the inputs")
    parser.add_argument(
        "--input",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="one input, as JSON or as text; may be repeated",
    )


def read_inputs(arguments: Namespace) -> dict[str, Json]:
    """Return the inputs of the file, then the single ones; raise `UsageError`."""
    given = as_object(load_document(arguments.inputs).value) if arguments.inputs else {}
    return {**given, **_parse_pairs(arguments.input)}


def _parse_pairs(pairs: Sequence[str]) -> dict[str, Json]:
    inputs: dict[str, Json] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(f"--input {pair}: should be NAME=VALUE, such as name=Newsletter")
        try:
            inputs[name] = parse_json(text, name)
        except UsageError:
            inputs[name] = text
    return inputs
