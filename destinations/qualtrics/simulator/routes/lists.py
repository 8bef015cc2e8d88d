"""Mailing lists of a directory, and adding contacts to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.contact_body import LIST_BODY_KEYS, read_contact
from destinations.qualtrics.simulator.deduplication import add_contact, join_list
from destinations.qualtrics.simulator.pagination import list_page
from destinations.qualtrics.simulator.requests import (
    Call,
    Endpoint,
    find_directory,
    find_full_directory,
    find_roll,
    read_object,
)
from destinations.qualtrics.simulator.responses import Answer, Refusal
from destinations.qualtrics.simulator.routes.contacts import list_element, milliseconds
from destinations.qualtrics.simulator.store import Roll

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.record_loader import Json
    from destinations.qualtrics.simulator.store import Contact
    from destinations.qualtrics.simulator.world import World

LISTS = "/API/v3/directories/{directoryId}/mailinglists"
NAME_LENGTH = 100


def list_lists(world: World, call: Call) -> Answer:
    """List the mailing lists of a directory."""
    _, store = find_directory(world, call)
    return list_page(world, call, store.rolls.items(), _roll, world.config.pages.mailing_lists)


def create_list(world: World, call: Call) -> Answer:
    """Make an empty mailing list."""
    _, store = find_directory(world, call)
    body = read_object(world, call)
    name, owner = body.get("name"), body.get("ownerId", call.user_id)
    if not isinstance(name, str) or not 1 <= len(name) <= NAME_LENGTH:
        raise Refusal(400, f"name must have 1 to {NAME_LENGTH} characters.")
    if not isinstance(owner, str):
        raise Refusal(400, "ownerId must be a string.")
    list_id, now = world.new_id("CG_"), world.clock()
    store.rolls[list_id] = Roll(name, owner, created=now, modified=now)
    return Answer({"id": list_id})


def add_to_list(world: World, call: Call) -> Answer:
    """Add a contact, new or merged by the directory's rules, to a list."""
    directory, store = find_directory(world, call)
    roll = find_roll(store, call)
    body = read_object(world, call)
    supplied = read_contact(body, world.config.contacts, LIST_BODY_KEYS)
    added = add_contact(world, directory, store, supplied)
    contact, membership = join_list(added, call.path["mailingListId"], supplied, world)
    roll.members[contact.id] = None
    store.write(contact.id, contact, now=world.clock(), lag=world.config.search.lag)
    return Answer({"id": contact.id, "contactLookupId": membership.lookup_id})


def list_members(world: World, call: Call) -> Answer:
    """List the contacts on a list in order of arrival."""
    _, store = find_full_directory(world, call)
    roll, list_id = find_roll(store, call), call.path["mailingListId"]

    def render(contact_id: str) -> Json:
        return _member(store.live.contacts[contact_id], list_id)

    return list_page(world, call, roll.members, render, world.config.pages.list_contacts)


def _roll(item: tuple[str, Roll]) -> Json:
    list_id, roll = item
    return {
        "mailingListId": list_id,
        "name": roll.name,
        "ownerId": roll.owner_id,
        "creationDate": milliseconds(roll.created),
        "lastModifiedDate": milliseconds(roll.modified),
        "contactCount": len(roll.members),
    }


def _member(contact: Contact, list_id: str) -> Json:
    membership = contact.memberships[list_id]
    shown = list_element(contact)
    del shown["unsubscribed"]
    return {
        **shown,
        "contactLookupId": membership.lookup_id,
        "directoryUnsubscribed": contact.unsubscribed,
        "mailingListUnsubscribed": membership.unsubscribed,
        "privateEmbeddedData": membership.private,
    }


ENDPOINTS = (
    Endpoint("GET", LISTS, list_lists),
    Endpoint("POST", LISTS, create_list),
    Endpoint("GET", f"{LISTS}/{{mailingListId}}/contacts", list_members),
    Endpoint("POST", f"{LISTS}/{{mailingListId}}/contacts", add_to_list),
)
