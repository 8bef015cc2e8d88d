"""An instance file, read and configured."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from destination_kit.cli.catalogs import find_destination, left_out
from destination_kit.cli.documents import Document, load_document
from destination_kit.cli.misuse import Misuse
from destination_kit.cli.output import tell
from destination_kit.cli.places import line_of
from destination_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from destination_kit.catalog import Catalog, Secrets
    from destination_kit.errors import Problem
    from destination_kit.runtime import Instance

_EXAMPLE = "'*.qualtrics.com=http://127.0.0.1:8765'"


def add_instance(parser: ArgumentParser) -> None:
    """Take an instance file and, for one in Segment's own shape, its destination."""
    parser.add_argument("instance", metavar="INSTANCE", help="instance file, .json or .toml")
    parser.add_argument(
        "--destination", metavar="SLUG", help="for instance files of Segment's, which name none"
    )


def add_without_secrets(parser: ArgumentParser) -> None:
    """Let a command that sends nothing run where the secrets are not at hand."""
    parser.add_argument(
        "--without-secrets", action="store_true", help="let made-up values stand for the secrets"
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
        return configure(document, catalog, arguments)
    except ConfigurationError as error:
        lines = [f"  {render_problem(each, document)}" for each in error.problems]
        lines += missing_plugins(error.problems, catalog)
        raise Misuse("\n".join((f"{document.name} is not ready:", *lines))) from None


def configure(document: Document, catalog: Catalog, arguments: Namespace) -> Instance:
    """Return the instance of a document; raise `ConfigurationError` with every problem."""
    word = arguments.destination
    slug = find_destination(catalog, word).slug if word else None
    secrets: Secrets = os.environ.get
    if vars(arguments).get("without_secrets"):
        secrets = _made_up(document, catalog, slug)
    return catalog.configure(document.value, secrets=secrets, destination=slug)


def _made_up(document: Document, catalog: Catalog, slug: str | None) -> Secrets:
    from destination_kit.cli.made_up import make_up

    tell("--without-secrets: made-up values stand for the secrets; nothing is sent")
    named = document.value.get("destination") if isinstance(document.value, Mapping) else None
    destination = catalog.destinations.get(slug or str(named))
    return make_up(document.value, destination) if destination else os.environ.get


def missing_plugins(problems: Sequence[Problem], catalog: Catalog) -> list[str]:
    """Return what was left out, where a problem is that there is no such destination."""
    return left_out(catalog) if any(each.code == "DESTINATION" for each in problems) else []


def label(subscription: str, action: str) -> str:
    """Return a subscription's name with its action, which an unnamed one is called after."""
    return action if subscription == action else f"{subscription} ({action})"


def render_problem(problem: Problem, document: Document) -> str:
    """Return a problem with its place in the document and, of a JSON text, its line."""
    line = f"line {line_of(document.text, problem.path)}, " if document.text else ""
    return f"{line}{problem.path or '/'}: {problem.message}"


def read_connections(arguments: Namespace) -> dict[str, str]:
    """Return host pattern -> loopback URL."""
    from destination_kit.http import check_loopback

    connections = {}
    for each in arguments.connect_to:
        pattern, sign, url = each.partition("=")
        if not sign:
            raise Misuse(f"--connect-to {each}: should be PATTERN=URL, such as {_EXAMPLE}")
        try:
            check_loopback(url)
        except ValueError as error:
            raise Misuse(f"--connect-to {pattern}: {error}") from None
        connections[pattern] = url
    return connections
