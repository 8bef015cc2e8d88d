"""Destinations of the catalog that a command works on, and the plugins that could not be loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from destination_kit.cli.errors import UsageError
from destination_kit.errors import did_you_mean

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from destination_kit.catalog import Catalog
    from destination_kit.definitions import Destination
    from destination_kit.errors import Problem
    from destination_kit.plugins import Plugins

LoadCatalog: TypeAlias = "Callable[[], Catalog]"
"""() -> the catalog that a command works on; a command that needs none never calls it."""


def add_slug_argument(parser: ArgumentParser) -> None:
    """Add the destination, which `find_destination` looks up."""
    parser.add_argument("slug", metavar="SLUG", help="a destination's slug, or its last word")


def find_destination(catalog: Catalog, name: str) -> Destination:
    """Return the destination with this slug, or with a slug that ends in `-` and this name.

    Raises `UsageError`, with the installed slugs, where there is none or more than one.
    """
    if name in catalog.destinations:
        return catalog.destinations[name]
    # Segment's own slugs start with `actions-`. Without this, a person would have to type
    # `actions-qualtrics` for `qualtrics`.
    slugs = [slug for slug in catalog.destinations if slug.endswith(f"-{name}")]
    if len(slugs) == 1:
        return catalog.destinations[slugs[0]]
    if slugs:
        cause = f"{name} may be {' or '.join(slugs)}"
    else:
        cause = f"there is no destination {name}{did_you_mean(name, _names(catalog))}"
    installed = ", ".join(catalog.destinations) or "none"
    raise UsageError("\n".join((f"{cause}; installed: {installed}", *describe_failures(catalog))))


def _names(catalog: Catalog) -> list[str]:
    return [
        name
        for slug, destination in catalog.destinations.items()
        for name in (slug, short_slug(destination))
    ]


def describe_failures(loaded: Catalog | Plugins) -> list[str]:
    """Return a line for each plugin, or part of a plugin, that could not be loaded."""
    return [f"left out: {failure.plugin}: {failure.message}" for failure in loaded.failures]


def describe_missing_plugins(problems: Sequence[Problem], catalog: Catalog) -> list[str]:
    """Return the lines of `describe_failures` where a problem is an unknown destination."""
    unknown = any(problem.code == "DESTINATION" for problem in problems)
    return describe_failures(catalog) if unknown else []


def short_slug(destination: Destination) -> str:
    """Return the slug without the prefix `actions-` of Segment's own slugs."""
    return destination.slug.removeprefix("actions-")
