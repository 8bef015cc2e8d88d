"""Arguments of `dkit queue` and its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argparse import ArgumentParser

#: Option -> the parameter of the API, and its help. Repeated here, since the API's module imports the
#: queue, and `dkit --help` must not wait for that.
FILTERS: Final = {
    "--delivery": ("delivery", "N", "number of a delivery; may be repeated"),
    "--instance": ("instance", "NAME", "destination in the host's configuration"),
    "--source": ("source", "NAME", "source that sent the event"),
    "--status": ("status", "STATUS", "waiting, in_flight, parked, delivered, skipped or dead; may be repeated"),
    "--action": ("action", "SLUG", "action that failed"),
    "--code": ("code", "CODE", "code of a failure, such as 400"),
    "--user": ("user", "ID", "userId or anonymousId"),
    "--message-id": ("messageId", "ID", "messageId of the event"),
    "--since": ("since", "TIME", "arrived at this time or later: 2026-11-30T12:00Z, or 2h ago as 2h"),
    "--until": ("until", "TIME", "arrived earlier than this"),
}  # fmt: skip


def add_arguments(parser: ArgumentParser) -> None:
    """Add the commands below `dkit queue`."""
    commands = parser.add_subparsers(dest="command_of_queue", metavar="COMMAND", required=True)

    def add(name: str, text: str, *, filters: bool = True) -> ArgumentParser:
        command: ArgumentParser = commands.add_parser(name, help=text, description=text)
        _add_target(command)
        if filters:
            _add_filters(command)
        return command

    add("status", "show how many deliveries each instance has", filters=False)
    listed = add("list", "list deliveries, the newest first")
    listed.add_argument("--limit", type=int, default=20, metavar="N", help="rows (20)")
    listed.add_argument("--cursor", type=int, metavar="N", help="go on below this number")
    shown = add("show", "show a delivery with its event and attempts", filters=False)
    shown.add_argument("delivery_number", metavar="DELIVERY", type=int, help="its number")
    _add_replay(
        add("replay", "deliver final deliveries again: first a count, with --yes the replay")
    )
    dropped = add("drop", "give up waiting and parked deliveries: first a count, then with --yes")
    _add_choice(dropped)
    dropped.add_argument("--reason", help="why, kept with each delivery")
    _add_choice(add("purge", "remove what the retention ends, or final deliveries that match"))
    exported = add("export", "write events as JSON lines that dkit deliver takes, oldest first")
    exported.add_argument(
        "--out", metavar="FILE", help="a new file, of mode 0600 (standard output)"
    )


def _add_target(parser: ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="the host's configuration (host.json)")
    parser.add_argument("--url", help="the administration of a running host, in place of --config")
    parser.add_argument("--file", metavar="FILE", help="the queue file of a stopped host, likewise")
    parser.add_argument(
        "--token-env",
        metavar="NAME",
        default="DKIT_HOST_TOKEN",
        help="environment variable with the token of --url (DKIT_HOST_TOKEN)",
    )
    # `dkit queue --json list` and `dkit queue list --json` mean the same.
    parser.add_argument("--json", action="store_true", dest="json_of_queue", help="write JSON")


def _add_filters(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("which deliveries")
    for option, (name, metavar, text) in FILTERS.items():
        group.add_argument(
            option, dest=f"filter_{name}", metavar=metavar, action="append", help=text
        )


def _add_choice(parser: ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="every delivery, without a filter")
    parser.add_argument("--yes", action="store_true", help="do it; without it, only count")


def _add_replay(parser: ArgumentParser) -> None:
    _add_choice(parser)
    parser.add_argument(
        "--mapping",
        choices=("now", "then"),
        default="now",
        help="the mapping of now, or the one that settled a delivery last (now)",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="also send an event although a later one of its user was delivered",
    )
    parser.add_argument(
        "--rate", type=float, default=100.0, metavar="N", help="deliveries a second (100)"
    )
