"""An instance file, read and configured."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from destination_kit.cli.documents import Document, load_document
from destination_kit.cli.misuse import Misuse
from destination_kit.cli.places import line_of
from destination_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from destination_kit.catalog import Catalog
    from destination_kit.errors import Problem
    from destination_kit.runtime import Instance


def add_instance(parser: ArgumentParser) -> None:
    """Take an instance file and, for one in Segment's own shape, its destination."""
    parser.add_argument("instance", metavar="INSTANCE", help="instance file, .json or .toml")
    parser.add_argument(
        "--destination", metavar="SLUG", help="for instance files of Segment's, which name none"
    )


def add_connections(parser: ArgumentParser) -> None:
    """Take ways to this machine."""
    parser.add_argument(
        "--connect-to",
        metavar="PATTERN=URL",
        action="append",
        default=[],
        help="send what is meant for these hosts to this machine instead; may be repeated",
    )


def refuse_two_inputs(arguments: Namespace) -> None:
    """Raise `Misuse` where instance and events are both to come from standard input."""
    if arguments.instance == "-" == arguments.events:
        raise Misuse("only one of INSTANCE and EVENTS can be standard input")


def load_instance(arguments: Namespace, catalog: Catalog) -> Instance:
    """Return the instance, its secrets looked up in the environment; raise `Misuse` otherwise."""
    document = load_document(arguments.instance)
    try:
        return configure(document, catalog, arguments.destination)
    except ConfigurationError as error:
        lines = "\n".join(f"  {render_problem(each, document)}" for each in error.problems)
        raise Misuse(f"{document.name} is not ready:\n{lines}") from None


def configure(document: Document, catalog: Catalog, word: str | None) -> Instance:
    """Return the instance of a document; raise `ConfigurationError` with every problem."""
    from destination_kit.cli.catalogs import find_destination

    slug = find_destination(catalog, word).slug if word else None
    return catalog.configure(document.value, secrets=os.environ.get, destination=slug)


def render_problem(problem: Problem, document: Document) -> str:
    """Return a problem with its place in the document and, of a JSON text, its line."""
    line = f"line {line_of(document.text, problem.path)}, " if document.text else ""
    return f"{line}{problem.path or '/'}: {problem.message}"


def read_connections(arguments: Namespace) -> dict[str, str]:
    """Return host pattern -> loopback URL."""
    from destination_kit.http import check_loopback

    connections = {}
    for each in arguments.connect_to:
        pattern, _, url = each.partition("=")
        try:
            check_loopback(url)
        except ValueError as error:
            raise Misuse(f"--connect-to {pattern}: {error}") from None
        connections[pattern] = url
    return connections
