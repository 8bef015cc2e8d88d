"""Fields of `addContactsToMailingList`, and the payload that they describe."""

from __future__ import annotations

from typing import Final, Required, TypedDict

from destination_kit import Json, JsonObject

#: Where an import goes; payloads of one job have these in common.
PLACE_FIELDS: Final = ("directoryId", "mailingListId", "transactionBatchId", "transactionFields")

_NO_PHONE: Final = "An import carries no phone number: Qualtrics has no key for one."


class ImportPayload(TypedDict, total=False):
    """Payload of one row of an import; `FIELDS` describes each key."""

    directoryId: Required[str]
    mailingListId: Required[str]
    extRef: str
    email: str
    firstName: str
    lastName: str
    language: str
    unsubscribed: bool
    embeddedData: JsonObject
    transactionData: JsonObject
    transactionFields: list[str]
    transactionBatchId: str
    transactionKey: str


def _text(title: str, description: str, path: str | None = None) -> JsonObject:
    default: JsonObject = {} if path is None else {"default": {"@path": path}}
    return {"title": title, "description": description, "type": "string", **default}


def _data(title: str, description: str) -> dict[str, Json]:
    return {
        "title": title,
        "description": description,
        "type": "object",
        "x-object-editor": "keyvalue",
    }


FIELDS: JsonObject = {
    "type": "object",
    "description": _NO_PHONE,
    "required": ["directoryId", "mailingListId"],
    "additionalProperties": False,
    "properties": {
        "directoryId": {
            **_text("Directory ID", "The id of the directory; it looks like POOL_XXX."),
            "x-dynamic": True,
        },
        "mailingListId": {
            **_text(
                "Mailing list ID",
                "The id of the mailing list that the contacts become members of; it looks like"
                " CG_xxx. All contacts of one import go to one list.",
            ),
            "x-dynamic": True,
        },
        "extRef": _text(
            "External Data Reference",
            "What you call this person: the external data reference, which must be unique to them."
            f" Each row needs it or an email. {_NO_PHONE}",
            "$.userId",
        ),
        "email": _text(
            "Email",
            "The contact's email address. Qualtrics refuses the row of an address that is malformed.",
            "$.traits.email",
        ),
        "firstName": _text("First Name", "The contact's first name.", "$.traits.firstName"),
        "lastName": _text("Last Name", "The contact's last name.", "$.traits.lastName"),
        "language": _text(
            "Language",
            "The code of the contact's language, as Qualtrics writes it, such as EN. Without it the"
            " stored language stays.",
            "$.traits.language",
        ),
        "unsubscribed": {
            "title": "Contact is unsubscribed",
            "description": "Whether the contact is to get no correspondence. Without it a stored"
            " opt-out stays.",
            "type": "boolean",
        },
        "embeddedData": _data(
            "Contact embedded data",
            "Further properties of the contact. A nested object or list is stored as JSON text."
            " Names take up to 200 characters, values up to 1,024. No name may be among the"
            " transaction fields.",
        ),
        "transactionData": _data(
            "Transaction data",
            "Properties of a transaction that the import adds to the contact. Each name must be"
            " among the transaction fields. An import carries no date: Qualtrics dates the"
            " transaction itself.",
        ),
        "transactionFields": {
            "title": "Transaction fields",
            "description": "The names of all properties that transactions of this import may have,"
            " the same list for every event.",
            "type": "array",
            "items": {"type": "string"},
        },
        "transactionBatchId": {
            **_text(
                "Transaction batch ID",
                "The id of the transaction batch that transactions go to; it looks like BT_xxx. It"
                " must exist. Without it, the batch of the hook onMappingSave is used.",
            ),
            "x-dynamic": True,
        },
        "transactionKey": _text(
            "Transaction key",
            "A value that no other transaction has. It becomes the property messageId of the"
            " transaction, by which an import that is repeated finds it. Without it, an import whose"
            " response is lost may add the transaction twice.",
            "$.messageId",
        ),
    },
}
