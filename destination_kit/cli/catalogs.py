"""The installed destinations, and finding one by a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from destination_kit.cli.misuse import Misuse

if TYPE_CHECKING:
    from destination_kit.catalog import Catalog
    from destination_kit.definitions import Destination

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
    raise Misuse("\n".join((f"{several}; installed: {installed}", *left_out(catalog))))


def left_out(catalog: Catalog) -> list[str]:
    """Return a line for each plugin, or what it brings, that was left out."""
    return [f"left out: {each.plugin}: {each.message}" for each in catalog.failures]


def short_name(destination: Destination) -> str:
    """Return the slug without the word that Segment puts before it."""
    return destination.slug.removeprefix("actions-")
