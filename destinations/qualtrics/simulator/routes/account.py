"""Who calls, and which directories there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.pagination import list_page
from destinations.qualtrics.simulator.requests import Call, Endpoint
from destinations.qualtrics.simulator.responses import Answer

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Directory
    from destinations.qualtrics.simulator.record_loader import Json
    from destinations.qualtrics.simulator.world import World

CRITERIA = {
    "email": "email",
    "firstName": "firstName",
    "lastName": "lastName",
    "externalDataReference": "extRef",
    "phone": "phone",
}


def whoami(world: World, call: Call) -> Answer:
    """Tell whom the credentials stand for."""
    user, centers = world.config.users[call.user_id], world.config.data_centers
    return Answer(
        {
            "brandId": user.brand_id,
            "userId": call.user_id,
            "userName": user.user_name,
            "accountType": user.account_type,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "email": user.email,
            "datacenter": centers.whoami or centers.home,
            "language": user.language,
        }
    )


def list_directories(world: World, call: Call) -> Answer:
    """List the directories that the user may use."""
    allowed = world.config.users[call.user_id].directories
    found = [
        (directory_id, directory)
        for directory_id, directory in world.config.directories.items()
        if allowed is None or directory_id in allowed
    ]

    def render(item: tuple[str, Directory]) -> Json:
        return _directory(world, *item)

    return list_page(world, call, found, render, world.config.pages.directories)


def _directory(world: World, directory_id: str, directory: Directory) -> Json:
    store = world.stores[directory_id]
    store.settle(world.clock())
    return {
        "directoryId": directory_id,
        "name": directory.name,
        # Documented as inexact: it counts what search knows of.
        "contactCount": len(store.seen.contacts),
        "isDefault": directory.is_default,
        "deduplicationCriteria": _criteria(directory),
    }


def _criteria(directory: Directory) -> Json:
    if directory.deduplication_criteria is not None:
        return directory.deduplication_criteria
    used = {name for rule in directory.merge_rules for name in rule}
    return {shown: name in used for shown, name in CRITERIA.items()}


ENDPOINTS = (
    Endpoint("GET", "/API/v3/whoami", whoami),
    Endpoint("GET", "/API/v3/directories", list_directories),
)
