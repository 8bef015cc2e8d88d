"""Commands that plugins add to `dkit`, checked and without two of one name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from destination_kit.plugins import Contribution, PluginFailure, Plugins, resolve_name_conflicts

if TYPE_CHECKING:
    from argparse import Namespace

    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Command, Writer

# A name with other characters would need quotes in a shell, or look like an option.
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MAX_LENGTH = 64
_MAX_EXIT_CODE = 255


def gather_commands(plugins: Plugins, own_names: Collection[str]) -> dict[str, Command]:
    """Return the commands of plugins by name.

    A command that is not well defined, or whose name is taken, is left out and recorded in
    `plugins.failures`. `own_names` are those of the kit's own commands.
    """
    well_defined = _well_defined(plugins)
    commands = {}
    for contribution in resolve_name_conflicts(plugins, "command", well_defined, own_names):
        commands[contribution.name] = contribution.item
        plugins.record_contribution("commands", contribution.name, contribution.plugin)
    return dict(sorted(commands.items()))


def _well_defined(plugins: Plugins) -> Iterator[Contribution]:
    for contribution in plugins.commands():
        try:
            problem = _find_problem(contribution.item)
            message = f"the command {contribution.name!r} is not well defined: {problem}"
        except Exception as error:  # noqa: BLE001 - an attribute of a plugin's record may raise
            problem = message = f"a command raised {type(error).__name__} when it was checked"
        if problem:
            plugins.failures.append(PluginFailure(contribution.plugin, message))
        else:
            yield contribution


def _find_problem(command: Any) -> str | None:
    """Return the problem of a command, None for a well-defined one."""
    if not _NAME.fullmatch(command.name) or len(command.name) > _MAX_LENGTH:
        return (
            f"its name should be of lower-case letters, digits and hyphens, {_MAX_LENGTH} at most"
        )
    if not isinstance(command.help, str) or not command.help.strip():
        return "its help should be a sentence"
    if not callable(command.run):
        return "its run should be a function (arguments, writer)"
    if command.add_arguments is not None and not callable(command.add_arguments):
        return "its add_arguments should be a function (parser), or None"
    return None


def run_command(
    command: Command, arguments: Namespace, _load_catalog: LoadCatalog, writer: Writer
) -> int:
    """Run the command of a plugin in the shape of the kit's own commands.

    Returns 1, with an error that names the command, where it does not return an exit code.
    """
    code: object = command.run(arguments, writer)
    # The system keeps the lowest byte of an exit code only (exit(3)). It would turn 256 into 0,
    # which counts as success.
    if isinstance(code, int) and 0 <= code <= _MAX_EXIT_CODE:
        return code
    returned = code if isinstance(code, int) else type(code).__name__
    writer.error(f"the command {command.name} returned {returned}, which is no exit code")
    return 1
