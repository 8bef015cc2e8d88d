"""Sync modes of both contact actions: whether people are added, updated, or both."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final

from destination_kit import Context, IntegrationError, JsonObject, Skipped
from destinations.qualtrics.contact_identity import ContactIdentity
from destinations.qualtrics.contact_resolution import MULTIPLE_CONTACTS, ResolvedContact

SYNC_MODE: Final[JsonObject] = {
    "title": "Sync mode",
    "description": "What becomes of people who are in the directory, and of those who are not.",
    "type": "string",
    "default": "upsert",
    "oneOf": [
        {"const": "upsert", "title": "Add people who are missing, update those who are there"},
        {"const": "update", "title": "Update people who are there, skip those who are missing"},
        {"const": "add", "title": "Add people who are missing, skip those who are there"},
    ],
}


def skip_missing(identity: ContactIdentity) -> Skipped:
    """Return the result of an event of the mode `update` whose person is not there."""
    return Skipped(
        f"the directory has no contact with this {' or '.join(identity.identifiers)}, and the sync"
        " mode is update"
    )


def skip_known() -> Skipped:
    """Return the result of an event of the mode `add` whose person is there."""
    return Skipped("the contact is in the directory already, and the sync mode is add")


async def add_only(
    context: Context, resolving: Awaitable[ResolvedContact]
) -> ResolvedContact | Skipped:
    """Return the contact that an event of the mode `add` may use, or why it is skipped."""
    try:
        contact = await resolving
    except IntegrationError as error:
        if error.code != MULTIPLE_CONTACTS:
            raise
        return skip_known()
    # An earlier attempt of this event may have created the contact. If that counted as known, the
    # rest of the event would be lost.
    if contact.is_new or context.outcome_unknown:
        return contact
    return skip_known()
