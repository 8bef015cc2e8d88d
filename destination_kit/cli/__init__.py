"""The command line `dkit`: what the kit can do, from a shell."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from destination_kit.cli.misuse import Misuse
from destination_kit.cli.output import forget_stdout, settle_streams, tell

if TYPE_CHECKING:
    from destination_kit.cli.catalogs import LoadCatalog

__all__ = ["main", "run"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 all well, 1 findings or failures, 2 misuse."""
    return run(sys.argv[1:] if argv is None else argv)


def run(argv: Sequence[str], load_catalog: LoadCatalog | None = None) -> int:
    """Do what `main` does, on a catalog of the caller's choice; the installed one if not given."""
    from destination_kit.cli.arguments import parse_arguments
    from destination_kit.cli.catalogs import load_installed

    settle_streams()
    try:
        arguments = parse_arguments(argv)
        code: int = arguments.run(arguments, load_catalog or load_installed)
    except SystemExit as said:  # argparse has explained itself
        return said.code if isinstance(said.code, int) else 0
    except Misuse as error:
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
    from pathlib import Path
    from traceback import extract_tb

    from destination_kit.errors import DefinitionError

    if isinstance(error, DefinitionError):
        return str(error)
    place = extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return f"{type(error).__name__} in {where}: a fault in dkit or in a plugin, please report it"
