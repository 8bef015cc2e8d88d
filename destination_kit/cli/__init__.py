"""The command line `dkit`.

A command is a module of `destination_kit.cli.commands`, or the `Command` of a plugin. `run` parses
the arguments, calls the command, and turns every exception into a sentence and an exit code.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from destination_kit.cli.errors import OutputError, UsageError
from destination_kit.cli.writer import (
    ConsoleWriter,
    discard_output,
    flush_output,
    prepare_output,
)

if TYPE_CHECKING:
    from destination_kit.catalog import Catalog
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.cli.parser import LoadPlugins
    from destination_kit.plugins import Plugins

__all__ = ["main", "run"]

# A full disk or quota, a file that may not grow, and too many open files.
_MACHINE_ERRORS: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE}
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command of these arguments, by default those of the process.

    Returns the exit code: 0 all well, 1 findings or failures, 2 misuse.
    """
    if argv is not None:
        return run(argv)
    code = run(sys.argv[1:])
    from destination_kit.cli.plugin_output import send_exit_output_to_stderr

    send_exit_output_to_stderr()
    return code


def run(
    argv: Sequence[str],
    load_catalog: LoadCatalog | None = None,
    load_plugins: LoadPlugins | None = None,
) -> int:
    """Run the command of these arguments; return the exit code as `main` does, and raise nothing.

    The kit's own commands work on the catalog of `load_catalog`. The commands of plugins come from
    `load_plugins`. Both default to the installed plugins.
    """
    from destination_kit.cli.parser import parse_arguments
    from destination_kit.cli.plugin_output import keep_stdout_clean

    writer = ConsoleWriter()
    prepare_output()
    try:
        arguments = parse_arguments(argv, writer, load_plugins or _load_command_plugins)
        writer.log_format = vars(arguments).get("log_format", "text")
        load = keep_stdout_clean(load_catalog or _load_installed_catalog)
        code: int = arguments.run(arguments, load, writer)
    except SystemExit as error:
        # argparse raises it after `--help` and misuse, which would end a program that calls `main`.
        return _exit_after_parsing(error, writer)
    except UsageError as error:
        writer.error(str(error))
        return 2
    except KeyboardInterrupt:
        writer.error("interrupted")
        return 1
    except (BrokenPipeError, OutputError) as error:
        return _fail_output(error, writer)
    except BaseException as error:  # noqa: BLE001 - a plugin's code may raise anything, and a traceback may quote a secret
        writer.error(_describe_fault(error))
        return 2 if _is_misuse(error) else 1
    return code


def _load_command_plugins() -> Plugins:
    """Return the installed plugins that may bring commands: the kit's own plugins bring none."""
    from destination_kit.plugins import Plugins

    return Plugins.installed(include_own=False)


def _load_installed_catalog() -> Catalog:
    """Return the installed catalog; its failures include those of the plugins' commands."""
    from destination_kit.catalog import Catalog
    from destination_kit.cli.parser import RESERVED_NAMES
    from destination_kit.cli.plugin_commands import gather_commands
    from destination_kit.plugins import Plugins

    plugins = Plugins.installed()
    gather_commands(plugins, RESERVED_NAMES)
    return Catalog.of_plugins(plugins)


def _exit_after_parsing(error: SystemExit, writer: ConsoleWriter) -> int:
    try:
        flush_output()
    except (BrokenPipeError, OutputError) as output_error:
        return _fail_output(output_error, writer)
    return _exit_code(error, writer)


def _fail_output(error: OSError, writer: ConsoleWriter) -> int:
    """Return the exit code of a command whose result cannot be written.

    A reader that closed its pipe, such as `head`, has what it wants, and needs no message.
    """
    if isinstance(error, OutputError):
        writer.error(f"cannot write the result to standard output: {error.strerror}")
    discard_output()
    return 1


def _exit_code(error: SystemExit, writer: ConsoleWriter) -> int:
    """Return the code of `sys.exit`; write a message that stands in its place, as Python does."""
    if error.code is None or isinstance(error.code, int):
        # The system keeps the lowest byte of an exit code only (exit(3)). It would turn 256 into 0,
        # which counts as success.
        code = int(error.code or 0)
        return code if 0 <= code <= 255 else 1  # noqa: PLR2004 - 255 is the largest exit code
    writer.error(str(error.code))
    return 1


def _is_misuse(error: BaseException) -> bool:
    """Return whether the fault is a setting of the person who runs the command."""
    from destination_kit.errors import EnvironmentVariableError, HttpLibraryError

    return isinstance(error, HttpLibraryError | EnvironmentVariableError)


def _describe_fault(error: BaseException) -> str:
    """Return what is wrong with the machine, or the type and location of an unexpected exception.

    The message stays out, because it may quote a secret of the settings. The messages of three
    exceptions of the kit are made of names, and stay.
    """
    from destination_kit.errors import DefinitionError, EnvironmentVariableError, HttpLibraryError

    if isinstance(error, DefinitionError | EnvironmentVariableError | HttpLibraryError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _MACHINE_ERRORS:
        file = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{file}: make room or lift the limit, and repeat the command"
    return f"{type(error).__name__}: a fault in {_locate_fault(error)}, please report it"


def _locate_fault(error: BaseException) -> str:
    """Return module, file and line of the innermost frame outside the standard library."""
    from pathlib import Path
    from traceback import walk_tb

    frames = [
        (str(frame.f_globals.get("__name__")), Path(frame.f_code.co_filename).name, line)
        for frame, line in walk_tb(error.__traceback__)
    ]
    outside = [
        frame for frame in frames if frame[0].partition(".")[0] not in sys.stdlib_module_names
    ]
    module, file, line = (outside or frames)[-1]
    name = "dkit" if module.partition(".")[0] == "destination_kit" else module
    return f"{name} ({file}, line {line})"
