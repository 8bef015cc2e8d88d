"""What a contact's transaction is made of: its fields, and the payload that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Required

from destination_kit import Json, JsonObject, PayloadValidationError, parse_date_like
from destinations.qualtrics.contacts import CONTACT, DIRECTORY, Contact

_WITHOUT_ZONE: Final = len("YYYY-MM-DD HH:MM:SS")


def transaction_date(value: Json, received_at: datetime) -> str:
    """Return a date as `YYYY-MM-DD HH:MM:SS` in UTC; None means `received_at`, which is UTC.

    Raises `PayloadValidationError` where the value is no date: today would be a guess.
    """
    moment = received_at if value is None else parse_date_like(value)
    if moment is None:
        raise PayloadValidationError(f"transactionDate {value!r:.60} cannot be read as a date.")
    return moment.isoformat(" ", "seconds")[:_WITHOUT_ZONE]


_FINDS = (
    " It serves to find the contact, and to create one where nobody is found; it does not become"
    " part of the transaction."
)
_CREATES = (
    " It counts only where a new contact has to be created, and does not become part of the"
    " transaction."
)


class Payload(Contact, total=False):
    """A transaction, and the contact that it belongs to."""

    mailingListId: Required[str]  # noqa: N815 - a payload keeps the names of its fields
    contactId: str  # noqa: N815 - the same
    transactionDate: str | float  # noqa: N815 - the same
    transactionData: JsonObject  # noqa: N815 - the same


def _contact_field(name: str, note: str) -> Mapping[str, Json]:
    return {**CONTACT[name], "description": f"{CONTACT[name]['description']}{note}"}


FIELDS: JsonObject = {
    "type": "object",
    "properties": {
        "directoryId": DIRECTORY,
        "mailingListId": {
            "title": "Mailing list ID",
            "description": "The id of the mailing list that the contact belongs to; it looks like"
            " CG_xxx. Where events do not carry one, take a list that exists in Qualtrics or"
            " create one there.",
            "type": "string",
            "default": {"@path": "$.traits.qualtricsMailingListId"},
        },
        "contactId": {
            "title": "Contact ID",
            "description": "The Qualtrics id of the contact who gets the transaction. Without it"
            " the contact is looked up by external data reference, email and phone number, so"
            " at least one of them is needed. Where nobody is found, a contact is created from"
            " them and from first name, last name, language, unsubscribed and embedded data,"
            " as far as these are given.",
            "type": "string",
            "default": {"@path": "$.traits.qualtricsContactId"},
        },
        "extRef": {
            **_contact_field("extRef", _FINDS),
            "default": {
                "@if": {
                    "exists": {"@path": "$.userId"},
                    "then": {"@path": "$.userId"},
                    "else": {"@path": "$.anonymousId"},
                }
            },
        },
        "email": _contact_field("email", _FINDS),
        "phone": _contact_field("phone", _FINDS),
        "firstName": {**_contact_field("firstName", _CREATES), "title": "First name"},
        "lastName": {**_contact_field("lastName", _CREATES), "title": "Last name"},
        "language": _contact_field("language", _CREATES),
        "unsubscribed": _contact_field("unsubscribed", _CREATES),
        "embeddedData": _contact_field("embeddedData", _CREATES),
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
