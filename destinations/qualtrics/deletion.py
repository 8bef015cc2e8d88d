"""Deletion of a user's contacts, for `delete` events."""

from __future__ import annotations

from typing import Final

from destination_kit import Context, Json, JsonObject, Skipped
from destinations.qualtrics import client
from destinations.qualtrics.contact_cache import ContactCache
from destinations.qualtrics.contact_identity import identify_contact
from destinations.qualtrics.contact_resolution import search_by

_OPTION: Final = "deleteContacts"
DELETE_OPTION: Final[JsonObject] = {
    "title": "Delete contacts",
    "description": "Whether a delete event deletes the contact whose external data reference is the"
    " user's id from the directory of this subscription. The directory must be a fixed id.",
    "type": "boolean",
    "default": False,
}


async def delete_contacts(context: Context, payload: JsonObject) -> Json | Skipped:
    """Delete the contacts of a user; return their ids.

    They are those with the user's id as their external data reference, in each directory that an
    enabled subscription with the option `deleteContacts` names.
    """
    directories = _directories(context)
    if not directories:
        return Skipped(
            "no enabled subscription with a fixed directoryId has the option deleteContacts"
        )
    user_id = payload.get("userId")
    if not isinstance(user_id, str) or not user_id.strip():
        return Skipped("only contacts of a userId are deleted, and the event has none")
    deleted = [
        contact_id
        for directory_id in directories
        for contact_id in await _delete_from(context, directory_id, user_id)
    ]
    return {"deletedContactIds": deleted}


def _directories(context: Context) -> list[str]:
    """Return the literal directories of the enabled subscriptions that allow the deletion."""
    mapped = (
        subscription.mapping.get("directoryId")
        for subscription in context.subscriptions
        if subscription.enabled and subscription.options.get(_OPTION) is True
    )
    texts = (text for text in mapped if isinstance(text, str) and "{{" not in text)
    return [*dict.fromkeys(texts)]


async def _delete_from(context: Context, directory_id: str, user_id: str) -> list[str]:
    identity = identify_contact(context, directory_id, {"extRef": user_id})
    cache: ContactCache = context.shared_state
    async with cache.locks.acquire(identity.keys):
        # A search that lags behind does not find a new contact, and the cache knows it.
        cache.raise_if_in_doubt(identity)
        found = [contact.contact_id for contact in await search_by(context, identity, "extRef")]
        cached = cache.get(identity, "extRef")
        if cached and cached.contact_id not in found:
            found.append(cached.contact_id)
        deleted = []
        for contact_id in found:
            if await client.delete_contact(context, directory_id, contact_id):
                deleted.append(contact_id)
            cache.evict(identity, contact_id)
        return deleted
