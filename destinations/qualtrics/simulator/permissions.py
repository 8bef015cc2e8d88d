"""Scopes of users: which route needs which, and the refusal of a user who lacks it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.responses import ApiError

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.requests import ApiRequest, Endpoint
    from destinations.qualtrics.simulator.world import World

_DIRECTORY: Final = "/API/v3/directories/{directoryId}"
_CONTACT: Final = f"{_DIRECTORY}/contacts/{{contactId}}"
# One connector's documentation names the scopes
# (https://docs.tealium.com/server-side-connectors/qualtrics-xm-directory-connector). It asks for
# no scope to read contacts, although it searches them, so a scope to manage includes the reading.
_SCOPES: Final = {
    "GET /API/v3/directories": "read:directories",
    f"GET {_DIRECTORY}/mailinglists": "read:mailing_lists",
    f"GET {_DIRECTORY}/contacts": "read:directory_contacts",
    f"GET {_CONTACT}": "read:directory_contacts",
    f"POST {_DIRECTORY}/contacts/search": "read:directory_contacts",
    f"POST {_DIRECTORY}/contacts": "manage:directory_contacts",
    f"PUT {_CONTACT}": "manage:directory_contacts",
    f"DELETE {_CONTACT}": "manage:directory_contacts",
    f"GET {_CONTACT}/transactions": "read:contact_transactions",
    f"POST {_DIRECTORY}/transactions": "manage:contact_transactions",
    f"DELETE {_DIRECTORY}/transactions/{{transactionId}}": "manage:contact_transactions",
}


def check_scope(world: World, endpoint: Endpoint, request: ApiRequest) -> None:
    """Raise `ApiError` with status 403 where the user lacks the scope of a route."""
    scope = _SCOPES.get(endpoint.route)
    user = world.config.users.get(request.user_id)
    if scope is None or user is None or user.scopes is None:
        return
    if {scope, scope.replace("read:", "manage:")}.isdisjoint(user.scopes):
        if world.config.errors.permission_checked == "last":
            endpoint.handler(deepcopy(world), request)  # raises where the content is wrong too
        raise ApiError(403, f"You need the scope {scope}.")
