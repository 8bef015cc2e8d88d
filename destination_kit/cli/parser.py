"""Parser of the command line; it imports only the module of the command that is given."""

from __future__ import annotations

from argparse import Action, ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from destination_kit.definitions import Writer

COMMANDS = {
    "list": "the destinations that are installed",
    "doctor": "what is installed, and what is wrong with it",
    "show": "what a destination needs and can do",
    "init": "write an instance file to start from",
    "check": "find everything wrong with an instance file, and what may surprise",
    "auth": "ask the partner whether the credentials are good",
    "choices": "list what a dynamic field can be set to",
    "preview": "show what events would do; nothing is sent",
    "deliver": "send events",
    "simulate": "run a partner on this machine",
    "demo": "deliver sample events to a simulated partner",
    "schemas": "write the JSON Schemas of settings, payloads and mappings",
    "import": "turn a published Segment definition into a package of yours",
    "export": "write a destination as Segment's documents describe one",
}
# A module cannot be called `import`, and a pair is easier to find under one suffix.
_MODULES = {"import": "import_definition", "export": "export_definition"}
_EPILOG = "Exit codes: 0 all well, 1 findings or failures, 2 misuse. INSTANCE and EVENTS may be -."


def parse_arguments(argv: Sequence[str], writer: Writer) -> Namespace:
    """Return the arguments, with the function of the command as `run`.

    For misuse, `--help` and `--version` it raises `SystemExit` as argparse does.
    """
    parser = ArgumentParser(
        prog="dkit",
        description="Send customer events to a partner.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action=_version_action(writer), nargs=0, help="show the version"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    chosen = next((argument for argument in argv if not argument.startswith("-")), None)
    # Making a parser takes argparse half a millisecond, and a known command needs one of them.
    names = [name for name in argv[:1] if name in COMMANDS] or COMMANDS
    for name in names:
        summary = COMMANDS[name]
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            allow_abbrev=False,
        )
        if name == chosen:
            module = import_module(f"destination_kit.cli.commands.{_MODULES.get(name, name)}")
            module.add_arguments(command)
            command.add_argument("--json", action="store_true", help="write the result as JSON")
            command.set_defaults(run=module.run)
    return parser.parse_args(argv)


def _version_action(writer: Writer) -> type[Action]:
    class ShowVersion(Action):
        # argparse's own `version` action takes the finished text, so that every command would pay
        # for the import of `importlib.metadata`.
        def __call__(self, parser: ArgumentParser, *_: object) -> None:
            from importlib.metadata import version

            writer.text(f"dkit {version('destination-kit')}")
            parser.exit()

    return ShowVersion
