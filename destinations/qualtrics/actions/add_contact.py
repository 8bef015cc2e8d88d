"""Create a contact in a directory; the directory's own rules make that an update."""

from __future__ import annotations

from destination_kit import Action, Context, Json, JsonObject
from destinations.qualtrics.choices import list_directories
from destinations.qualtrics.contact_cache import person_of
from destinations.qualtrics.contact_resolution import create_or_update
from destinations.qualtrics.contacts import CONTACT, DIRECTORY, Contact, contact_body

FIELDS: JsonObject = {
    "type": "object",
    "properties": {"directoryId": DIRECTORY, **CONTACT},
    "required": ["directoryId"],
    "additionalProperties": False,
}


async def perform(context: Context, payload: Contact) -> Json:
    """Add or update the contact, and return the id under which Qualtrics knows it."""
    body = contact_body(payload)
    person = person_of(context, payload["directoryId"], body)
    return {"contactId": await create_or_update(context, person, body)}


ADD_CONTACT = Action(
    title="Create and/or update contact in XM Directory",
    description="Add a contact to a directory of XM Directory, or update the one that is there."
    " Whether two contacts are the same person is decided by the directory's"
    " [deduplication rules](https://www.qualtrics.com/support/iq-directory/directory-settings-tab/"
    "automatic-deduplication/): set them up, or every event adds a contact.",
    trigger='type = "identify"',
    fields=FIELDS,
    perform=perform,
    choices={"directoryId": list_directories},
)
