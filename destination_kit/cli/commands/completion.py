"""`dkit completion`: write a script that completes commands and options in a shell."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from destination_kit.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer

_INSTALL = "pip install 'destination-kit[completion]'"
_FILES = frozenset({"EVENTS", "FILE", "INSTANCE", "METADATA", "RESULTS"})
_DIRECTORIES = frozenset({"DIR"})


def add_arguments(parser: ArgumentParser) -> None:
    """Add the shell."""
    parser.add_argument("shell", metavar="SHELL", help="bash, zsh or another shell of shtab")


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:  # noqa: ARG001 - every command gets a catalog, but completion needs none
    """Write the script for a shell."""
    shtab = _import_shtab()
    if arguments.shell not in shtab.SUPPORTED_SHELLS:
        known = ", ".join(shtab.SUPPORTED_SHELLS)
        raise UsageError(f"there is no completion for {arguments.shell!r}; there is: {known}")
    script: str = shtab.complete(_build_parser(shtab, writer), arguments.shell)
    if arguments.json:
        writer.json({"shell": arguments.shell, "script": script})
    else:
        # The writer would replace the control characters that a script may have.
        print(script)
    return 0


def _import_shtab() -> Any:
    try:
        import shtab
    except ModuleNotFoundError:
        raise UsageError(f"shell completion needs shtab: {_INSTALL}") from None
    return shtab


def _build_parser(shtab: Any, writer: Writer) -> ArgumentParser:
    """Return the parser of all commands, whose files and folders the shell completes."""
    from destination_kit.cli.parser import build_complete_parser

    parser = build_complete_parser(writer)
    for action in _list_actions(parser):
        if action.metavar in _FILES:
            action.complete = shtab.FILE
        elif action.metavar in _DIRECTORIES:
            action.complete = shtab.DIRECTORY
    return parser


def _list_actions(parser: ArgumentParser) -> Iterator[Any]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list
        if isinstance(action.choices, dict):
            for subparser in action.choices.values():
                yield from _list_actions(subparser)
        yield action
