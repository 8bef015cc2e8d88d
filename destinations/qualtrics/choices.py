"""Dynamic choices of fields: directories that an API token can see, and their mailing lists."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from destination_kit import Choice, Choices, Context, IntegrationError, JsonObject
from destinations.qualtrics import client


async def list_directories(
    context: Context,
    mapping: JsonObject,  # noqa: ARG001 - the kit passes it, but directories do not depend on it
    page: str | None,
) -> Choices:
    """Return a page of directories, labelled by name, or by id where one has no name."""
    directories = await client.list_directories(context, page)
    return _choices(directories, "directoryId")


async def list_mailing_lists(context: Context, mapping: JsonObject, page: str | None) -> Choices:
    """Return a page of the mailing lists of the mapping's directory, labelled as directories are.

    Raises `IntegrationError` where the mapping names no directory that is the same for all events.
    """
    directory_id = mapping.get("directoryId")
    if not isinstance(directory_id, str) or not directory_id:
        raise IntegrationError(
            "Mailing lists belong to a directory: fill in directoryId in the mapping first, with one"
            " id for all events.",
            "DIRECTORY_REQUIRED",
            HTTPStatus.BAD_REQUEST,
        )
    return _choices(await client.list_mailing_lists(context, directory_id, page), "mailingListId")


def _choices(page: client.Page, key: str) -> Choices:
    return Choices(tuple(_list_choices(page, key)), page.next_page)


def _list_choices(page: client.Page, key: str) -> Iterator[Choice]:
    for element in page.elements:
        identifier, name = element.get(key), element.get("name")
        if isinstance(identifier, str):
            # The name may be null for a default directory (`qualtrics_api_doc.md` in
            # https://github.com/databrickslabs/lakeflow-community-connectors). The reference would
            # show the text "null" (`getDirectoryIds` in dynamicFields.ts).
            yield Choice(identifier, name if isinstance(name, str) and name else identifier)
