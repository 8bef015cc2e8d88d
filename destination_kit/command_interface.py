"""Commands that plugins add to `dkit`, and the output that these write to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from destination_kit._json import Json

if TYPE_CHECKING:  # the import of argparse takes 1 ms, and only `dkit` needs it
    from argparse import ArgumentParser, Namespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that a plugin adds to `dkit`."""

    #: What a person types after `dkit`: lower-case letters, digits and hyphens.
    name: str
    #: One sentence for `dkit --help`, without a full stop.
    help: str
    #: (arguments, writer) -> the exit code: 0 all well, 1 findings or failures, 2 misuse. An
    #: exception ends the command with 1; `dkit` then names its type and the line that raised it.
    run: Callable[[Namespace, Writer], int]
    #: Adds the arguments to the command's own parser; None where it takes none. The kit adds
    #: `--json`, which `run` finds as `arguments.json`.
    add_arguments: Callable[[ArgumentParser], None] | None = None


class Writer(Protocol):
    """The output of a command of `dkit`: results on standard output, messages on standard error."""

    def text(self, text: str = "") -> None:
        """Write a line, or several, of the result."""
        ...

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Write aligned columns under their heads."""
        ...

    def json(self, value: Json) -> None:
        """Write the whole result as one JSON document, for `--json`."""
        ...

    def notice(self, message: str) -> None:
        """Write a message beside the result, such as a warning or the next step."""
        ...

    def error(self, message: str) -> None:
        """Write why the command failed, behind the name of the program."""
        ...
