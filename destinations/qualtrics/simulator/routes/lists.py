"""Routes of a directory's mailing lists and their members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.contact_body import (
    MAILING_LIST_CONTACT_KEYS,
    parse_contact_body,
)
from destinations.qualtrics.simulator.deduplication import add_contact, add_to_mailing_list
from destinations.qualtrics.simulator.pagination import list_page
from destinations.qualtrics.simulator.requests import (
    ApiRequest,
    Endpoint,
    find_contact,
    find_directory,
    find_full_directory,
    find_mailing_list,
    parse_boolean_parameter,
    parse_json_object,
)
from destinations.qualtrics.simulator.responses import ApiError, ApiResult
from destinations.qualtrics.simulator.routes.contacts import (
    render_contact,
    render_list_element,
)
from destinations.qualtrics.simulator.store import MailingList
from destinations.qualtrics.simulator.timestamps import format_iso, to_milliseconds

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.json_types import Json
    from destinations.qualtrics.simulator.store import Contact
    from destinations.qualtrics.simulator.world import World

_LISTS = "/API/v3/directories/{directoryId}/mailinglists"
_MEMBERS = f"{_LISTS}/{{mailingListId}}/contacts"
# Notes on one connector name this limit (`qualtrics_api_doc.md` in
# https://github.com/databrickslabs/lakeflow-community-connectors). We know no page of Qualtrics
# with it.
_MAX_NAME_LENGTH = 100


def list_mailing_lists(world: World, request: ApiRequest) -> ApiResult:
    """List the mailing lists of a directory."""
    _, store = find_directory(world, request)
    mailing_lists = store.mailing_lists.items()
    max_size = world.config.pages.mailing_lists
    return list_page(world, request, mailing_lists, _render_mailing_list, max_size)


def create_mailing_list(world: World, request: ApiRequest) -> ApiResult:
    """Create an empty mailing list."""
    _, store = find_directory(world, request)
    body = parse_json_object(world, request)
    name, owner_id = body.get("name"), body.get("ownerId", request.user_id)
    if not isinstance(name, str) or not 1 <= len(name) <= _MAX_NAME_LENGTH:
        raise ApiError(400, f"name must have 1 to {_MAX_NAME_LENGTH} characters.")
    if not isinstance(owner_id, str):
        raise ApiError(400, "ownerId must be a string.")
    list_id, now = world.create_id("CG_"), world.clock()
    store.mailing_lists[list_id] = MailingList(name, owner_id, created_at=now, modified_at=now)
    return ApiResult({"id": list_id})


def add_list_member(world: World, request: ApiRequest) -> ApiResult:
    """Add a contact, new or merged by the directory's rules, to a mailing list."""
    directory, store = find_directory(world, request)
    mailing_list = find_mailing_list(store, request)
    document = parse_json_object(world, request)
    body = parse_contact_body(document, world.config.contacts, MAILING_LIST_CONTACT_KEYS)
    contact = add_contact(world, directory, store, body)
    list_id = request.path_params["mailingListId"]
    contact, membership = add_to_mailing_list(world, contact, list_id, body)
    mailing_list.member_ids[contact.id] = None
    store.write(contact.id, contact, now=world.clock(), lag=world.config.search.lag)
    return ApiResult({"id": contact.id, "contactLookupId": membership.lookup_id})


def list_members(world: World, request: ApiRequest) -> ApiResult:
    """List the members of a mailing list in order of arrival, on request with embedded data."""
    _, store = find_full_directory(world, request)
    mailing_list = find_mailing_list(store, request)
    list_id = request.path_params["mailingListId"]
    has_embedded_data = parse_boolean_parameter(request, "includeEmbedded")

    def render(contact_id: str) -> Json:
        contact = store.current.contacts[contact_id]
        element = _render_member(contact, list_id)
        return {**element, "embeddedData": contact.embedded_data} if has_embedded_data else element

    max_size = world.config.pages.list_contacts
    return list_page(world, request, mailing_list.member_ids, render, max_size)


def get_member(world: World, request: ApiRequest) -> ApiResult:
    """Return a member of a mailing list with its private embedded data."""
    _, store = find_directory(world, request)
    mailing_list = find_mailing_list(store, request)
    contact = find_contact(world, store, request)
    if contact.id not in mailing_list.member_ids:
        raise ApiError(404, f"The contact {contact.id} is not on this mailing list.")
    document = render_contact(contact, store)
    for name in ("skipped", "mailingListMembership"):
        del document[name]
    membership = contact.memberships[request.path_params["mailingListId"]]
    opted_out_at = contact.unsubscribed_at
    return ApiResult(
        {
            **document,
            "directoryUnsubscribeDate": opted_out_at and format_iso(opted_out_at),
            "mailingListUnsubscribed": membership.unsubscribed,
            "mailingListUnsubscribeDate": to_milliseconds(membership.unsubscribed_at),
            "contactLookupId": membership.lookup_id,
            "privateEmbeddedData": membership.private_data,
        }
    )


def _render_mailing_list(id_and_list: tuple[str, MailingList]) -> Json:
    list_id, mailing_list = id_and_list
    return {
        "mailingListId": list_id,
        "name": mailing_list.name,
        "ownerId": mailing_list.owner_id,
        "creationDate": to_milliseconds(mailing_list.created_at),
        "lastModifiedDate": to_milliseconds(mailing_list.modified_at),
        "contactCount": len(mailing_list.member_ids),
    }


def _render_member(contact: Contact, list_id: str) -> dict[str, Json]:
    membership = contact.memberships[list_id]
    return {
        **render_list_element(contact),
        "mailingListUnsubscribed": membership.unsubscribed,
        "contactLookupId": membership.lookup_id,
    }


ENDPOINTS = (
    Endpoint("GET", _LISTS, list_mailing_lists),
    Endpoint("POST", _LISTS, create_mailing_list),
    Endpoint("GET", _MEMBERS, list_members),
    Endpoint("GET", f"{_MEMBERS}/{{contactId}}", get_member),
    Endpoint("POST", _MEMBERS, add_list_member),
)
