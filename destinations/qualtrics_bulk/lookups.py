"""Lookups before an import: rows that an earlier import, whose response was lost, has added."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from destination_kit import Context, HTTPError, Json, JsonObject
from destinations.qualtrics_bulk import api
from destinations.qualtrics_bulk.api import Place, as_object
from destinations.qualtrics_bulk.failures import is_not_found, missing_batch, missing_place
from destinations.qualtrics_bulk.rows import KEY_PROPERTY, TEXT_KEYS, Row

# Lists of directories say `externalDataReference` where contacts say `extRef` (`Directory` in the
# reference's qualtricsApiClient.ts).
_CRITERIA: Final = {"externalDataReference": "extRef"}
#: Seconds for which the deduplication criteria of a directory are remembered.
_CRITERIA_TTL: Final = 600.0


async def find_repeatable(context: Context, place: Place, rows: Sequence[Row]) -> list[Row]:
    """Return the rows that a second import would add again, and that can be looked up.

    Qualtrics merges a contact with the one that has the same values in every field of the
    directory's deduplication criteria. It merges no transactions.
    """
    criteria = await _read_criteria(context, place.directory_id)
    return [
        row
        for row in rows
        if row.key or (not row.batch_id and not _is_merged(row.contact, criteria))
    ]


async def find_added(context: Context, place: Place, rows: Sequence[Row]) -> dict[int, JsonObject]:
    """Return position -> the response, for rows that Qualtrics has already.

    Raises `IntegrationError` where the mailing list or the transaction batch does not exist.
    """
    found: dict[int, JsonObject] = {}
    if contacts := [row for row in rows if not row.batch_id]:
        try:
            found |= await _find_members(context, place, contacts)
        except HTTPError as error:
            raise missing_place(has_transactions=False) if is_not_found(error) else error from None
    if transactions := [row for row in rows if row.key]:
        try:
            found |= await _find_transactions(context, place, transactions)
        except HTTPError as error:
            raise missing_batch() if is_not_found(error) else error from None
    return found


async def _find_members(
    context: Context, place: Place, rows: Sequence[Row]
) -> dict[int, JsonObject]:
    wanted: dict[tuple[str, Json], list[Row]] = {}
    for row in rows:
        wanted.setdefault(_identify(row.contact), []).append(row)
    found: dict[int, JsonObject] = {}
    has_data = any("embeddedData" in row.contact for row in rows)
    # The list may have a million members, so each is compared as it comes, and none is kept.
    async for member in api.list_members(context, place, with_embedded_data=has_data):
        for identity in (("extRef", member.get("extRef")), ("email", member.get("email"))):
            for row in wanted.get(identity, ()) if isinstance(identity[1], str) else ():
                if _has_values(member, row.contact):
                    found[row.position] = {"contactId": member.get("contactId")}
    return found


async def _find_transactions(
    context: Context, place: Place, rows: Sequence[Row]
) -> dict[int, JsonObject]:
    wanted = {row.key: row for row in rows}
    found: dict[int, JsonObject] = {}
    batch_id = rows[0].batch_id
    pages = api.list_batch_transactions(context, place.directory_id, batch_id)
    async for transaction in pages:
        key = as_object(transaction.get("data")).get(KEY_PROPERTY)
        if row := wanted.get(str(key)):
            names = ("contactId", "transactionId")
            found[row.position] = {name: transaction.get(name) for name in names}
    return found


def _identify(contact: JsonObject) -> tuple[str, Json]:
    name = "extRef" if contact.get("extRef") else "email"
    return name, contact.get(name)


def _has_values(member: JsonObject, contact: JsonObject) -> bool:
    """Return whether a member of a list has every value of a row."""
    texts = all(member.get(name) == contact[name] for name in TEXT_KEYS if name in contact)
    stored, data = as_object(member.get("embeddedData")), as_object(contact.get("embeddedData"))
    return texts and all(stored.get(name) == _stored_text(data[name]) for name in data)


def _stored_text(value: Json) -> str:
    # Qualtrics stores numbers and booleans as texts (`CreateDirectoryContactRequest.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java).
    return value if isinstance(value, str) else json.dumps(value)


def _is_merged(contact: JsonObject, criteria: Sequence[str]) -> bool:
    return bool(criteria) and all(contact.get(name) for name in criteria)


async def _read_criteria(context: Context, directory_id: str) -> Sequence[str]:
    """Return the names of the fields by which a directory merges contacts; empty where unknown."""
    key = f"criteria {directory_id}"
    stored = await context.cache.get(key)
    if isinstance(stored, list):
        return [str(name) for name in stored]
    names = await _fetch_criteria(context, directory_id)
    await context.cache.set(key, list(names), ttl=_CRITERIA_TTL)
    return names


async def _fetch_criteria(context: Context, directory_id: str) -> list[str]:
    try:
        async for directory in api.list_directories(context):
            if directory.get("directoryId") == directory_id:
                criteria = as_object(directory.get("deduplicationCriteria"))
                return [_CRITERIA.get(name, name) for name in _names_of(criteria)]
    except HTTPError as error:
        # A token may use a directory that it cannot list. Without the criteria each row is looked
        # up, which costs calls and repeats nothing.
        if error.status != HTTPStatus.FORBIDDEN:
            raise
    return []


def _names_of(criteria: Mapping[str, Json]) -> list[str]:
    return [name for name, is_used in criteria.items() if is_used is True]
