"""Routes of the account: the user of the credentials, and the directories of the brand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.pagination import list_page
from destinations.qualtrics.simulator.requests import ApiRequest, Endpoint
from destinations.qualtrics.simulator.responses import ApiError, ApiResult

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.config import Directory
    from destinations.qualtrics.simulator.json_types import Json
    from destinations.qualtrics.simulator.world import World

#: Keys of `deduplicationCriteria`, and the contact fields in merge rules that they stand for.
_CRITERIA = {
    "email": "email",
    "firstName": "firstName",
    "lastName": "lastName",
    "externalDataReference": "extRef",
    "phone": "phone",
}


def get_current_user(world: World, request: ApiRequest) -> ApiResult:
    """Return the user of the credentials and the brand's data center (whoami)."""
    user = world.config.users[request.user_id]
    data_centers = world.config.data_centers
    return ApiResult(
        {
            "brandId": user.brand_id,
            "userId": request.user_id,
            "userName": user.user_name,
            "accountType": user.account_type,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "email": user.email,
            "datacenter": data_centers.whoami or data_centers.home,
            "language": user.language,
        }
    )


def list_directories(world: World, request: ApiRequest) -> ApiResult:
    """List the directories that the user may use."""
    user = world.config.users[request.user_id]
    if not user.may_list_directories:
        raise ApiError(403, "You may not list directories.")
    allowed_ids = user.directories
    directory_ids = [
        directory_id
        for directory_id in world.config.directories
        if allowed_ids is None or directory_id in allowed_ids
    ]

    def render(directory_id: str) -> Json:
        return _render_directory(world, directory_id)

    return list_page(world, request, directory_ids, render, world.config.pages.directories)


def _render_directory(world: World, directory_id: str) -> Json:
    directory, store = world.config.directories[directory_id], world.stores[directory_id]
    store.update_searchable(world.clock())
    return {
        "directoryId": directory_id,
        "name": directory.name,
        # Qualtrics calls the count of a mailing list inexact
        # (https://github.com/ropensci/qualtRics/pull/275). We assume the same for directories, so
        # this count lags behind as search does.
        "contactCount": len(store.searchable.contacts),
        "isDefault": directory.is_default,
        "deduplicationCriteria": _get_criteria(directory),
    }


def _get_criteria(directory: Directory) -> Json:
    if directory.deduplication_criteria is not None:
        return directory.deduplication_criteria
    used_fields = {field_name for rule in directory.merge_rules for field_name in rule}
    return {criterion: field_name in used_fields for criterion, field_name in _CRITERIA.items()}


ENDPOINTS = (
    Endpoint("GET", "/API/v3/whoami", get_current_user),
    Endpoint("GET", "/API/v3/directories", list_directories),
)
