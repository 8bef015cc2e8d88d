"""Has commands that do not do what a command has to."""

from destination_kit import Command, hookimpl


def boom(arguments, writer):
    """Raise, with a secret in the message."""
    message = "h0st-t0ken"
    raise RuntimeError(message)


def forget(arguments, writer):
    """Return no exit code."""
    writer.text("done")


def take_json(parser):
    """Take the option that the kit adds."""
    parser.add_argument("--json")


@hookimpl
def register_commands():
    """Bring them."""
    return [
        Command(name="boom", help="raise, by 100%", run=boom),
        Command(name="forget", help="forget the exit code", run=forget),
        Command(name="greedy", help="take --json", add_arguments=take_json, run=forget),
    ]
