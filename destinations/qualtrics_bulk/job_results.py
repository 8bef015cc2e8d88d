"""Results of imports: jobs are polled, and the report of a finished one has a line per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from destination_kit import (
    Context,
    DeliveryError,
    Failed,
    HTTPError,
    IntegrationError,
    Json,
    JsonObject,
    Submitted,
)
from destinations.qualtrics_bulk import api
from destinations.qualtrics_bulk.api import JobStatus, Place
from destinations.qualtrics_bulk.failures import is_not_found, missing_batch, missing_place
from destinations.qualtrics_bulk.importer import Answer
from destinations.qualtrics_bulk.open_imports import OpenImports

# 25 jobs make 150 calls a minute, of the 500 that Qualtrics allows for the status of jobs
# (https://api.qualtrics.com/a5e9a1a304902-limits).
_PAUSE: Final = 10.0
_PAUSE_OF_SMALL: Final = 2.0
_LARGE: Final = 1000
_FAILED_WORDS: Final = ("fail", "error", "invalid", "reject")


async def poll(
    open_imports: OpenImports, context: Context, jobs: Sequence[JsonObject]
) -> list[Answer]:
    """Return the result of each row whose import has ended."""
    answers: list[Answer] = [None] * len(jobs)
    by_import: dict[tuple[Place, str], list[int]] = {}
    for position, job in enumerate(jobs):
        place = Place(str(job["directory"]), str(job["list"]))
        by_import.setdefault((place, str(job["id"])), []).append(position)
    for (place, _), positions in by_import.items():
        own = [jobs[position] for position in positions]
        results = await _poll_import(open_imports, context, place, own)
        for position, result in zip(positions, results, strict=True):
            answers[position] = result
    return answers


async def _poll_import(
    open_imports: OpenImports, context: Context, place: Place, jobs: Sequence[JsonObject]
) -> Sequence[Answer]:
    job_id = str(jobs[0]["id"])
    try:
        status = await api.get_status(context, place, job_id)
    except HTTPError as error:
        if is_not_found(error):
            await open_imports.finish(context, place, job_id)
            return [_fail_lost_job(error)] * len(jobs)
        raise
    if not status.is_finished:
        open_imports.keep(context, job_id)
        pause = _PAUSE if len(jobs) >= _LARGE else _PAUSE_OF_SMALL
        return [Submitted(job, pause) for job in jobs]
    failure = _judge_import(status, jobs)
    results = [failure] * len(jobs) if failure else await _judge_rows(context, place, status, jobs)
    # Last, so that an import whose report could not be read is polled again.
    await open_imports.finish(context, place, job_id)
    return results


def _judge_import(
    status: JobStatus, jobs: Sequence[JsonObject]
) -> Failed | IntegrationError | None:
    """Return the failure of all rows of a finished import; None where the report decides."""
    if status.has_failed:
        return Failed(
            "IMPORT_FAILED",
            "Qualtrics gave the whole import up. It is imported again.",
            remedy="wait",
            outcome="unknown",
        )
    if status.did_nothing:
        return missing_place(has_transactions=any(map(_has_transaction, jobs)))
    return None


async def _judge_rows(
    context: Context, place: Place, status: JobStatus, jobs: Sequence[JsonObject]
) -> list[Answer]:
    job_id = str(jobs[0]["id"])
    wanted = {int(str(job["row"])) for job in jobs}
    report = {
        index: line
        async for index, line in api.read_report(context, place, job_id)
        if index in wanted
    }
    is_whole = all(_is_imported(report.get(index)) for index in wanted)
    emails = frozenset[str]() if is_whole else await _read_invalid_emails(context, place, job_id)
    return [_judge_row(job, report.get(int(str(job["row"]))), status, emails) for job in jobs]


async def _read_invalid_emails(context: Context, place: Place, job_id: str) -> frozenset[str]:
    try:
        return await api.list_invalid_emails(context, place, job_id)
    except DeliveryError:
        return frozenset()  # the report has named the rows; the summary only says why


def _judge_row(
    job: JsonObject, line: JsonObject | None, status: JobStatus, invalid_emails: frozenset[str]
) -> Json | Failed | IntegrationError:
    if line is None:
        return Failed(
            "IMPORT_ROW_UNREPORTED",
            "The report of the import does not name the row, so that it is not known whether"
            " Qualtrics added it.",
            remedy="event",
            outcome="unknown",
        )
    if not _is_imported(line):
        return _fail_row(line, invalid_emails)
    contact: dict[str, Json] = {"contactId": line["contactId"]}
    if not _has_transaction(job):
        return contact
    if line.get("transactionId") and not _says_failed(line.get("transactionStatus")):
        return {**contact, "transactionId": line["transactionId"]}
    return _fail_transaction(line, status)


def _fail_row(line: JsonObject, invalid_emails: frozenset[str]) -> Failed:
    email = str(line.get("email") or "").casefold()
    if email and email in invalid_emails:
        return Failed("INVALID_EMAIL", "Qualtrics did not import the row: its email is malformed.")
    cause = _describe_status(line, "importStatus")
    return Failed("IMPORT_ROW_FAILED", f"Qualtrics did not import the row{cause}.")


def _fail_transaction(line: JsonObject, status: JobStatus) -> Failed | IntegrationError:
    if status.created_no_transaction:
        return missing_batch()
    cause = _describe_status(line, "transactionStatus")
    return Failed(
        "TRANSACTION_UNPROCESSED",
        f"Qualtrics imported the contact, but not its transaction{cause}.",
    )


def _fail_lost_job(error: DeliveryError) -> Failed:
    return Failed(
        "IMPORT_GONE",
        f"Qualtrics no longer knows the import, so that its results cannot be read: {error}",
        remedy="event",
        outcome="unknown",
    )


def _is_imported(line: JsonObject | None) -> bool:
    return bool(line and line.get("contactId")) and not _says_failed(
        (line or {}).get("importStatus")
    )


def _says_failed(status: Json) -> bool:
    # No public source lists the spellings of a row's status.
    return isinstance(status, str) and any(word in status.casefold() for word in _FAILED_WORDS)


def _has_transaction(job: Mapping[str, Json]) -> bool:
    return job.get("transaction") is True


def _describe_status(line: JsonObject, name: str) -> str:
    causes = [str(line[key])[:200] for key in (name, f"{name}Code") if line.get(key)]
    return f" ({', '.join(causes)})" if causes else ""
