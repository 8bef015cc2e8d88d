"""`dkit simulate`: run the simulator of a partner on this machine."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.argument_types import parse_port
from destination_kit.cli.destinations import add_slug_argument, find_destination
from destination_kit.cli.documents import error_reason, load_document
from destination_kit.cli.errors import UsageError
from destination_kit.cli.simulators import load_simulator

if TYPE_CHECKING:
    from destination_kit.cli.destinations import LoadCatalog
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination


def add_arguments(parser: ArgumentParser) -> None:
    """Add the destination, the port and the simulator's configuration."""
    add_slug_argument(parser)
    parser.add_argument("--port", type=parse_port, default=0, help="a free one by default")
    parser.add_argument(
        "--config", metavar="FILE", help="the simulator's configuration, .json or .toml"
    )


def run(arguments: Namespace, load_catalog: LoadCatalog, writer: Writer) -> int:
    """Serve until Ctrl-C; write the URL, and how to reach it, as soon as it accepts requests."""
    destination = find_destination(load_catalog(), arguments.slug)
    simulator = load_simulator(destination)
    document = load_document(arguments.config).value if arguments.config else {}
    try:
        config = simulator.load_config(document)
    except ValueError as error:
        raise UsageError(f"{arguments.config}: {error}") from None

    # With `--port 0` the system chooses the port when the simulator starts to listen. A URL that is
    # written earlier would name port 0.
    def write_url(url: str) -> None:
        hint = simulator.hint(config)
        if arguments.json:
            connect_to = [f"{pattern}={url}" for pattern in destination.hosts]
            writer.json({"url": url, "hint": hint, "connectTo": connect_to})
        else:
            writer.text(_render_url(url, hint, destination))

    try:
        simulator.serve(config, port=arguments.port, ready=write_url)
    except KeyboardInterrupt:
        # Ctrl-C is the usual end of a simulator. Without this, `run` would return 1, as for a
        # failure.
        return 0
    except OSError as error:
        port, reason = arguments.port, error_reason(error)
        raise UsageError(f"cannot listen on port {port}: {reason}") from None
    return 0


def _render_url(url: str, hint: str, destination: Destination) -> str:
    connections = " ".join(f"--connect-to '{pattern}={url}'" for pattern in destination.hosts)
    return "\n".join(
        (
            f"A simulated {destination.name} listens at {url}; Ctrl-C ends it.",
            f"It knows:         {hint}",
            f"Send to it with:  dkit deliver … {connections}",
            f"What it holds:    {url}/_sim/state",
        )
    )
