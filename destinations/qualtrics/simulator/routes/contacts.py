"""Routes of a directory's contacts: create, read, update, delete, list and search."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.contact_body import parse_contact_body
from destinations.qualtrics.simulator.deduplication import add_contact, apply_contact_body
from destinations.qualtrics.simulator.pagination import encode_cursor, list_page, parse_page
from destinations.qualtrics.simulator.requests import (
    ApiRequest,
    Endpoint,
    find_contact,
    find_directory,
    find_full_directory,
    parse_boolean_parameter,
    parse_json_object,
)
from destinations.qualtrics.simulator.responses import ApiError, ApiResult
from destinations.qualtrics.simulator.search import compile_filter
from destinations.qualtrics.simulator.timestamps import format_iso, to_milliseconds

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.json_types import Json
    from destinations.qualtrics.simulator.store import Contact, DirectoryStore, Membership
    from destinations.qualtrics.simulator.world import World

_CONTACTS = "/API/v3/directories/{directoryId}/contacts"
_CONTACT = f"{_CONTACTS}/{{contactId}}"


def create_contact(world: World, request: ApiRequest) -> ApiResult:
    """Create a contact or merge it into an existing one; the response is the same for both."""
    directory, store = find_directory(world, request)
    body = parse_contact_body(parse_json_object(world, request), world.config.contacts)
    contact = add_contact(world, directory, store, body)
    _write(world, store, contact.id, contact)
    return ApiResult({"id": contact.id})


def update_contact(world: World, request: ApiRequest) -> ApiResult:
    """Update the fields of a contact that the body has."""
    _, store = find_directory(world, request)
    contact, settings = find_contact(world, store, request), world.config.contacts
    document = parse_json_object(world, request)
    body = parse_contact_body(document, settings)
    if settings.put_fields == "clear":
        contact = replace(contact, fields={})
    if settings.put_embedded_data == "replace" and "embeddedData" in document:
        contact = replace(contact, embedded_data={})
    updated = apply_contact_body(contact, body, settings, world.clock())
    _write(world, store, contact.id, updated)
    return ApiResult()


def delete_contact(world: World, request: ApiRequest) -> ApiResult:
    """Delete a contact from its directory and from every mailing list."""
    _, store = find_directory(world, request)
    contact = find_contact(world, store, request)
    for list_id in contact.memberships:
        store.mailing_lists[list_id].member_ids.pop(contact.id, None)
    _write(world, store, contact.id, None)
    return ApiResult()


def get_contact(world: World, request: ApiRequest) -> ApiResult:
    """Return a contact."""
    _, store = find_directory(world, request)
    document = render_contact(find_contact(world, store, request), store)
    if parse_boolean_parameter(request, "includeSegments"):
        document["segmentMembership"] = {}
    return ApiResult(document)


def list_contacts(world: World, request: ApiRequest) -> ApiResult:
    """List the contacts of a directory in order of arrival."""
    _, store = find_full_directory(world, request)
    contacts = store.current.contacts.values()
    return list_page(world, request, contacts, render_list_element, world.config.pages.contacts)


def search_contacts(world: World, request: ApiRequest) -> ApiResult:
    """Search contacts by a filter; search finds a write after the configured lag."""
    _, store = find_full_directory(world, request)
    page = parse_page(world, request, world.config.pages.search)
    if page.end > world.config.search.depth:
        raise ApiError(400, f"Search pages no further than {world.config.search.depth} contacts.")
    contact_filter = compile_filter(parse_json_object(world, request).get("filter"))
    has_embedded_data = parse_boolean_parameter(request, "includeEmbedded")
    has_segments = parse_boolean_parameter(request, "includeSegments")
    store.update_searchable(world.clock())
    elements = [
        _render_search_element(
            contact, has_embedded_data=has_embedded_data, has_segments=has_segments
        )
        for contact in page.select(contact_filter.run(store.searchable))
    ]
    if len(elements) < page.size:
        return ApiResult({"elements": elements})
    # Qualtrics leads from an exactly full last page to an empty one
    # (https://api.qualtrics.com/c79e78a949572-search-directory-contacts). Without this page, a
    # client that fails on an empty page would pass its tests.
    return ApiResult({"elements": elements, "skipToken": encode_cursor(page.end)})


def get_export(world: World, request: ApiRequest) -> ApiResult:
    """Refuse an export of contacts as unknown: the simulator makes none."""
    find_directory(world, request)
    raise ApiError(404, f"There is no export {request.path_params['exportId']}.")


def render_contact(contact: Contact, store: DirectoryStore) -> dict[str, Json]:
    """Return a contact as GET shows it."""
    email = contact.fields.get("email", "")
    return {
        "contactId": contact.id,
        "creationDate": to_milliseconds(contact.created_at),
        "lastModified": to_milliseconds(contact.modified_at),
        **_select_fields(contact, "firstName", "lastName", "email"),
        "emailDomain": email.rpartition("@")[2] or None,
        **_select_fields(contact, "phone", "extRef"),
        "embeddedData": contact.embedded_data,
        **_select_fields(contact, "language"),
        "skipped": None,
        "directoryUnsubscribed": contact.unsubscribed,
        "directoryUnsubscribeDate": to_milliseconds(contact.unsubscribed_at),
        "stats": {},
        "mailingListMembership": {
            list_id: _render_membership(store, list_id, membership)
            for list_id, membership in contact.memberships.items()
        },
    }


def render_list_element(contact: Contact) -> dict[str, Json]:
    """Return a contact as listings show it, without its embedded data."""
    return {
        "contactId": contact.id,
        **_select_fields(contact, "firstName", "lastName", "email", "phone", "extRef", "language"),
        "unsubscribed": contact.unsubscribed,
    }


def _render_search_element(
    contact: Contact, *, has_embedded_data: bool, has_segments: bool
) -> Json:
    # Search has other names for the id, the phone and the extRef than GET (`ElementsInner1.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java). With the names of GET, a client that
    # mixes them up would pass its tests.
    document: dict[str, Json] = {
        "id": contact.id,
        "creationDate": format_iso(contact.created_at),
        "lastModified": format_iso(contact.modified_at),
        **_select_fields(contact, "firstName", "lastName", "email"),
        "phoneNumber": contact.fields.get("phone"),
        "externalDataReference": contact.fields.get("extRef"),
        **_select_fields(contact, "language"),
    }
    if has_embedded_data:
        document["embeddedData"] = contact.embedded_data
    if has_segments:
        document["segmentMembership"] = {}
    return document


def _render_membership(store: DirectoryStore, list_id: str, membership: Membership) -> Json:
    mailing_list = store.mailing_lists[list_id]
    return {
        "contactLookupId": membership.lookup_id,
        "name": mailing_list.name,
        "unsubscribed": membership.unsubscribed,
        "unsubscribeDate": to_milliseconds(membership.unsubscribed_at),
        "ownerId": mailing_list.owner_id,
    }


def _select_fields(contact: Contact, *names: str) -> dict[str, Json]:
    return {name: contact.fields.get(name) for name in names}


def _write(world: World, store: DirectoryStore, contact_id: str, contact: Contact | None) -> None:
    store.write(contact_id, contact, now=world.clock(), lag=world.config.search.lag)


ENDPOINTS = (
    Endpoint("POST", f"{_CONTACTS}/search", search_contacts),
    Endpoint("GET", _CONTACTS, list_contacts),
    Endpoint("POST", _CONTACTS, create_contact),
    Endpoint("GET", _CONTACT, get_contact),
    Endpoint("PUT", _CONTACT, update_contact),
    Endpoint("DELETE", _CONTACT, delete_contact),
    Endpoint("GET", "/API/v3/directories/{directoryId}/export-contacts/{exportId}", get_export),
)
