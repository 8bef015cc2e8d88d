"""Dynamic choices: directories, their mailing lists and their transaction batches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from destination_kit import (
    Choice,
    ChoiceRequest,
    Choices,
    ChoiceScan,
    Context,
    IntegrationError,
    scan_choices,
)
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
    """Return a page of a list; with a search text, a page of what matches in the whole list."""
    fetch = partial(_fetch, context, key, segments)
    if not request.search:
        return await fetch(_page_url(request.page))
    return await scan_choices(context, ChoiceScan("/".join(segments), fetch), request)


async def _fetch(context: Context, key: str, segments: Sequence[str], page: str | None) -> Choices:
    elements, next_page = await get_page(context, page, *segments)
    found: list[Choice] = []
    for record in elements:
        identifier = record.get(key) or record.get("id") or record.get("batchId")
        label = record.get("name") or record.get("creationDate") or identifier
        if isinstance(identifier, str):
            found.append(Choice(identifier, str(label)))
    return Choices(tuple(found), next_page)


def _page_url(page: str | None) -> str | None:
    """Return the URL of a page; raise `IntegrationError` where the page is no URL."""
    # Without a search text, Qualtrics' own URL of the next page names the page.
    if page is not None and "://" not in page:
        raise IntegrationError(
            f"{page!r:.100} is no page of these choices: pass the page that the list before it"
            " names, with the same search text.",
            "UNKNOWN_PAGE",
            400,
        )
    return page


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
