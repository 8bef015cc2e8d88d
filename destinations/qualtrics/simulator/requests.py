"""One call as its handler sees it, and what handlers look up first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeAlias, cast

from destinations.qualtrics.simulator.responses import Answer, Refusal

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Directory
    from destinations.qualtrics.simulator.record_loader import Json
    from destinations.qualtrics.simulator.store import Contact, Roll, Store
    from destinations.qualtrics.simulator.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """A request that got past the gate: its path is `target`, its header names are lower case."""

    host: str
    target: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    user_id: str


Handler: TypeAlias = "Callable[[World, Call], Answer]"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of the API and what answers it."""

    method: str
    template: str
    handler: Handler
    authenticated: bool = True

    @property
    def name(self) -> str:
        """How limits, faults and counts call it: `GET /API/v3/whoami`."""
        return f"{self.method} {self.template.replace(':path', '')}"


def read_object(world: World, call: Call) -> Mapping[str, Json]:
    """Return the body, which has to be a JSON object."""
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if world.config.content_type_checked and kind != "application/json":
        raise Refusal(415, "The content type must be application/json.")
    try:
        body = json.loads(call.content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise Refusal(400, "The request body must be a JSON object.")
    return cast("Mapping[str, Json]", body)


def read_flag(call: Call, name: str) -> bool:
    """Return a query parameter that is `true` or `false`; it is false where it is missing."""
    text = call.query.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise Refusal(400, f"The query parameter {name} must be true or false.")
    return text == "true"


def find_directory(world: World, call: Call) -> tuple[Directory, Store]:
    """Return the directory that the path names, if there is one and the user may use it."""
    directory_id = call.path["directoryId"]
    if directory_id not in world.config.directories:
        raise Refusal(404, f"There is no directory {directory_id}.")
    allowed = world.config.users[call.user_id].directories
    if allowed is not None and directory_id not in allowed:
        raise Refusal(403, f"You may not use the directory {directory_id}.")
    return world.config.directories[directory_id], world.stores[directory_id]


def find_full_directory(world: World, call: Call) -> tuple[Directory, Store]:
    """Return the directory, refusing one of XM Directory Lite."""
    directory, store = find_directory(world, call)
    if directory.lite:
        raise Refusal(403, "XM Directory Lite does not offer this.")
    return directory, store


def find_contact(store: Store, call: Call) -> Contact:
    """Return the contact that the path names."""
    contact_id = call.path["contactId"]
    if contact_id not in store.live.contacts:
        raise Refusal(404, f"There is no contact {contact_id}.")
    return store.live.contacts[contact_id]


def find_roll(store: Store, call: Call) -> Roll:
    """Return the mailing list that the path names."""
    list_id = call.path["mailingListId"]
    if list_id not in store.rolls:
        raise Refusal(404, f"There is no mailing list {list_id}.")
    return store.rolls[list_id]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
