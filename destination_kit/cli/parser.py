"""What may be written after `dkit`; only the command that is asked for is imported."""

from __future__ import annotations

from argparse import Action, ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module

from destination_kit.cli.output import show

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
_MODULES = {
    "import": "import_definition",
    "export": "export_definition",
}  # `import` is no name in Python
_EPILOG = "Exit codes: 0 all well, 1 findings or failures, 2 misuse. INSTANCE and EVENTS may be -."


class _ShowVersion(Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        show(f"dkit {version('destination-kit')}")
        parser.exit()


def parse_arguments(argv: Sequence[str]) -> Namespace:
    """Return the arguments with the command's function as `run`; misuse ends as argparse does."""
    parser = ArgumentParser(
        prog="dkit",
        description="Send customer events to a partner.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show it and end")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    chosen = next((each for each in argv if not each.startswith("-")), None)
    first = [each for each in argv[:1] if each in COMMANDS]  # then nobody asks for the others
    for name in first or COMMANDS:
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
            command.add_argument("--json", action="store_true", help="answer in JSON")
            command.set_defaults(run=module.run)
    return parser.parse_args(argv)
