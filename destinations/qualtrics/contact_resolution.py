"""Contact resolution for transactions: lock, cache, search, create.

Two events for one new person lead to one contact, in whichever instances and threads they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from destination_kit import Context, DeliveryError, IntegrationError, Json, JsonObject
from destinations.qualtrics import client
from destinations.qualtrics.client import ContactRef
from destinations.qualtrics.contact_cache import ContactCache
from destinations.qualtrics.contact_identity import ContactIdentity
from destinations.qualtrics.deduplication_criteria import rank_identifiers

MULTIPLE_CONTACTS: Final = "MULTIPLE_CONTACTS_FOUND"


class ResolvedContact(NamedTuple):
    """The contact of an event."""

    contact_id: str
    #: Whether the id comes from the cache, so that the contact may have been deleted.
    is_cached: bool = False
    #: Whether this attempt has created the contact.
    is_new: bool = False
    #: The external data reference, "" where the contact has none or it is not known.
    ext_ref: str | bytes = ""


async def find_contact(context: Context, identity: ContactIdentity) -> ResolvedContact | None:
    """Return the contact of an identity, None where the directory has none.

    Raises what `find_or_create_contact` raises.
    """
    cache: ContactCache = context.shared_state
    async with cache.locks.acquire(identity.keys, _search_request(identity)):
        return await find_locked(context, identity)


async def find_or_create_contact(
    context: Context, identity: ContactIdentity, body: JsonObject
) -> ResolvedContact:
    """Return the contact of an identity, created from `body` where there is none.

    Raises `IntegrationError` where several contacts match, or only one of another person. Raises
    `RetryableError` while it is in doubt whether an earlier call has created the contact.
    """
    cache: ContactCache = context.shared_state
    async with cache.locks.acquire(identity.keys, _search_request(identity)) as lock:
        if contact := await find_locked(context, identity):
            return contact
        # From here on, the outcome depends on the body. With a request, waiters with other bodies
        # would fail with an error that only this body causes.
        lock.request = None
        return ResolvedContact(await create_contact(context, identity, body), is_new=True)


async def find_locked(context: Context, identity: ContactIdentity) -> ResolvedContact | None:
    """Return the contact of an identity whose locks the caller holds; see `find_contact`."""
    cache: ContactCache = context.shared_state
    cache.raise_if_in_doubt(identity)
    ranking = await rank_identifiers(context, identity)
    strongest, *_ = ranking
    if contact := cache.get(identity, strongest):
        return ResolvedContact(contact.contact_id, is_cached=True, ext_ref=contact.ext_ref)
    if contact := await search_contact(context, identity, ranking):
        return ResolvedContact(contact.contact_id, ext_ref=contact.ext_ref)
    # Another token may have created the contact too recently for this search. The search has
    # confirmed this token's access, so the cache may return the contact, and no duplicate arises.
    if contact := cache.get(identity, strongest):
        return ResolvedContact(contact.contact_id, is_cached=True, ext_ref=contact.ext_ref)
    return None


def _search_request(identity: ContactIdentity) -> tuple[Json, ...]:
    # With the body in the request, each event with another body would search anew. Without the
    # token's scope, a token would share a contact that it may not read.
    return "search", identity.token_scope, None


async def search_contact(
    context: Context, identity: ContactIdentity, ranking: Sequence[str]
) -> ContactRef | None:
    """Search the directory for the contact of an identity, and cache it.

    Raises `IntegrationError` where several contacts match, or only one of another person.
    """
    matches = await _find_matches(context, identity, ranking)
    if not matches:
        return None
    if len(matches) > 1:
        raise _multiple_contacts(identity, len(matches))
    [contact] = matches
    cache: ContactCache = context.shared_state
    cache.remember(identity, contact)
    return contact


async def create_contact(context: Context, identity: ContactIdentity, body: JsonObject) -> str:
    """Create a contact and cache it; return its id. Without a response it is marked in doubt."""
    cache: ContactCache = context.shared_state
    try:
        contact_id = await client.create_contact(context, identity.directory_id, body)
    except DeliveryError as error:
        if getattr(error, "outcome_unknown", False):
            cache.mark_in_doubt(identity)
        raise
    cache.confirm_access(identity)
    cache.remember(identity, ContactRef(contact_id, identity.ext_ref))
    return contact_id


async def evict_if_deleted(context: Context, identity: ContactIdentity, contact_id: str) -> bool:
    """Return whether a contact was deleted from the directory; evict it from the cache then."""
    if await client.contact_exists(context, identity.directory_id, contact_id):
        return False
    cache: ContactCache = context.shared_state
    cache.evict(identity, contact_id)
    return True


async def search_by(
    context: Context, identity: ContactIdentity, *names: str
) -> Sequence[ContactRef]:
    """Search by the named identifiers, or by all of them; see `client.search_contacts`."""
    identifiers = {name: identity.identifiers[name] for name in names or identity.identifiers}
    return await client.search_contacts(context, identity.directory_id, identifiers)


async def _find_matches(
    context: Context, identity: ContactIdentity, ranking: Sequence[str]
) -> Sequence[ContactRef]:
    cache: ContactCache = context.shared_state
    strongest, *weaker = ranking
    # A contact with all identifiers has the strongest one too, so one search is often enough. A
    # second one would halve the throughput, as a brand may search 500 times a minute
    # (https://api.qualtrics.com/a5e9a1a304902-limits).
    matches = await search_by(context, identity, strongest)
    cache.confirm_access(identity)
    if len(matches) > 1 and weaker and (narrowed := await search_by(context, identity)):
        return narrowed
    if strongest == "extRef" or not matches:
        return matches
    if own := [match for match in matches if not identity.is_other_person(match.ext_ref)]:
        return own
    # The directory would merge a new contact into that of the other person, which cannot be undone:
    # https://www.qualtrics.com/support/iq-directory/directory-settings-tab/automatic-deduplication
    # So the caller must not create one, and only the extRef can still find the right contact.
    if by_ext_ref := await search_by(context, identity, "extRef"):
        return by_ext_ref
    raise _contact_of_another(strongest)


def _multiple_contacts(identity: ContactIdentity, count: int) -> IntegrationError:
    return IntegrationError(
        f"{count} contacts or more have this {' and '.join(identity.identifiers)}, and an event"
        " is about one: merge them in Qualtrics, or map contactId where the action has it.",
        MULTIPLE_CONTACTS,
        HTTPStatus.BAD_REQUEST,
    )


def _contact_of_another(strongest: str) -> IntegrationError:
    return IntegrationError(
        f"The contact with this {strongest} has another extRef, and the directory merges contacts"
        f" with the same {strongest}: map the right extRef, or change the directory's deduplication"
        " rules.",
        "CONTACT_OF_ANOTHER",
        HTTPStatus.BAD_REQUEST,
    )
