"""Parser of the command line.

It imports only the module of the command that is given. It loads the plugins only where they are
needed: for `dkit --help`, which lists their commands, and for a name that the kit does not know.
"""

from __future__ import annotations

from argparse import Action, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from destination_kit.cli.errors import UsageError
from destination_kit.cli.plugin_output import plugin_output_to_stderr
from destination_kit.cli.rendering import replace_control_characters
from destination_kit.errors import did_you_mean

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from destination_kit.command_interface import Command, Writer
    from destination_kit.plugins import Plugins

LoadPlugins: TypeAlias = "Callable[[], Plugins]"
"""() -> the plugins that may bring commands; a command of the kit never calls it."""

#: Name of each command of the kit -> its sentence in `dkit --help`, in the order of first use.
COMMANDS: Final[Mapping[str, str]] = {
    "list": "list the installed destinations",
    "doctor": "list the loaded plugins, their versions and their problems",
    "show": "describe a destination: settings, actions, fields and presets",
    "init": "write an instance file to start from",
    "check": "find every problem of an instance file, and warn of surprises",
    "auth": "test the credentials of an instance",
    "choices": "list the choices of a dynamic field",
    "audience": "create or find an audience at the partner",
    "hook": "run a mapping hook, and keep its outputs in the instance file",
    "preview": "show the payloads and requests of events; nothing is sent",
    "deliver": "deliver events, and write the result of each",
    "worker": "deliver the events that another program writes",
    "delete": "have the partner delete what it holds of a user",
    "simulate": "run the simulator of a partner on this machine",
    "demo": "deliver sample events to a simulated partner",
    "verify": "check by harmless calls what a destination relies on",
    "schemas": "write the JSON Schemas of settings, payloads and mappings",
    "import": "turn a published Segment definition into a package of yours",
    "export": "write a destination in the shape of Segment's definitions",
    "completion": "write a completion script for your shell",
}
# `import` is a keyword, so no import statement could name that module. `export` has the same suffix
# so that the file names match.
_MODULES = {"import": "import_definition", "export": "export_definition"}
_HELP: Final = frozenset({"-h", "--help"})
_VERSION: Final = ("-V", "--version")
#: Names that no plugin may give a command.
RESERVED_NAMES: Final = frozenset({*COMMANDS, "help"})
# A person waits for the help, and a sound hook takes milliseconds.
_HELP_TIMEOUT: Final = 2.0
_EPILOG = """\
examples:
  dkit demo
  dkit init qualtrics --out instance.json
  dkit help deliver

Exit codes: 0 all well, 1 findings or failures, 2 misuse. INSTANCE and EVENTS may be -."""


def parse_arguments(argv: Sequence[str], writer: Writer, load_plugins: LoadPlugins) -> Namespace:
    """Return the arguments, with the function of the command as `run`.

    Without arguments it shows the help. `help COMMAND` is `COMMAND --help`. Raises `UsageError` for
    a command that does not exist. For other misuse, help and version it raises `SystemExit`, as
    argparse does.
    """
    argv = _expand_help(argv)
    # Only the options of help and version can stand before the command, and none takes a value. So
    # the first argument cannot be the value of an option.
    name = argv[0]
    parser = _create_parser(writer)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    # A subparser takes 0.2 ms to make, so those of all commands would delay each start by 3 ms.
    for own_name in [name] if name in COMMANDS else COMMANDS:
        _add_own_command(subparsers, own_name, is_chosen=own_name == name)
    if name not in {*_VERSION, *COMMANDS}:
        _add_plugin_commands(subparsers, name, writer, load_plugins)
    if name.startswith("-") and name not in {*_HELP, *_VERSION}:
        hint = did_you_mean(name, [*_HELP, *_VERSION])
        parser.error(f"there is no option {name}{hint}; a command comes first")
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        _refuse_arguments(subparsers.choices[name], unknown)
    return arguments


def build_complete_parser(writer: Writer) -> ArgumentParser:
    """Return the parser with the arguments of all commands of the kit, for shell completion."""
    parser = _create_parser(writer)
    subparsers = parser.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    for name in COMMANDS:
        _add_own_command(subparsers, name, is_chosen=True)
    return parser


def _expand_help(argv: Sequence[str]) -> Sequence[str]:
    match list(argv):
        case [] | ["help"] | ["help", "help" | "-h" | "--help", *_]:
            return ["--help"]
        case ["help", command, *_]:
            return [command, "--help"]
        case _:
            return argv


