"""The options of `dkit deliver` that name its record files, and the checks before it starts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from destination_kit.cli.errors import UsageError
from destination_kit.cli.next_commands import (
    dead_letters_command,
    event_paths,
    other_files_command,
    resume_command,
)
from destination_kit.cli.record_files import (
    OWNER_ONLY,
    RecordFile,
    RecordPaths,
    check_distinct,
    check_unused,
    check_writable,
    default_record_paths,
    existing_files,
    open_record_file,
    read_tail,
)


def add_record_options(parser: ArgumentParser) -> None:
    """Add the options that name the record files, and those that resume a run from them."""
    parser.add_argument(
        "--results",
        metavar="FILE",
        help="write one JSON line per event with its result, default EVENTS.results.jsonl",
    )
    parser.add_argument(
        "--dead-letters",
        metavar="FILE",
        help="keep failed events with their failures, default EVENTS.dead-letters.jsonl",
    )
    parser.add_argument(
        "--resume", metavar="RESULTS", help="resume the run that wrote these results"
    )
    parser.add_argument(
        "--retry-failed",
        action="store_true",
        help="with --resume, also send again what failed because of the event or the code",
    )


def record_paths(arguments: Namespace) -> RecordPaths:
    """Return the record files of the arguments, by default those beside the file of events."""
    if arguments.resume is not None and arguments.results not in (None, arguments.resume):
        raise UsageError("--resume goes on in the same file: leave out --results")
    if arguments.retry_failed and arguments.resume is None:
        raise UsageError("--retry-failed needs --resume RESULTS: the results say what failed")
    results, dead_letters = arguments.resume or arguments.results, arguments.dead_letters
    if results and dead_letters:
        return RecordPaths(results=results, dead_letters=dead_letters)
    default = default_record_paths(event_paths(arguments))
    if default is None:
        missing = [] if results else ["--results FILE"]
        missing += [] if dead_letters else ["--dead-letters FILE"]
        raise UsageError(
            f"only a single file of events has default names for its records: add {' '.join(missing)}"
        )
    return RecordPaths(
        results=results or default.results, dead_letters=dead_letters or default.dead_letters
    )


def check_record_files(arguments: Namespace, paths: RecordPaths) -> None:
    """Raise `UsageError` where one of the record files cannot be used; none is created."""
    sources = event_paths(arguments)
    check_distinct(paths, [arguments.instance, *sources])
    for source in sources:
        check_unused(source)
    if arguments.resume is None:
        if existing := existing_files(paths):
            raise UsageError(_explain_existing(arguments, paths, existing))
        check_writable(paths.results)
    if arguments.resume is None or not Path(paths.dead_letters).exists():
        check_writable(paths.dead_letters)


def _explain_existing(arguments: Namespace, paths: RecordPaths, existing: Sequence[str]) -> str:
    """Return which record files exist, with the two commands that can follow."""
    are = "exist" if len(existing) > 1 else "exists"
    if paths.results in existing:
        first = ("to go on with that run", resume_command(arguments, paths.results))
    else:
        command = dead_letters_command(arguments, paths.dead_letters)
        first = ("to send its events again", command)
    second = ("to write other files", other_files_command(arguments, paths, existing))
    lines = [f"  {purpose}: {command}" for purpose, command in (first, second)]
    return "\n".join([f"{' and '.join(existing)} {are}, from an earlier run:", *lines])


@contextmanager
def open_dead_letters(arguments: Namespace, path: str) -> Iterator[RecordFile]:
    """Open the file of dead letters, which a resumed run goes on with."""
    is_resumed, is_optional = arguments.resume is not None, arguments.dead_letters is None
    if is_resumed:
        _check_dead_letters(Path(path))
    with open_record_file(
        path, mode=OWNER_ONLY, may_exist=is_resumed, is_optional=is_optional
    ) as file:
        file.keep_whole_lines()
        yield file


# A file of something else shows that in its first lines. To read all of a long one would take
# seconds.
_CHECKED_LINES: Final = 100


def _check_dead_letters(path: Path) -> None:
    """Raise `UsageError` where an existing file holds something else than dead letters."""
    from destination_kit.delivery.record_tails import is_half_record, is_whole_record, read_lines

    if not path.is_file():
        return
    with path.open("rb") as file:
        lines = enumerate(islice(read_lines(file), _CHECKED_LINES), 1)
        numbers = (
            number
            for number, line in lines
            if line.endswith(b"\n") and not _is_dead_letter(number, line)
        )
        foreign = next(numbers, 0)
    tail = read_tail(str(path))
    # A run that was killed can leave half a letter, and an editor one without its line break.
    is_known = _is_dead_letter(0, tail) if is_whole_record(tail) else is_half_record(tail)
    if foreign or not is_known:
        place = f"line {foreign}" if foreign else "its last line"
        raise UsageError(
            f"{path}, {place} is no dead letter of dkit deliver, and nothing is added"
            " to this file: name another one with --dead-letters FILE"
        )


def _is_dead_letter(number: int, content: bytes) -> bool:
    """Return whether a line of a file of dead letters is one; a blank line does no harm."""
    from destination_kit.delivery import parse_dead_letter, read_event
    from destination_kit.delivery.lines import Line
    from destination_kit.results import Failed

    document = read_event(Line(number, content.rstrip(b"\r\n")))
    is_letter = not isinstance(document, Failed) and parse_dead_letter(document) is not None
    return is_letter or not content.strip()
