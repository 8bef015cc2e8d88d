"""Contacts of a directory: create, read, update, delete, list, search."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.contact_body import read_contact
from destinations.qualtrics.simulator.deduplication import add_contact, change_contact
from destinations.qualtrics.simulator.pagination import cursor, list_page, read_page
from destinations.qualtrics.simulator.requests import (
    Call,
    Endpoint,
    find_contact,
    find_directory,
    find_full_directory,
    read_flag,
    read_object,
)
from destinations.qualtrics.simulator.responses import Answer, Refusal
from destinations.qualtrics.simulator.search import compile_filter

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.record_loader import Json
    from destinations.qualtrics.simulator.store import Contact, Membership, Store
    from destinations.qualtrics.simulator.world import World

CONTACTS = "/API/v3/directories/{directoryId}/contacts"


def create_contact(world: World, call: Call) -> Answer:
    """Add a contact; the answer looks the same whether it is new or merged."""
    directory, store = find_directory(world, call)
    supplied = read_contact(read_object(world, call), world.config.contacts)
    contact = add_contact(world, directory, store, supplied)
    _write(world, store, contact.id, contact)
    return Answer({"id": contact.id})


def update_contact(world: World, call: Call) -> Answer:
    """Change the supplied parts of a contact."""
    _, store = find_directory(world, call)
    contact, rules = find_contact(store, call), world.config.contacts
    body = read_object(world, call)
    supplied = read_contact(body, rules)
    if rules.put_embedded_data == "replace" and "embeddedData" in body:
        contact = replace(contact, embedded={})
    _write(world, store, contact.id, change_contact(contact, supplied, rules, world.clock()))
    return Answer()


def delete_contact(world: World, call: Call) -> Answer:
    """Remove a contact for good, from every list."""
    _, store = find_directory(world, call)
    contact = find_contact(store, call)
    for list_id in contact.memberships:
        store.rolls[list_id].members.pop(contact.id, None)
    _write(world, store, contact.id, None)
    return Answer()


def get_contact(world: World, call: Call) -> Answer:
    """Show a contact."""
    _, store = find_directory(world, call)
    shown = dict(show_contact(find_contact(store, call), store))
    if read_flag(call, "includeSegments"):
        shown["segmentMembership"] = {}
    return Answer(shown)


def list_contacts(world: World, call: Call) -> Answer:
    """List the contacts of a directory in order of arrival."""
    _, store = find_full_directory(world, call)
    found = store.live.contacts.values()
    return list_page(world, call, found, list_element, world.config.pages.contacts)


def search_contacts(world: World, call: Call) -> Answer:
    """Find contacts by a filter; a write stays unseen for as long as the search lags."""
    _, store = find_full_directory(world, call)
    page = read_page(world, call, world.config.pages.search)
    if page.start + page.size > world.config.search.depth:
        raise Refusal(400, f"Search pages no further than {world.config.search.depth} contacts.")
    chosen = compile_filter(read_object(world, call).get("filter"))
    embedded, segments = read_flag(call, "includeEmbedded"), read_flag(call, "includeSegments")
    store.settle(world.clock())
    found = page.of(chosen.run(store.seen))
    elements = [_search_element(each, embedded=embedded, segments=segments) for each in found]
    if len(elements) < page.size:
        return Answer({"elements": elements})
    return Answer({"elements": elements, "skipToken": cursor(page.start + page.size)})


def show_contact(contact: Contact, store: Store) -> dict[str, Json]:
    """Return a contact as GET shows it."""
    email = contact.fields.get("email", "")
    memberships = contact.memberships.items()
    return {
        "contactId": contact.id,
        "creationDate": milliseconds(contact.created),
        "lastModified": milliseconds(contact.modified),
        **_named(contact, ("firstName", "lastName", "email")),
        "emailDomain": email.rpartition("@")[2] or None,
        **_named(contact, ("phone", "extRef")),
        "embeddedData": contact.embedded,
        **_named(contact, ("language",)),
        "skipped": None,
        "directoryUnsubscribed": contact.unsubscribed,
        "directoryUnsubscribeDate": milliseconds(contact.unsubscribed_at),
        "stats": {},
        "mailingListMembership": {each: _membership(store, each, its) for each, its in memberships},
    }


def list_element(contact: Contact) -> dict[str, Json]:
    """Return a contact as listings show it."""
    return {
        "contactId": contact.id,
        **_named(contact, ("firstName", "lastName", "email", "phone", "extRef", "language")),
        "unsubscribed": contact.unsubscribed,
        "embeddedData": contact.embedded,
    }


def milliseconds(moment: float | None) -> int | None:
    """Return a time as the API's epoch milliseconds."""
    return None if moment is None else int(moment * 1000)


def _search_element(contact: Contact, *, embedded: bool, segments: bool) -> Json:
    shown: dict[str, Json] = {
        "id": contact.id,
        "creationDate": _iso(contact.created),
        "lastModified": _iso(contact.modified),
        **_named(contact, ("firstName", "lastName", "email")),
        "phoneNumber": contact.fields.get("phone"),
        "externalDataReference": contact.fields.get("extRef"),
        **_named(contact, ("language",)),
    }
    if embedded:
        shown["embeddedData"] = contact.embedded
    if segments:
        shown["segmentMembership"] = {}
    return shown


def _membership(store: Store, list_id: str, membership: Membership) -> Json:
    roll = store.rolls[list_id]
    return {
        "contactLookupId": membership.lookup_id,
        "name": roll.name,
        "unsubscribed": membership.unsubscribed,
        "unsubscribeDate": milliseconds(membership.unsubscribed_at),
        "ownerId": roll.owner_id,
    }


def _named(contact: Contact, names: tuple[str, ...]) -> dict[str, Json]:
    return {name: contact.fields.get(name) for name in names}


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(world: World, store: Store, contact_id: str, contact: Contact | None) -> None:
    store.write(contact_id, contact, now=world.clock(), lag=world.config.search.lag)


ENDPOINTS = (
    Endpoint("POST", f"{CONTACTS}/search", search_contacts),
    Endpoint("GET", CONTACTS, list_contacts),
    Endpoint("POST", CONTACTS, create_contact),
    Endpoint("GET", f"{CONTACTS}/{{contactId}}", get_contact),
    Endpoint("PUT", f"{CONTACTS}/{{contactId}}", update_contact),
    Endpoint("DELETE", f"{CONTACTS}/{{contactId}}", delete_contact),
)
