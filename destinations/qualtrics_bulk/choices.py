"""Dynamic choices: directories, their mailing lists and their transaction batches."""

from __future__ import annotations

from destination_kit import Choice, ChoiceRequest, Choices, Context, IntegrationError
from destinations.qualtrics_bulk.api import get_page


async def list_directories(context: Context, request: ChoiceRequest) -> Choices:
    """Return a page of directories."""
    return await _list(context, request, "directoryId", "directories")


async def list_mailing_lists(context: Context, request: ChoiceRequest) -> Choices:
    """Return a page of the mailing lists of the mapping's directory."""
    steps = ("directories", _directory_of(request), "mailinglists")
    return await _list(context, request, "mailingListId", *steps)


async def list_batches(context: Context, request: ChoiceRequest) -> Choices:
    """Return a page of the transaction batches of the mapping's directory."""
    steps = ("directories", _directory_of(request), "transactionbatches")
    return await _list(context, request, "transactionBatchId", *steps)


async def _list(context: Context, request: ChoiceRequest, key: str, *segments: str) -> Choices:
    elements, next_page = await get_page(context, request.page, *segments)
    found: list[Choice] = []
    for record in elements:
        identifier = record.get(key) or record.get("id") or record.get("batchId")
        label = record.get("name") or record.get("creationDate") or identifier
        if isinstance(identifier, str):
            found.append(Choice(identifier, str(label)))
    search = request.search.casefold()
    shown = [choice for choice in found if search in f"{choice.label} {choice.value}".casefold()]
    return Choices(tuple(shown), next_page)


def _directory_of(request: ChoiceRequest) -> str:
    directory_id = request.mapping.get("directoryId")
    if isinstance(directory_id, str) and directory_id:
        return directory_id
    raise IntegrationError(
        "Lists and batches belong to a directory: fill in directoryId in the mapping first, with one"
        " id for all events.",
        "DIRECTORY_REQUIRED",
        400,
    )
