"""Choices of `contactId`: contacts of a directory, found by what a person types.

Qualtrics compares whole values and has no `or`, so each way to read the text is a search of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from destination_kit import Choice, ChoiceRequest, Choices, Context, IntegrationError, JsonObject
from destinations.qualtrics import client
from destinations.qualtrics.choices import find_directory_id

#: Contacts on a page, as Qualtrics counts.
_PAGE_SIZE: Final = 100
_CONTACT_ID: Final = re.compile(r"CID_\w+")
_POSITION: Final = re.compile(r"(\d):(.*)", re.DOTALL)
_PHONE: Final = re.compile(r"[+\d][\d ()./-]{3,}")


async def list_contacts(context: Context, request: ChoiceRequest) -> Choices:
    """Return a page of the contacts whose id, email, name, phone or reference is the search text.

    Without a text these are all contacts. Raises `IntegrationError` where the mapping names no
    directory.
    """
    directory_id = find_directory_id(request, "Contacts")
    text = request.search.strip()
    if not text:
        page = await client.list_contacts(context, directory_id, request.page)
        return Choices(tuple(_choices(page.elements)), page.next_page)
    if _CONTACT_ID.fullmatch(text):
        contact = await client.get_contact(context, directory_id, text)
        return Choices(tuple(_choices([contact] if contact else [])))
    return await _search(context, directory_id, _readings(text), request.page)


async def _search(
    context: Context, directory_id: str, readings: Sequence[Mapping[str, str]], page: str | None
) -> Choices:
    """Return a page of what the readings find, one after the other."""
    index, skip_token = _parse_position(page)
    found: dict[str, Choice] = {}
    while index < len(readings) and len(found) < _PAGE_SIZE:
        contact_filter = client.equality_filter(readings[index])
        result = await client.search_page(context, directory_id, contact_filter, skip_token)
        found |= {choice.value: choice for choice in _choices(result.elements)}
        skip_token = result.next_page
        index += skip_token is None
    is_last = index >= len(readings)
    return Choices(tuple(found.values()), None if is_last else f"{index}:{skip_token or ''}")


def _readings(text: str) -> Sequence[Mapping[str, str]]:
    """Return what a text may be, the likeliest first, as the identifiers to search for."""
    if "@" in text:
        return [{"email": text}, {"extRef": text}]
    first, _, last = text.partition(" ")
    names = [{"firstName": first, "lastName": last.strip()}] if last else []
    phones = [{"phone": text}] if _PHONE.fullmatch(text) else []
    return [{"extRef": text}, *phones, *names, {"lastName": text}, {"firstName": text}]


def _parse_position(page: str | None) -> tuple[int, str | None]:
    """Return the reading that a page begins with, and the token of its page."""
    if page is None:
        return 0, None
    if parts := _POSITION.fullmatch(page):
        return int(parts[1]), parts[2] or None
    raise IntegrationError(
        f"{page!r:.100} is no page of these contacts: pass the page that the list before it names,"
        " with the same search text.",
        "UNKNOWN_PAGE",
        HTTPStatus.BAD_REQUEST,
    )


def _choices(contacts: Sequence[JsonObject]) -> Iterator[Choice]:
    for contact in contacts:
        # A search calls these `id` and `externalDataReference`; a list and a read have the names
        # of a write (`ElementsInner1` and `ElementsInner` in
        # https://github.com/wtx-labs/qualtrics-api-client-java).
        contact_id = contact.get("contactId", contact.get("id"))
        reference = contact.get("extRef", contact.get("externalDataReference"))
        if isinstance(contact_id, str):
            yield Choice(contact_id, _label(contact, reference) or contact_id)


def _label(contact: JsonObject, reference: object) -> str:
    names = [contact.get("firstName"), contact.get("lastName")]
    name = " ".join(part for part in names if isinstance(part, str) and part)
    details = [contact.get("email"), reference]
    return ", ".join(part for part in (name, *details) if isinstance(part, str) and part)
