"""Routes of bulk imports: a job that adds up to 10,000 contacts to a mailing list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.contact_body import parse_contact_body
from destinations.qualtrics.simulator.deduplication import add_contact, add_to_mailing_list
from destinations.qualtrics.simulator.pagination import list_page
from destinations.qualtrics.simulator.requests import (
    ApiRequest,
    Endpoint,
    find_full_directory,
    find_mailing_list,
    parse_json_object,
)
from destinations.qualtrics.simulator.responses import ApiError, ApiResult
from destinations.qualtrics.simulator.store import ImportJob

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.json_types import Json
    from destinations.qualtrics.simulator.world import World

_IMPORTS: Final = (
    "/API/v3/directories/{directoryId}/mailinglists/{mailingListId}/transactioncontacts"
)
_REPORT: Final = "/API/v3/directories/{directoryId}/imports/api-import/jobs/{importId}/report"
# The vendor's specification names both limits (`ContactImportsApi.java` in
# https://github.com/wtx-labs/qualtrics-api-client-java).
_MAX_CONTACTS: Final = 10_000
_MAX_BYTES: Final = 5_000_000
# It documents no language and no phone for a row; an unknown key is refused like that of a contact.
_KEYS: Final = (
    "firstName",
    "lastName",
    "email",
    "extRef",
    "language",
    "unsubscribed",
    "embeddedData",
)
# The real time of a job is unknown. A poll or two shows a client that takes each for finished.
_POLLS_UNTIL_COMPLETE: Final = 2


def create_import(world: World, request: ApiRequest) -> ApiResult:
    """Start a job that adds the contacts of the body to a mailing list."""
    _, store = find_full_directory(world, request)
    find_mailing_list(store, request)
    contacts = parse_json_object(world, request).get("contacts")
    if not isinstance(contacts, list) or not contacts:
        raise ApiError(400, "contacts must be a list of contacts.")
    if len(contacts) > _MAX_CONTACTS or len(request.body) > _MAX_BYTES:
        raise ApiError(413, f"An import takes {_MAX_CONTACTS} contacts and {_MAX_BYTES} bytes.")
    import_id = world.create_id("PGRS_")
    rows = [_import_row(world, request, index, row) for index, row in enumerate(contacts)]
    store.imports[import_id] = ImportJob(rows, _POLLS_UNTIL_COMPLETE)
    tracking = f"https://{request.host}{request.path}/{import_id}"
    result: dict[str, Json] = {
        "id": import_id,
        "contacts": {"unprocessed": [row["sourceIndexId"] for row in rows if not row["contactId"]]},
        "tracking": {"url": tracking},
        "status": "in progress",
    }
    return ApiResult(result)


def get_import(world: World, request: ApiRequest) -> ApiResult:
    """Return how far a job is."""
    job = _find_job(world, request)
    job.polls_left = max(job.polls_left - 1, 0)
    added = sum(bool(row["contactId"]) for row in job.rows)
    percent = 100 // (job.polls_left + 1)
    counts = {"added": added, "updated": 0, "failed": len(job.rows) - added}
    status = "in progress" if job.polls_left else "complete"
    return ApiResult({"percentComplete": percent, "contacts": {"count": counts}, "status": status})


def list_report(world: World, request: ApiRequest) -> ApiResult:
    """List the result of each row of a finished job."""
    job = _find_job(world, request)
    rows = () if job.polls_left else job.rows
    return list_page(world, request, rows, dict, world.config.pages.list_contacts)


def _import_row(world: World, request: ApiRequest, index: int, row: object) -> dict[str, Json]:
    directory, store = find_full_directory(world, request)
    list_id = request.path_params["mailingListId"]
    try:
        document = row if isinstance(row, Mapping) else {}
        body = parse_contact_body(document, world.config.contacts, _KEYS)
        contact = add_contact(world, directory, store, body)
    except ApiError as error:
        return {
            "sourceIndexId": index,
            "contactId": None,
            "importStatus": "FAILED",
            "importStatusCode": error.message,
        }
    contact, _ = add_to_mailing_list(world, contact, list_id, body)
    store.mailing_lists[list_id].member_ids[contact.id] = None
    store.write(contact.id, contact, now=world.clock(), lag=world.config.search.lag)
    return {"sourceIndexId": index, "contactId": contact.id, "importStatus": "ADDED"}


def _find_job(world: World, request: ApiRequest) -> ImportJob:
    _, store = find_full_directory(world, request)
    import_id = request.path_params["importId"]
    if import_id not in store.imports:
        raise ApiError(404, f"There is no import {import_id}.")
    return store.imports[import_id]


ENDPOINTS = (
    Endpoint("POST", _IMPORTS, create_import),
    Endpoint("GET", f"{_IMPORTS}/{{importId}}", get_import),
    Endpoint("GET", _REPORT, list_report),
)
