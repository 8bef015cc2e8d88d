"""Choices for the fields whose values only Qualtrics knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from destination_kit import Choice, Choices, Context, JsonObject
from destinations.qualtrics import client


async def list_directories(
    context: Context,
    mapping: JsonObject,  # noqa: ARG001 - every directory can be chosen, whatever is mapped so far
    page: str | None,
) -> Choices:
    """Return a page of directories by name; one without a name goes by its id."""
    listed = await client.list_directories(context, page)
    return Choices(tuple(_choices(listed.elements)), listed.next_page)


def _choices(directories: Sequence[JsonObject]) -> Iterator[Choice]:
    for each in directories:
        directory_id, name = each.get("directoryId"), each.get("name")
        if isinstance(directory_id, str):
            yield Choice(directory_id, name if isinstance(name, str) and name else directory_id)
