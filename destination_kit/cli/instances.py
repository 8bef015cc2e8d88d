"""Instance files on the command line: their arguments, and the way from a file to an instance."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from destination_kit._json import as_object
from destination_kit.cli.destinations import describe_missing_plugins, find_destination
from destination_kit.cli.documents import Document, error_reason, load_document, render_problem
from destination_kit.cli.errors import UsageError
from destination_kit.cli.plugin_output import escape_log_records, keep_stdout_clean
from destination_kit.errors import ConfigurationError, Problem
from destination_kit.placeholders import find_placeholders, without_placeholders

if TYPE_CHECKING:
    from destination_kit._json import Json
    from destination_kit.catalog import Catalog, Secrets
    from destination_kit.command_interface import Writer
    from destination_kit.definitions import Destination
    from destination_kit.runtime import Instance
    from destination_kit.stores import Store

_SUBSCRIPTION_KEYS = ("subscription", "subscriptions")
_CONNECTION_EXAMPLE = "'*.qualtrics.com=http://127.0.0.1:8765'"


def subscription_label(name: str, action: str) -> str:
    """Return a subscription's name with its action.

    An unnamed subscription is called after its action, which is then not repeated.
    """
    return action if name == action else f"{name} ({action})"


def add_instance_argument(parser: ArgumentParser) -> None:
    """Add the instance file and, for a file in Segment's own shape, `--destination`."""
    parser.add_argument("instance", metavar="INSTANCE", help="instance file, .json or .toml")
    parser.add_argument(
        "--destination",
        metavar="SLUG",
        help="destination of a file in Segment's own shape, which names none",
    )


def add_without_secrets_option(parser: ArgumentParser) -> None:
    """Add `--without-secrets`, for a command that sends nothing."""
    parser.add_argument(
        "--without-secrets", action="store_true", help="use made-up values for the secrets"
    )


def add_connect_to_option(parser: ArgumentParser) -> None:
    """Add `--connect-to`, which `parse_connections` reads."""
    parser.add_argument(
        "--connect-to",
        metavar="PATTERN=URL",
        action="append",
        default=[],
        help="send requests to hosts that match PATTERN to URL on this machine; may be repeated",
    )


def parse_connections(arguments: Namespace) -> dict[str, str]:
    """Return host pattern -> loopback URL; raise `UsageError` for any other URL."""
    from destination_kit.http import check_loopback

    connections = {}
    for connection in arguments.connect_to:
        pattern, equals, url = connection.partition("=")
        if not equals:
            raise UsageError(
                f"--connect-to {connection}: should be PATTERN=URL, such as {_CONNECTION_EXAMPLE}"
            )
        try:
            check_loopback(url)
        except ValueError as error:
            raise UsageError(f"--connect-to {pattern}: {error}") from None
        connections[pattern] = url
    return connections


def add_store_option(parser: ArgumentParser) -> None:
    """Add `--store`, which `open_store` reads."""
    parser.add_argument(
        "--store",
        metavar="FILE",
        help="keep refreshed tokens and caches in FILE, for the next command too",
    )


def open_store(arguments: Namespace) -> Store | None:
    """Return the store that the arguments name, None without one; raise `UsageError`."""
    if arguments.store is None:
        return None
    from pathlib import Path

    from destination_kit.stores import FileStore, StoreFileError

    try:
        if not Path(arguments.store).absolute().parent.is_dir():
            raise UsageError(f"--store {arguments.store}: there is no such folder")
        return FileStore(arguments.store)
    except (OSError, StoreFileError) as error:
        raise UsageError(f"--store {arguments.store}: {error_reason(error)}") from None


def load_instance(arguments: Namespace, catalog: Catalog) -> Instance:
    """Return the configured instance of the file that the arguments name.

    Raises `UsageError` with every problem of the file at once.
    """
    document = load_document(arguments.instance)
    return _configure_or_explain(document, catalog, arguments)


