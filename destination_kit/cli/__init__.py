"""The command line `dkit`.

A command is a module of `destination_kit.cli.commands`, or the `Command` of a plugin. `run` parses
the arguments, calls the command, and turns every exception into a sentence and an exit code.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from destination_kit.cli.errors import UsageError
from destination_kit.cli.writer import (
    ConsoleWriter,
    discard_output,
    escape_unencodable_output,
)

if TYPE_CHECKING:
    from destination_kit.catalog import Catalog
    from destination_kit.cli.instances import LoadCatalog

__all__ = ["main", "run"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command of these arguments, by default those of the process.

    Returns the exit code: 0 all well, 1 findings or failures, 2 misuse.
    """
    return run(sys.argv[1:] if argv is None else argv)


def run(argv: Sequence[str], load_catalog: LoadCatalog | None = None) -> int:
    """Run the command of these arguments on a catalog, by default that of the installed plugins.

    Returns the exit code as `main` does, and raises nothing.
    """
    from destination_kit.cli.parser import parse_arguments

    writer = ConsoleWriter()
    escape_unencodable_output()
    try:
        arguments = parse_arguments(argv, writer)
        code: int = arguments.run(arguments, load_catalog or _load_installed_catalog, writer)
    except SystemExit as error:  # argparse has written the usage or the help
        return error.code if isinstance(error.code, int) else 0
    except UsageError as error:
        writer.error(str(error))
        return 2
    except KeyboardInterrupt:
        writer.error("interrupted")
        return 1
    except BrokenPipeError:
        discard_output()
        return 1
    except Exception as error:  # noqa: BLE001 - the code of a plugin may raise anything
        writer.error(_describe_fault(error))
        return 1
    return code


def _load_installed_catalog() -> Catalog:
    from destination_kit.catalog import Catalog

    return Catalog.installed()


def _describe_fault(error: Exception) -> str:
    """Return the type and the location of an unexpected exception.

    The message stays out, because it may quote a secret of the settings. The messages of the two
    exceptions of the kit are made of names, and stay.
    """
    from destination_kit.errors import DefinitionError, HttpLibraryError

    if isinstance(error, DefinitionError | HttpLibraryError):
        return str(error)
    return f"{type(error).__name__}: a fault in {_locate_fault(error)}, please report it"


def _locate_fault(error: Exception) -> str:
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
