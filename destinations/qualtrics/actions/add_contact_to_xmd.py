"""Action addContactToXmd: create a contact, or update the one that is known."""

from __future__ import annotations

from destination_kit import Action, Context, Json, JsonObject, PayloadValidationError, Skipped
from destinations.qualtrics.choices import CONTACT_CHOICES
from destinations.qualtrics.contact_identity import identify_contact
from destinations.qualtrics.contact_resolution import find_or_create_contact
from destinations.qualtrics.contact_upsert import update_contact, upsert_contact
from destinations.qualtrics.contacts import (
    CONTACT_FIELDS,
    DIRECTORY_FIELD,
    ContactPayload,
    contact_body,
)
from destinations.qualtrics.deletion import DELETE_OPTION
from destinations.qualtrics.sync_modes import SYNC_MODE, add_only, skip_missing

FIELDS: JsonObject = {
    "type": "object",
    "properties": {"directoryId": DIRECTORY_FIELD, **CONTACT_FIELDS},
    "required": ["directoryId"],
    "additionalProperties": False,
}


OPTIONS: JsonObject = {
    "type": "object",
    "properties": {
        "resubscribe": {
            "title": "Resubscribe",
            "description": "Whether a fixed `unsubscribed: false` is sent for known contacts too,"
            " which may opt people back in who have opted out.",
            "type": "boolean",
            "default": False,
        },
        "deleteContacts": DELETE_OPTION,
    },
    "additionalProperties": False,
}


async def perform(context: Context, payload: ContactPayload) -> Json | Skipped:
    """Create or update the contact, as the sync mode says; return its id in Qualtrics."""
    body = contact_body(payload)
    identity = identify_contact(context, payload["directoryId"], body)
    if context.sync_mode not in {"update", "add"}:
        return await upsert_contact(context, identity, body)
    if not identity.identifiers:
        raise PayloadValidationError(
            f"The sync mode {context.sync_mode} needs at least one of extRef, phone and email, by"
            " which the contact is found."
        )
    if context.sync_mode == "update":
        return await update_contact(context, identity, body) or skip_missing(identity)
    added = await add_only(context, find_or_create_contact(context, identity, body))
    return added if isinstance(added, Skipped) else {"contactId": added.contact_id}


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
    sync_mode=SYNC_MODE,
    options=OPTIONS,
)
