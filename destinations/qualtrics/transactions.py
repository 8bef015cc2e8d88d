"""Transactions of contacts: their fields, payload and date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Required

from destination_kit import Json, JsonObject, PayloadValidationError, parse_date_like
from destinations.qualtrics.contacts import CONTACT_FIELDS, DIRECTORY_FIELD, ContactPayload

_DATE_LENGTH: Final = len("YYYY-MM-DD HH:MM:SS")

_USED_TO_FIND: Final = (
    " It serves to find the contact, and to create one where none is found; it does not become"
    " part of the transaction."
)
_USED_TO_CREATE: Final = (
    " It counts only where a new contact has to be created, and does not become part of the"
    " transaction."
)


class TransactionPayload(ContactPayload, total=False):
    """Payload of a transaction: its own data, and the contact that it belongs to."""

    mailingListId: Required[str]  # noqa: N815 - stored mappings use this name
    contactId: str  # noqa: N815 - stored mappings use this name
    transactionDate: str | float  # noqa: N815 - stored mappings use this name
    transactionData: JsonObject  # noqa: N815 - stored mappings use this name


def format_transaction_date(date: Json, received_at: datetime) -> str:
    """Return a date as `YYYY-MM-DD HH:MM:SS` in UTC.

    Where `date` is None, it is `received_at`, which is in UTC. Raises `PayloadValidationError` for
    a value that is no date.
    """
    # The reference takes the present time for a missing or unreadable date (`parsedTransactionDate`
    # in utils.ts). A retry would send another time, and a wrong date would go unnoticed.
    moment = received_at if date is None else parse_date_like(date)
    if moment is None:
        raise PayloadValidationError(f"transactionDate {date!r:.60} cannot be read as a date.")
    # On Linux, `strftime` writes the year 999 as `999`, but Qualtrics wants four digits.
    # `isoformat` pads the year, and the cut removes its offset.
    return moment.isoformat(" ", "seconds")[:_DATE_LENGTH]


def _contact_field(name: str, usage: str) -> Mapping[str, Json]:
    return {**CONTACT_FIELDS[name], "description": f"{CONTACT_FIELDS[name]['description']}{usage}"}


FIELDS: JsonObject = {
    "type": "object",
    "properties": {
        "directoryId": DIRECTORY_FIELD,
        "mailingListId": {
            "title": "Mailing list ID",
            "description": "The id of the mailing list that the contact belongs to; it looks like"
            " CG_xxx. Where events do not carry one, take a list that exists in Qualtrics or"
            " create one there.",
            "type": "string",
            "x-dynamic": True,
            "default": {"@path": "$.traits.qualtricsMailingListId"},
        },
        "contactId": {
            "title": "Contact ID",
            "description": "The Qualtrics id of the contact who gets the transaction. Without it"
            " the contact is looked up by external data reference, email and phone number, so"
            " at least one of them is needed. Where no contact is found, one is created from"
            " them and from first name, last name, language, unsubscribed and embedded data,"
            " as far as these are given.",
            "type": "string",
            "x-dynamic": True,
            "default": {"@path": "$.traits.qualtricsContactId"},
        },
        "extRef": {
            **_contact_field("extRef", _USED_TO_FIND),
            "default": {
                "@if": {
                    "exists": {"@path": "$.userId"},
                    "then": {"@path": "$.userId"},
                    "else": {"@path": "$.anonymousId"},
                }
            },
        },
        "email": _contact_field("email", _USED_TO_FIND),
        "phone": _contact_field("phone", _USED_TO_FIND),
        "firstName": {**_contact_field("firstName", _USED_TO_CREATE), "title": "First name"},
        "lastName": {**_contact_field("lastName", _USED_TO_CREATE), "title": "Last name"},
        "language": _contact_field("language", _USED_TO_CREATE),
        "unsubscribed": _contact_field("unsubscribed", _USED_TO_CREATE),
        "embeddedData": _contact_field("embeddedData", _USED_TO_CREATE),
        "transactionDate": {
            "title": "Date & time of transaction",
            "description": "When the transaction happened. Without it, it is the moment at which"
            " the event was received.",
            "type": ["string", "number"],
            "format": "date-like",
            "default": {"@path": "$.timestamp"},
        },
        "transactionData": {
            "title": "Transaction data",
            "description": "Properties of the transaction, added to the contact's record. A nested"
            " object or list is stored as JSON text.",
            "type": "object",
            "x-object-editor": "keyvalue",
        },
    },
    "required": ["directoryId", "mailingListId", "extRef"],
    "additionalProperties": False,
}
