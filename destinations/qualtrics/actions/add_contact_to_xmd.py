"""Action addContactToXmd: create a contact, or update the one that is known."""

from __future__ import annotations

from destination_kit import Action, Context, Json, JsonObject
from destinations.qualtrics.choices import CONTACT_CHOICES
from destinations.qualtrics.contact_identity import identify_contact
from destinations.qualtrics.contact_upsert import upsert_contact
from destinations.qualtrics.contacts import (
    CONTACT_FIELDS,
    DIRECTORY_FIELD,
    ContactPayload,
    contact_body,
)

FIELDS: JsonObject = {
    "type": "object",
    "properties": {"directoryId": DIRECTORY_FIELD, **CONTACT_FIELDS},
    "required": ["directoryId"],
    "additionalProperties": False,
}


async def perform(context: Context, payload: ContactPayload) -> Json:
    """Create or update the contact; return its id in Qualtrics."""
    body = contact_body(payload)
    identity = identify_contact(context, payload["directoryId"], body)
    return {"contactId": await upsert_contact(context, identity, body)}


ADD_CONTACT_TO_XMD = Action(
    title="Create and/or update contact in XM Directory",
    description="Add a contact to a directory of XM Directory, or update the one that is there."
    " Whether two contacts are the same person is decided by the directory's"
    " [deduplication rules](https://www.qualtrics.com/support/iq-directory/directory-settings-tab/"
    "automatic-deduplication/): set them up, or every event adds a contact.",
    trigger='type = "identify"',
    fields=FIELDS,
    perform=perform,
    choices=CONTACT_CHOICES,
)
