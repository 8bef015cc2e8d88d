"""Add a transaction to a contact, who is looked up and, where nobody is found, created."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from destination_kit import (
    Action,
    Context,
    IntegrationError,
    Json,
    JsonObject,
    PayloadValidationError,
)
from destinations.qualtrics import client
from destinations.qualtrics.contacts import contact_body, flat
from destinations.qualtrics.dates import transaction_date
from destinations.qualtrics.lookups import list_directories
from destinations.qualtrics.transactions import FIELDS, Payload

_IDENTITY: Final = ("extRef", "phone", "email")


async def perform(context: Context, payload: Payload) -> Json:
    """Add the transaction, and return its id and the contact's."""
    date = transaction_date(payload.get("transactionDate"), context.taken)
    contact_id = payload.get("contactId") or await _find_or_create(context, payload)
    data = flat(payload.get("transactionData"))
    transaction = client.Transaction(contact_id, payload["mailingListId"], date, data)
    created = await client.create_transaction(context, payload["directoryId"], transaction)
    return {"contactId": contact_id, "transactionId": created}


async def _find_or_create(context: Context, payload: Payload) -> str:
    directory_id, body = payload["directoryId"], contact_body(payload)
    identity = {key: value for key in _IDENTITY if (value := str(body.get(key, "")).strip())}
    found = await client.search_contacts(context, directory_id, _filter(identity))
    if len(found) > 1:
        raise IntegrationError(
            f"{len(found)} contacts or more have this {' and '.join(identity)}, and a transaction"
            " belongs to one: merge them in Qualtrics, or map contactId.",
            "MULTIPLE_CONTACTS_FOUND",
            HTTPStatus.BAD_REQUEST,
        )
    return found[0] if found else await client.create_contact(context, directory_id, body)


def _filter(identity: dict[str, str]) -> JsonObject:
    if not identity:  # such a filter would find everybody
        raise PayloadValidationError(
            "Without a contactId, at least one of extRef, phone and email has to say who it is."
        )
    filters: list[JsonObject] = [
        {"filterType": key, "comparison": "eq", "value": value} for key, value in identity.items()
    ]
    # Qualtrics takes a conjunction of two to five filters, so one stands alone.
    return {"conjunction": "and", "filters": filters} if len(filters) > 1 else filters[0]


UPSERT_TRANSACTION = Action(
    title="Upsert contact transaction",
    description="Record a transaction of a contact in a directory. A contact who is already there"
    " gets the transaction; one who is not is created first.",
    trigger='type = "track", event = "Transaction Created"',
    fields=FIELDS,
    perform=perform,
    choices={"directoryId": list_directories},
)
