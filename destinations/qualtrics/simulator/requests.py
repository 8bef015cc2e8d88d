"""API requests as endpoints receive them, and lookups of what their paths and bodies name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from destinations.qualtrics.simulator.responses import ApiError, ApiResult

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Directory
    from destinations.qualtrics.simulator.json_types import JsonObject
    from destinations.qualtrics.simulator.store import Contact, DirectoryStore, MailingList
    from destinations.qualtrics.simulator.world import World


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request that passed the middleware."""

    #: The `Host` header.
    host: str
    path: str
    #: Values of the placeholders in the endpoint's path template.
    path_params: Mapping[str, str]
    query: Mapping[str, str]
    #: Headers by name in lower case.
    headers: Mapping[str, str]
    body: bytes
    #: The authenticated user; empty for an endpoint that authenticates by itself.
    user_id: str


Handler: TypeAlias = "Callable[[World, ApiRequest], ApiResult]"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of the API: a method, a path template and a handler.

    The handler returns the result or raises `ApiError`.
    """

    method: str
    path_template: str
    handler: Handler
    #: Whether the middleware authenticates the request.
    is_authenticated: bool = True

    @property
    def route(self) -> str:
        """The name in rate limits, faults and counts, such as `GET /API/v3/whoami`."""
        return f"{self.method} {self.path_template.replace(':path', '')}"


def parse_json_object(world: World, request: ApiRequest) -> JsonObject:
    """Return the body of a request.

    Raises:
        ApiError: The content type is wrong (415), or the body is no JSON object (400).

    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if world.config.content_type_checked and content_type != "application/json":
        raise ApiError(415, "The content type must be application/json.")
    try:
        body: object = json.loads(request.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ApiError(400, "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "The request body must be a JSON object.")
    return body


def parse_boolean_parameter(request: ApiRequest, name: str) -> bool:
    """Return a query parameter that is `true` or `false`; a missing one is false."""
    text = request.query.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise ApiError(400, f"The query parameter {name} must be true or false.")
    return text == "true"


def find_directory(world: World, request: ApiRequest) -> tuple[Directory, DirectoryStore]:
    """Return the directory that the path names.

    Raises:
        ApiError: The directory does not exist (404 or 403), or the user may not use it (403).

    """
    directory_id = request.path_params["directoryId"]
    if directory_id not in world.config.directories:
        status = world.config.errors.unknown_directory_status
        raise ApiError(status, f"There is no directory {directory_id}.")
    allowed_ids = world.config.users[request.user_id].directories
    if allowed_ids is not None and directory_id not in allowed_ids:
        raise ApiError(403, f"You may not use the directory {directory_id}.")
    return world.config.directories[directory_id], world.stores[directory_id]


def find_full_directory(world: World, request: ApiRequest) -> tuple[Directory, DirectoryStore]:
    """Return the directory as `find_directory` does; refuse an XM Directory Lite (403)."""
    directory, store = find_directory(world, request)
    if directory.lite:
        raise ApiError(403, "XM Directory Lite does not offer this.")
    return directory, store


def find_contact(world: World, store: DirectoryStore, request: ApiRequest) -> Contact:
    """Return the contact that the path names, or raise `ApiError` with the configured status."""
    contact_id = request.path_params["contactId"]
    if contact_id not in store.current.contacts:
        raise ApiError(
            world.config.errors.missing_contact_status, f"There is no contact {contact_id}."
        )
    return store.current.contacts[contact_id]


def find_mailing_list(store: DirectoryStore, request: ApiRequest) -> MailingList:
    """Return the mailing list that the path names, or raise `ApiError` with status 404."""
    list_id = request.path_params["mailingListId"]
    if list_id not in store.mailing_lists:
        raise ApiError(404, f"There is no mailing list {list_id}.")
    return store.mailing_lists[list_id]


def _refuse_constant(name: str) -> NoReturn:
    # `json.loads` accepts NaN and Infinity, which RFC 8259 does not allow. A client that sends them
    # would pass its tests and fail at a strict parser.
    raise ValueError(name)
