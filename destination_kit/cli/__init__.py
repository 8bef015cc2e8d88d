"""The command line `dkit`: what the kit can do, from a shell."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from destination_kit.cli.errors import UsageError
from destination_kit.cli.output import forget_stdout, settle_streams, tell

if TYPE_CHECKING:
    from destination_kit.catalog import Catalog
    from destination_kit.cli.instances import LoadCatalog

__all__ = ["main", "run"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 all well, 1 findings or failures, 2 misuse."""
    if argv is not None:  # then the process is somebody else's, and so is its garbage
        return run(argv)
    gc.disable()  # what is made while modules load is none
    try:
        return run(sys.argv[1:], _load_and_collect)
    finally:
        gc.unfreeze()  # or whoever flushes a file when it is collected would lose that
        gc.enable()


def _load_and_collect() -> Catalog:
    """Return the installed catalog; from here on garbage is looked for, among what is new."""
    from destination_kit.cli.instances import load_installed

    catalog = load_installed()
    gc.freeze()
    gc.enable()
    return catalog


def run(argv: Sequence[str], load_catalog: LoadCatalog | None = None) -> int:
    """Do what `main` does, on a catalog of the caller's choice; the installed one if not given."""
    from destination_kit.cli.instances import load_installed
    from destination_kit.cli.parser import parse_arguments

    settle_streams()
    try:
        arguments = parse_arguments(argv)
        code: int = arguments.run(arguments, load_catalog or load_installed)
    except SystemExit as said:  # argparse has explained itself
        return said.code if isinstance(said.code, int) else 0
    except UsageError as error:
        tell(f"dkit: {error}")
        return 2
    except KeyboardInterrupt:
        tell("dkit: interrupted")
        return 1
    except BrokenPipeError:
        forget_stdout()
        return 1
    except Exception as error:  # noqa: BLE001 - a plugin's code may raise anything
        tell(f"dkit: {_unexpected(error)}")
        return 1
    return code


def _unexpected(error: Exception) -> str:
    """Return what may be told of a fault: its message may hold a secret, its type cannot."""
    from destination_kit.errors import DefinitionError, HttpLibraryError

    if isinstance(error, DefinitionError | HttpLibraryError):
        return str(error)
    return f"{type(error).__name__}: a fault in {_place(error)}, please report it"


def _place(error: Exception) -> str:
    """Return whose code failed and where, leaving Python's own out."""
    from pathlib import Path
    from traceback import walk_tb

    frames = [
        (str(frame.f_globals.get("__name__")), Path(frame.f_code.co_filename).name, line)
        for frame, line in walk_tb(error.__traceback__)
    ]
    own = [each for each in frames if each[0].partition(".")[0] not in sys.stdlib_module_names]
    module, file, line = (own or frames)[-1]
    whose = "dkit" if module.partition(".")[0] == "destination_kit" else module
    return f"{whose} ({file}, line {line})"
