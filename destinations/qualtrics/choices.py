"""Dynamic choices of fields: the directories that an API token can see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from destination_kit import Choice, Choices, Context, JsonObject
from destinations.qualtrics import client


async def list_directories(
    context: Context,
    mapping: JsonObject,  # noqa: ARG001 - the kit passes it, but directories do not depend on it
    page: str | None,
) -> Choices:
    """Return a page of directories, labelled by name, or by id where one has no name."""
    directories = await client.list_directories(context, page)
    return Choices(tuple(_choices(directories.elements)), directories.next_page)


def _choices(directories: Sequence[JsonObject]) -> Iterator[Choice]:
    for directory in directories:
        directory_id, name = directory.get("directoryId"), directory.get("name")
        if isinstance(directory_id, str):
            # The name may be null for a default directory (`qualtrics_api_doc.md` in
            # https://github.com/databrickslabs/lakeflow-community-connectors). The reference would
            # show the text "null" (`getDirectoryIds` in dynamicFields.ts).
            yield Choice(directory_id, name if isinstance(name, str) and name else directory_id)