class _Parser(ArgumentParser):
    """Parser that keeps the line breaks of examples, and takes no shortened options."""

    def __init__(self, **options: Any) -> None:
        # argparse would accept `--allow` for `--allow-duplicates`. A script that says so would
        # break when a second option begins with `--allow`.
        super().__init__(**options, allow_abbrev=False, formatter_class=RawDescriptionHelpFormatter)

    def _print_message(self, message: str, file: Any = None) -> None:
        # Help holds texts of plugins, and an error repeats an argument, such as a name of a file.
        super()._print_message(replace_control_characters(message), file)


def _create_parser(writer: Writer) -> ArgumentParser:
    parser = _Parser(prog="dkit", description="Send customer events to a partner.", epilog=_EPILOG)
    parser.add_argument(*_VERSION, action=_version_action(writer), nargs=0, help="show the version")
    return parser


def _refuse_arguments(parser: ArgumentParser, unknown: Sequence[str]) -> NoReturn:
    """End with the usage of the command, and the option that was probably meant."""
    options = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001 - argparse has no public list
    hint = did_you_mean(unknown[0].partition("=")[0], options)
    parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")


def _add_own_command(subparsers: _SubParsersAction[Any], name: str, *, is_chosen: bool) -> None:
    parser = _add_subparser(subparsers, name, COMMANDS[name])
    if is_chosen:
        from destination_kit.cli.examples import EXAMPLES

        module = import_module(f"destination_kit.cli.commands.{_MODULES.get(name, name)}")
        module.add_arguments(parser)
        _add_json_option(parser)
        parser.set_defaults(run=module.run)
        parser.epilog = "\n".join(("examples:", *(f"  {example}" for example in EXAMPLES[name])))


def _add_plugin_commands(
    subparsers: _SubParsersAction[Any],
    name: str,
    writer: Writer,
    load_plugins: LoadPlugins,
) -> None:
    from destination_kit.cli.destinations import describe_failures
    from destination_kit.cli.plugin_commands import run_command

    with plugin_output_to_stderr():
        plugins, commands = _load_commands(name, load_plugins)
        for command in commands.values():
            parser = _add_subparser(subparsers, command.name, command.help)
            if command.name == name:
                # argparse raises where an option is added a second time. If the plugin's function
                # added `--json` first, dkit's own code would raise, and dkit could not name the
                # plugin.
                _add_json_option(parser)
                if command.add_arguments:
                    command.add_arguments(parser)
                parser.set_defaults(run=partial(run_command, command))
    if name in _HELP:
        for line in describe_failures(plugins):
            writer.notice(line)
    elif name not in commands and not name.startswith("-"):
        raise UsageError("\n".join(_describe_unknown(name, commands, plugins)))


def _load_commands(name: str, load_plugins: LoadPlugins) -> tuple[Plugins, Mapping[str, Command]]:
    from destination_kit.cli.plugin_commands import gather_commands

    plugins = load_plugins()
    if name in _HELP:
        plugins.hook_timeout = min(plugins.hook_timeout, _HELP_TIMEOUT)
    return plugins, gather_commands(plugins, RESERVED_NAMES)


def _add_subparser(subparsers: _SubParsersAction[Any], name: str, summary: str) -> ArgumentParser:
    description = f"{summary[0].upper()}{summary[1:]}."
    parser: ArgumentParser = subparsers.add_parser(
        name,
        # argparse expands % in each help text, but in a description only if it contains `%(prog)`
        # (`_format_text`). A single % raises where it is expanded, and a doubled % stays elsewhere.
        help=summary.replace("%", "%%"),
        description=description.replace("%", "%%") if "%(prog)" in summary else description,
    )
    return parser


def _add_json_option(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="write the result as JSON")


def _describe_unknown(name: str, commands: Mapping[str, Command], plugins: Plugins) -> list[str]:
    """Return lines for a command that does not exist; a plugin that failed may have brought it."""
    from destination_kit.cli.destinations import describe_failures

    hint = did_you_mean(name.lower(), [*RESERVED_NAMES, *commands])
    return [f"there is no command {name!r}, see dkit --help{hint}", *describe_failures(plugins)]


def _version_action(writer: Writer) -> type[Action]:
    class ShowVersion(Action):
        # argparse's own `version` action needs the finished text. Every command would import
        # `importlib.metadata` for it, which takes 30 ms.
        def __call__(self, parser: ArgumentParser, *_: object) -> None:
            from importlib.metadata import version

            writer.text(f"dkit {version('destination-kit')}")
            parser.exit()

    return ShowVersion
