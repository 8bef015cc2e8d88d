"""An instance file, read and configured."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from destination_kit._json import as_array, as_object
from destination_kit.cli.documents import Document, line_of, load_document
from destination_kit.cli.errors import UsageError
from destination_kit.cli.output import tell
from destination_kit.errors import ConfigurationError
from destination_kit.fields import compile_validator

if TYPE_CHECKING:
    from destination_kit._json import Json, JsonObject
    from destination_kit.catalog import Catalog, Secrets
    from destination_kit.definitions import Destination
    from destination_kit.errors import Problem
    from destination_kit.runtime import Instance


_WORD = "made-up"
_LONG = "made-up-secret-0123456789abcdef"
_COMMON = (
    _LONG,
    _WORD,
    "https://made-up.example/secret",
    "made-up@made-up.example",
    "made-up.example",
    "MADEUP",
    "madeup",
    "0" * 8,
    "a0" * 16,
    "00000000-0000-4000-8000-000000000000",
)


def make_up(document: Json, destination: Destination) -> Callable[[str], str]:
    """Return secret name -> a value that fits the setting of the document that refers to it."""
    given = document.get("settings") if isinstance(document, Mapping) else None
    fields = destination.settings.get("properties")
    found: dict[str, str] = {}
    for setting, value in as_object(given).items():
        name = value.get("$secret") if isinstance(value, Mapping) else None
        field = fields.get(setting) if isinstance(fields, Mapping) else None
        if isinstance(name, str) and isinstance(field, Mapping):
            found[name] = _fitting(field)
    return lambda name: found.get(name, _LONG)


def _fitting(field: JsonObject) -> str:
    validate = compile_validator({"type": "object", "properties": {"it": field}})
    fits = (each for each in _candidates(field) if not validate({"it": each})[1])
    return next(fits, _LONG)


def _candidates(field: JsonObject) -> Iterator[str]:
    for word in ("enum", "examples"):
        choices = field.get(word)
        for each in as_array(choices):
            if isinstance(each, str):
                yield each
    yield from _COMMON
    for word in ("minLength", "maxLength"):
        length = field.get(word)
        if isinstance(length, int):
            yield from (each * length for each in ("x", "0", "A"))


LoadCatalog: TypeAlias = "Callable[[], Catalog]"


def load_installed() -> Catalog:
    """Return the catalog of every installed plugin."""
    from destination_kit.catalog import Catalog

    return Catalog.installed()


def find_destination(catalog: Catalog, word: str) -> Destination:
    """Return the destination with this slug, or whose slug ends with this word."""
    if word in catalog.destinations:
        return catalog.destinations[word]
    found = [slug for slug in catalog.destinations if slug.endswith(f"-{word}")]
    if len(found) == 1:
        return catalog.destinations[found[0]]
    several = f"{word} may be {' or '.join(found)}" if found else f"there is no destination {word}"
    installed = ", ".join(catalog.destinations) or "none"
    raise UsageError("\n".join((f"{several}; installed: {installed}", *left_out(catalog))))


def left_out(catalog: Catalog) -> list[str]:
    """Return a line for each plugin, or what it brings, that was left out."""
    return [f"left out: {each.plugin}: {each.message}" for each in catalog.failures]


def short_name(destination: Destination) -> str:
    """Return the slug without the word that Segment puts before it."""
    return destination.slug.removeprefix("actions-")


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
    """Raise `UsageError` where instance and events are both to come from standard input."""
    if arguments.instance == "-" == arguments.events:
        raise UsageError("only one of INSTANCE and EVENTS can be standard input")


def load_instance(arguments: Namespace, catalog: Catalog) -> Instance:
    """Return the instance, its secrets looked up in the environment; raise `UsageError` otherwise."""
    document = load_document(arguments.instance)
    try:
        return configure(document, catalog, arguments)
    except ConfigurationError as error:
        lines = [f"  {render_problem(each, document)}" for each in error.problems]
        lines += missing_plugins(error.problems, catalog)
        raise UsageError("\n".join((f"{document.name} is not ready:", *lines))) from None


def configure(document: Document, catalog: Catalog, arguments: Namespace) -> Instance:
    """Return the instance of a document; raise `ConfigurationError` with every problem."""
    word = arguments.destination
    slug = find_destination(catalog, word).slug if word else None
    secrets: Secrets = os.environ.get
    if vars(arguments).get("without_secrets"):
        secrets = _made_up(document, catalog, slug)
    return catalog.configure(document.value, secrets=secrets, destination=slug)


def _made_up(document: Document, catalog: Catalog, slug: str | None) -> Secrets:
    from destination_kit.cli.instances import make_up

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
            raise UsageError(f"--connect-to {each}: should be PATTERN=URL, such as {_EXAMPLE}")
        try:
            check_loopback(url)
        except ValueError as error:
            raise UsageError(f"--connect-to {pattern}: {error}") from None
        connections[pattern] = url
    return connections
