"""`dkit simulate`: run a partner on this machine."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.documents import load_document, reason
from destination_kit.cli.errors import UsageError
from destination_kit.cli.instances import find_destination
from destination_kit.cli.output import show, show_json
from destination_kit.cli.simulators import load_simulator

if TYPE_CHECKING:
    from destination_kit.cli.instances import LoadCatalog

_MOST = 65_535


def add_arguments(parser: ArgumentParser) -> None:
    """Take a destination, a port and a configuration."""
    parser.add_argument("slug", metavar="SLUG", help="a destination's slug, or its last word")
    parser.add_argument("--port", type=_port, default=0, help="any free one if left out")
    parser.add_argument("--config", metavar="FILE", help="the simulator's switches, .json or .toml")


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _MOST:
        return int(text)
    raise ArgumentTypeError(f"should be a number from 0 to {_MOST}")


def run(arguments: Namespace, load_catalog: LoadCatalog) -> int:
    """Serve until interrupted."""
    destination = find_destination(load_catalog(), arguments.slug)
    simulator = load_simulator(destination)
    document = load_document(arguments.config).value if arguments.config else {}
    try:
        config = simulator.load_config(document)
    except ValueError as error:
        raise UsageError(f"{arguments.config}: {error}") from None

    def ready(url: str) -> None:
        connections = [f"--connect-to '{pattern}={url}'" for pattern in destination.hosts]
        if arguments.json:
            connect_to = [f"{each}={url}" for each in destination.hosts]
            show_json({"url": url, "hint": simulator.hint(config), "connectTo": connect_to})
            return
        show(f"A simulated {destination.name} answers at {url}; Ctrl-C ends it.")
        show(f"It knows:         {simulator.hint(config)}")
        show(f"Send to it with:  dkit deliver … {' '.join(connections)}")
        show(f"What it holds:    {url}/_sim/state")

    try:
        simulator.serve(config, port=arguments.port, ready=ready)
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        raise UsageError(f"cannot listen on port {arguments.port}: {reason(error)}") from None
    return 0
