"""Routes of bulk imports: jobs that add contacts, with transactions, to a mailing list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.import_rows import is_processed, run_import
from destinations.qualtrics.simulator.import_schedule import ImportJob, TransactionMeta
from destinations.qualtrics.simulator.pagination import parse_page
from destinations.qualtrics.simulator.requests import (
    ApiRequest,
    Endpoint,
    find_full_directory,
    find_mailing_list,
    parse_json_object,
)
from destinations.qualtrics.simulator.responses import ApiError, ApiResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from destinations.qualtrics.simulator.json_types import Json, JsonObject
    from destinations.qualtrics.simulator.world import World

_IMPORTS: Final = (
    "/API/v3/directories/{directoryId}/mailinglists/{mailingListId}/transactioncontacts"
)
_REPORT: Final = "/API/v3/directories/{directoryId}/imports/api-import/jobs/{importId}/report"


def create_import(world: World, request: ApiRequest) -> ApiResult:
    """Start a job that adds the contacts of the body to a mailing list."""
    settings = world.config.imports
    _check_place(world, request)
    body = parse_json_object(world, request)
    contacts = _parse_contacts(world, body)
    meta = _parse_meta(body, contacts)
    if world.imports.is_full(settings):
        raise ApiError(settings.queue_full_status, "Too many imports of this brand wait.")
    rows = {index: row for index, row in enumerate(contacts) if is_processed(world, row, meta)}
    directory_id, list_id = (request.path_params[key] for key in ("directoryId", "mailingListId"))
    documents = {index: row for index, row in rows.items() if isinstance(row, Mapping)}
    import_id = world.create_id("PGRS_")
    job = ImportJob(directory_id, list_id, documents, meta)
    world.imports.add(import_id, job, settings, world.clock())
    run_imports(world)
    result: dict[str, Json] = {
        "id": import_id,
        "contacts": {"unprocessed": [i for i in range(len(contacts)) if i not in rows]},
        "tracking": {"url": f"https://{request.host}{request.path}/{import_id}"},
        "status": "in progress",
    }
    return ApiResult(result, settings.status)


def get_import(world: World, request: ApiRequest) -> ApiResult:
    """Return how far a job is."""
    job = _find_job(world, request)
    is_finished = job.has_ended and not job.polls_left
    job.polls_left = max(job.polls_left - 1, 0)
    return ApiResult(_render_progress(world, job, is_finished=is_finished))


def get_summary(world: World, request: ApiRequest) -> ApiResult:
    """Return how far a job is, and the emails that are malformed."""
    job = _find_job(world, request)
    emails = [line["email"] for line in job.report if not line["contactId"]]
    progress = _render_progress(world, job, is_finished=job.has_ended and not job.polls_left)
    return ApiResult({**progress, "invalidEmails": emails})


def list_report(world: World, request: ApiRequest) -> ApiResult:
    """List the result of each contact of a finished job."""
    job = _find_job(world, request)
    settings = world.config.imports
    page = parse_page(world, request, settings.report_page)
    lines = job.report if job.has_ended and not job.polls_left else []
    token: dict[str, Json] = {"skipToken": str(page.end) if page.end < len(lines) else None}
    content: dict[str, Json] = {"importReportEntries": page.select(lines)}
    if settings.report_key == "result":
        return ApiResult({**content, **token})
    return ApiResult(extra={"results": content, **token})


def run_imports(world: World) -> None:
    """Apply every job whose time is over."""
    world.imports.run(world.clock(), partial(run_import, world))


def _check_place(world: World, request: ApiRequest) -> None:
    """Raise `ApiError` for a place that the user may not use, or that does not exist."""
    is_refused = world.config.imports.unknown_place == "refuse"
    if is_refused or request.path_params["directoryId"] in world.config.directories:
        _, store = find_full_directory(world, request)
        if is_refused:
            find_mailing_list(store, request)


def _parse_contacts(world: World, body: JsonObject) -> Sequence[Json]:
    contacts, most = body.get("contacts"), world.config.imports.contacts_per_call
    if not isinstance(contacts, list) or not contacts:
        raise ApiError(400, "contacts must be a list of contacts.")
    if len(contacts) > most:
        raise ApiError(413, f"An import takes at most {most} contacts.")
    return contacts


def _parse_meta(body: JsonObject, contacts: Sequence[Json]) -> TransactionMeta | None:
    meta = body.get("transactionMeta")
    if meta is None:
        if any(isinstance(row, Mapping) and "transactionData" in row for row in contacts):
            raise ApiError(400, "transactionData needs transactionMeta.")
        return None
    batch_id, fields = (
        (meta.get("batchId"), meta.get("fields")) if isinstance(meta, Mapping) else (None, None)
    )
    names = [name for name in fields if isinstance(name, str)] if isinstance(fields, list) else []
    if not isinstance(batch_id, str) or not isinstance(fields, list) or len(names) < len(fields):
        raise ApiError(400, "transactionMeta must have a batchId, and fields that are strings.")
    if not names:
        raise ApiError(400, "transactionMeta.fields must have at least one item.")
    return TransactionMeta(batch_id, frozenset(names))


def _render_progress(world: World, job: ImportJob, *, is_finished: bool) -> dict[str, Json]:
    failed = sum(not line["contactId"] for line in job.report)
    updated = len(job.report) - failed - job.added
    created = sum(bool(line["transactionId"]) for line in job.report)
    counts = {"added": job.added, "updated": updated, "failed": failed}
    return {
        "percentComplete": 100.0 if is_finished else 50.0,
        "contacts": {"count": counts},
        "transactions": {"count": {"created": created}},
        "status": world.config.imports.complete_status if is_finished else "in progress",
    }


def _find_job(world: World, request: ApiRequest) -> ImportJob:
    run_imports(world)
    if request.path_params["directoryId"] in world.config.directories:
        find_full_directory(world, request)
    import_id = request.path_params["importId"]
    job = world.imports.jobs.get(import_id)
    places = [("directoryId", job.directory_id), ("mailingListId", job.list_id)] if job else []
    if not job or any(request.path_params.get(key, own) != own for key, own in places):
        raise ApiError(404, f"There is no import {import_id}.")
    return job


ENDPOINTS = (
    Endpoint("POST", _IMPORTS, create_import),
    Endpoint("GET", f"{_IMPORTS}/{{importId}}", get_import),
    Endpoint("GET", f"{_IMPORTS}/{{importId}}/summary", get_summary),
    Endpoint("GET", _REPORT, list_report),
)
