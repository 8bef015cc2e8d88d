"""Dynamic choices of fields: directories, mailing lists, keys of embedded data, and languages.

Qualtrics filters none of its lists by a text. So a search reads a list to its end, and remembers it
for a while: the next letter of the text costs no request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Final

from destination_kit import (
    Choice,
    ChoiceRequest,
    Choices,
    ChoiceScan,
    Context,
    IntegrationError,
    JsonObject,
    find_choices,
    scan_choices,
)
from destinations.qualtrics import client
from destinations.qualtrics.languages import LANGUAGES
from destinations.qualtrics.responses import as_object

#: Pages of 100 that one search of a list requests: 5,000 entries, which hold the largest lists
#: that we know of. Qualtrics allows the brand 3,000 requests a minute, so a search takes a sixtieth.
_LIST_PAGES: Final = 50
#: Pages of 100 contacts that one page of keys looks at. Contacts of a directory mostly have the
#: same keys, and each page counts as one of 500 searches a minute.
_KEY_PAGES: Final = 5
# A filter is required, and every contact has been created after this date.
_EVERY_CONTACT: Final[JsonObject] = {
    "filterType": "created",
    "comparison": "gte",
    "value": "1970-01-01",
}


async def list_directories(context: Context, request: ChoiceRequest) -> Choices:
    """Return a page of directories, labelled by name, or by id where one has no name."""
    if not request.search:
        page = await client.list_directories(context, _page_url(request))
        return _choices(page, "directoryId")
    fetch = partial(client.list_directories, context)
    scan = ChoiceScan("directories", partial(_scan_page, fetch, "directoryId"), _LIST_PAGES)
    return await scan_choices(context, scan, request)


async def list_mailing_lists(context: Context, request: ChoiceRequest) -> Choices:
    """Return a page of the mailing lists of the mapping's directory, labelled as directories are.

    Raises `IntegrationError` where the mapping names no directory that is the same for all events.
    """
    directory_id = find_directory_id(request, "Mailing lists")
    if not request.search:
        page = await client.list_mailing_lists(context, directory_id, _page_url(request))
        return _choices(page, "mailingListId")
    fetch = partial(client.list_mailing_lists, context, directory_id)
    name = f"mailing lists of {directory_id}"
    scan = ChoiceScan(name, partial(_scan_page, fetch, "mailingListId"), _LIST_PAGES)
    return await scan_choices(context, scan, request)


async def list_embedded_data_keys(context: Context, request: ChoiceRequest) -> Choices:
    """Return a page of the keys that contacts of the mapping's directory have as embedded data.

    Qualtrics has no list of them, so they are those of its contacts, 500 for each page. Raises
    `IntegrationError` as `list_mailing_lists` does.
    """
    directory_id = find_directory_id(request, "Keys of embedded data")

    async def fetch(skip_token: str | None) -> Choices:
        page = await client.search_page(
            context, directory_id, _EVERY_CONTACT, skip_token, includeEmbedded=True
        )
        return Choices(tuple(_keys(page.elements)), page.next_page)

    scan = ChoiceScan(f"embedded data of {directory_id}", fetch, _KEY_PAGES)
    return await scan_choices(context, scan, request)


async def list_languages(
    context: Context,  # noqa: ARG001 - the kit passes it, but languages are the same everywhere
    request: ChoiceRequest,
) -> Choices:
    """Return a page of the languages that Qualtrics has a code for."""
    return find_choices([Choice(code, name) for code, name in LANGUAGES.items()], request)


#: Choices of the fields that both contact actions have.
CONTACT_CHOICES: Final = {
    "directoryId": list_directories,
    "language": list_languages,
    "embeddedData.__keys__": list_embedded_data_keys,
}


def find_directory_id(request: ChoiceRequest, subject: str) -> str:
    """Return the directory of a mapping, or of the sample event where the mapping reads events.

    Raises `IntegrationError` for neither.
    """
    mapped = request.mapping.get("directoryId")
    literal = mapped.get("@literal") if isinstance(mapped, Mapping) else mapped
    # A template or a placeholder is no id, and Qualtrics would refuse it as an unknown directory.
    if isinstance(literal, str) and literal and not literal.startswith("<") and "{{" not in literal:
        return literal
    resolved = request.payload.get("directoryId")
    if isinstance(resolved, str) and resolved:
        return resolved
    raise IntegrationError(
        f"{subject} belong to a directory: fill in directoryId in the mapping first, with one id for"
        " all events.",
        "DIRECTORY_REQUIRED",
        HTTPStatus.BAD_REQUEST,
    )


def _page_url(request: ChoiceRequest) -> str | None:
    """Return the URL of the page; raise `IntegrationError` where the page is no URL."""
    # Without a search text, Qualtrics' own URL of the next page names the page.
    if request.page is not None and "://" not in request.page:
        raise IntegrationError(
            f"{request.page!r:.100} is no page of these choices: pass the page that the list"
            " before it names, with the same search text.",
            "UNKNOWN_PAGE",
            HTTPStatus.BAD_REQUEST,
        )
    return request.page


async def _scan_page(
    fetch: Callable[[str | None], Awaitable[client.Page]], key: str, page_url: str | None
) -> Choices:
    page = await fetch(page_url)
    return Choices(tuple(_list_choices(page, key)), page.next_page)


def _choices(page: client.Page, key: str) -> Choices:
    return Choices(tuple(_list_choices(page, key)), page.next_page)


def _list_choices(page: client.Page, key: str) -> Iterator[Choice]:
    for record in page.elements:
        identifier, name = record.get(key), record.get("name")
        if isinstance(identifier, str):
            # The name may be null for a default directory (`qualtrics_api_doc.md` in
            # https://github.com/databrickslabs/lakeflow-community-connectors). The reference would
            # show the text "null" (`getDirectoryIds` in dynamicFields.ts).
            yield Choice(identifier, name if isinstance(name, str) and name else identifier)


def _keys(contacts: Sequence[JsonObject]) -> Iterator[Choice]:
    for contact in contacts:
        for key in as_object(contact.get("embeddedData")):
            yield Choice(key, key)