def load_account(
    arguments: Namespace, catalog: Catalog, *, draft: bool = False
) -> tuple[Instance, Document]:
    """Return an instance with the settings of the file and no subscriptions, and the file.

    It is for commands that only ask the partner: a person uses them to find out the ids that the
    subscriptions still lack, and with `draft` those of settings with `x-dynamic`. Raises
    `UsageError` with every problem of the settings at once.
    """
    document = load_document(arguments.instance)
    account = replace(document, value=_without_subscriptions(document.value))
    if draft and (destination := find_instance_destination(document, catalog, arguments)):
        account = replace(account, value=_without_open_settings(account.value, destination))
    return _configure_or_explain(account, catalog, arguments, draft=draft), document


def _without_open_settings(document: Json, destination: Destination) -> Json:
    """Return a document without the dynamic settings that are still to be filled in."""
    settings = as_object(as_object(document).get("settings"))
    filled_in = without_placeholders(settings)
    kept = {
        name: value
        for name, value in settings.items()
        if name in filled_in or name not in destination.choices
    }
    return {**as_object(document), "settings": kept}


def _without_subscriptions(document: Json) -> Json:
    if not isinstance(document, Mapping):
        return document
    rest = {key: value for key, value in document.items() if key not in _SUBSCRIPTION_KEYS}
    settings = rest.get("settings")
    # A document in Segment's shape, which names no destination, may have them in the settings.
    if "destination" not in rest and isinstance(settings, Mapping):
        rest["settings"] = {
            key: value for key, value in settings.items() if key not in _SUBSCRIPTION_KEYS
        }
    return rest


def _configure_or_explain(
    document: Document, catalog: Catalog, arguments: Namespace, *, draft: bool = False
) -> Instance:
    try:
        return configure_instance(document, catalog, arguments, draft=draft)
    except ConfigurationError as error:
        lines = [f"  {render_problem(problem, document)}" for problem in error.problems]
        lines += describe_missing_plugins(error.problems, catalog)
        raise UsageError("\n".join((f"{document.name} is not ready:", *lines))) from None


def configure_instance(
    document: Document, catalog: Catalog, arguments: Namespace, *, draft: bool = False
) -> Instance:
    """Return the instance of a document; raise `ConfigurationError` with every problem.

    Problems are also a value that is still to be filled in, and a literal that would fail every
    event. Secrets come from the environment, or
    are made up where `--without-secrets` is given.
    """
    name = arguments.destination
    slug = find_destination(catalog, name).slug if name else None
    secrets: Secrets = os.environ.get
    if is_without_secrets(arguments):
        # This module imports the compilers, which takes 0.1 s. At the top of the file, `--help` of
        # several commands would take as long.
        from destination_kit.made_up_secrets import make_up_secrets

        destination = catalog.destinations.get(slug or _destination_slug(document))
        secrets = make_up_secrets(document.value, destination) if destination else secrets
    escape_log_records()
    configure = keep_stdout_clean(catalog.configure)
    try:
        instance = configure(document.value, secrets=secrets, destination=slug, draft=draft)
    except ConfigurationError as error:
        problems = find_placeholders(document.value, error.problems)
        raise _create_error(problems, error.warnings) from None
    if problems := find_placeholders(document.value, instance.problems):
        raise _create_error(problems, instance.warnings)
    return instance


def _create_error(problems: Sequence[Problem], warnings: Sequence[Problem]) -> ConfigurationError:
    """Return the error; a warning of a value that is a problem already says nothing new."""
    paths = {problem.path for problem in problems}
    return ConfigurationError(problems, [found for found in warnings if found.path not in paths])


def find_instance_destination(
    document: Document, catalog: Catalog, arguments: Namespace
) -> Destination | None:
    """Return the destination of an instance file, None where it is not installed."""
    if arguments.destination:
        return find_destination(catalog, arguments.destination)
    return catalog.destinations.get(_destination_slug(document))


def is_without_secrets(arguments: Namespace) -> bool:
    """Return whether `--without-secrets` is given; some commands have no such option."""
    return bool(vars(arguments).get("without_secrets"))


def announce_made_up_secrets(arguments: Namespace, writer: Writer) -> None:
    """Write a notice where `--without-secrets` is given."""
    if is_without_secrets(arguments):
        writer.notice("--without-secrets: the secrets are made up; nothing is sent")


def _destination_slug(document: Document) -> str:
    return str(as_object(document.value).get("destination"))
