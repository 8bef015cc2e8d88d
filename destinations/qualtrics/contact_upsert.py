"""Contact writes of the action addContactToXmd, by sync mode.

An upsert is a PUT where the contact is cached, else a POST, with which Qualtrics itself creates
or merges, by the directory's rules. A PUT by id cannot create a second contact, even where the
directory has no rules or the search lags behind.
"""

from __future__ import annotations

from destination_kit import Context, DeliveryError, JsonObject
from destinations.qualtrics import client
from destinations.qualtrics.client import ContactRef
from destinations.qualtrics.contact_cache import ContactCache
from destinations.qualtrics.contact_identity import ContactIdentity
from destinations.qualtrics.contact_resolution import (
    create_contact,
    find_locked,
    search_by,
    search_contact,
)
from destinations.qualtrics.deduplication_criteria import rank_identifiers
from destinations.qualtrics.opt_outs import respect_opt_out
from destinations.qualtrics.responses import as_object, leaves_access_unknown


async def upsert_contact(
    context: Context, identity: ContactIdentity, body: JsonObject
) -> JsonObject:
    """Update the cached contact of an identity, or create one; return its id.

    Raises `RetryableError` while it is in doubt whether an earlier call has created the contact.
    """
    if not identity.identifiers:
        contact_id = await client.create_contact(context, identity.directory_id, body)
        return {"contactId": contact_id}
    cache: ContactCache = context.shared_state
    update = respect_opt_out(context, body)
    # Waiters share the result of an equal request. If the body were left out, a waiter with other
    # fields would take over the result, and its fields would be lost.
    request = ("write", identity.token_scope, body, update)
    async with cache.locks.acquire(identity.keys, request) as lock:
        if lock.result is None:
            updated_id = await _update_cached(context, identity, update)
            lock.result = (
                _describe_update(updated_id, body, update)
                if updated_id
                else {"contactId": await create_contact(context, identity, body)}
            )
        return as_object(lock.result)


async def update_contact(
    context: Context, identity: ContactIdentity, body: JsonObject
) -> JsonObject | None:
    """Update the contact of an identity; return its id, None where the directory has none.

    Raises what `find_or_create_contact` raises.
    """
    cache: ContactCache = context.shared_state
    update = respect_opt_out(context, body)
    request = ("update", identity.token_scope, body, update)
    async with cache.locks.acquire(identity.keys, request) as lock:
        # A cached contact may have been deleted, which the PUT finds out. Then a search decides.
        for _ in range(2 if lock.result is None else 0):
            contact = await find_locked(context, identity)
            if contact is None:
                return None
            known = ContactRef(contact.contact_id, contact.ext_ref)
            if updated_id := await _update(context, identity, known, update):
                lock.result = _describe_update(updated_id, body, update)
                break
        return as_object(lock.result) or None


def _describe_update(contact_id: str, body: JsonObject, update: JsonObject) -> JsonObject:
    """Return the response to an update, with what was left out of it."""
    left_out = sorted(body.keys() - update.keys())
    return {"contactId": contact_id, **({"leftOut": left_out} if left_out else {})}


async def _update_cached(
    context: Context, identity: ContactIdentity, body: JsonObject
) -> str | None:
    """Update the contact by id; return None where none is cached, or it has been deleted."""
    cache: ContactCache = context.shared_state
    if not (cache.has_contact(identity) or cache.is_in_doubt(identity)):
        return None
    cache.raise_if_in_doubt(identity)
    await _check_access(context, identity)
    if cache.is_in_doubt(identity):
        await search_contact(context, identity, await rank_identifiers(context, identity))
    contact = await _get_cached(context, identity)
    return await _update(context, identity, contact, body) if contact else None


async def _check_access(context: Context, identity: ContactIdentity) -> None:
    """Search once with a token that has not shown access to a cached contact."""
    cache: ContactCache = context.shared_state
    if not cache.lacks_access(identity):
        return
    try:
        await search_by(context, identity)
    except DeliveryError as error:
        # After a refusal the token may not use the cached contact, so the caller creates a contact.
        # An outage shows no refusal, and then a new contact could be a duplicate.
        if leaves_access_unknown(error):
            raise
    else:
        cache.confirm_access(identity)


async def _get_cached(context: Context, identity: ContactIdentity) -> ContactRef | None:
    cache: ContactCache = context.shared_state
    # `cache.get` would return None too, but only after the ranking, which may cost an API call that
    # lists the directories.
    if not cache.can_read(identity):
        return None
    strongest, *_ = await rank_identifiers(context, identity)
    return cache.get(identity, strongest)


async def _update(
    context: Context, identity: ContactIdentity, contact: ContactRef, body: JsonObject
) -> str | None:
    """Update a contact and cache it anew; evict it and return None where it has been deleted."""
    cache: ContactCache = context.shared_state
    # An anonymousId belongs to a browser. If it replaced the person's extRef, later events with
    # that extRef would no longer find the contact.
    if identity.is_anonymous and contact.ext_ref:
        body = {name: value for name, value in body.items() if name != "extRef"}
    if not await client.update_contact(context, identity.directory_id, contact.contact_id, body):
        cache.evict(identity, contact.contact_id)
        return None
    cache.confirm_access(identity)
    ext_ref = identity.ext_ref or contact.ext_ref
    cache.remember(identity, ContactRef(contact.contact_id, ext_ref))
    return contact.contact_id
