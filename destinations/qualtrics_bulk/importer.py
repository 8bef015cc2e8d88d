"""Submission of imports: rows become jobs, and those that Qualtrics refuses fail at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from destination_kit import Context, Failed, Json, Submitted
from destinations.qualtrics_bulk import api
from destinations.qualtrics_bulk.api import Place
from destinations.qualtrics_bulk.failures import is_not_found, missing_place
from destinations.qualtrics_bulk.fields import ImportPayload
from destinations.qualtrics_bulk.lookups import find_added, find_repeatable
from destinations.qualtrics_bulk.open_imports import OpenImports
from destinations.qualtrics_bulk.rows import Row, build_row, in_pieces, split_rows, transaction_meta

Answer: TypeAlias = Json | Failed | Submitted | BaseException
"""What became of a row: its response, its failure or its job."""

#: Rows from which on an import is large.
_LARGE: Final = 1000
# The default deadline of an attempt is 30 s. A first poll after it ends the attempt at once, so
# that `dkit deliver` writes the jobs down before it waits. A small import ends within seconds.
_FIRST_POLL_OF_LARGE: Final = 30.0
_FIRST_POLL: Final = 2.0


async def submit(
    open_imports: OpenImports, context: Context, payloads: Sequence[ImportPayload]
) -> list[Answer]:
    """Start the imports of payloads for one mailing list; return what became of each."""
    contexts = context.payload_contexts or [context] * len(payloads)
    answers: list[Answer] = [None] * len(payloads)
    rows: list[Row] = []
    pairs = enumerate(zip(contexts, payloads, strict=True))
    async for position, (own, payload) in in_pieces(pairs):
        try:
            rows.append(build_row(own, payload, position))
        except Exception as error:  # noqa: BLE001 - raised, it would fail the whole import
            answers[position] = error
    place = Place(payloads[0]["directoryId"], payloads[0]["mailingListId"])
    async for part in split_rows(rows):
        for row, answer in zip(part, await _try(open_imports, context, place, part), strict=True):
            answers[row.position] = answer
    return answers


async def _try(
    open_imports: OpenImports, context: Context, place: Place, rows: Sequence[Row]
) -> Sequence[Answer]:
    """Start one import; an error of it is the answer of each row."""
    try:
        return await _import_rows(open_imports, context, place, rows)
    except Exception as error:  # noqa: BLE001 - raised, it would fail the other imports too
        return [error] * len(rows)


async def _import_rows(
    open_imports: OpenImports, context: Context, place: Place, rows: Sequence[Row]
) -> Sequence[Answer]:
    added: dict[int, Json] = {}
    if repeatable := await find_repeatable(context, place, rows):
        await open_imports.check_settled(context, place)
        added |= await find_added(context, place, repeatable)
    fresh = [row for row in rows if row.position not in added]
    if fresh:
        open_imports.check_capacity(context)
        started = await _start(open_imports, context, place, fresh)
        answers = dict(zip((row.position for row in fresh), started, strict=True))
        return [added.get(row.position, answers.get(row.position)) for row in rows]
    return [added[row.position] for row in rows]


async def _start(
    open_imports: OpenImports, context: Context, place: Place, rows: Sequence[Row]
) -> Sequence[Answer]:
    """Send an import, and note whether its response came."""
    contacts, meta = [row.contact for row in rows], transaction_meta(rows)
    name = await open_imports.begin(context, place)
    try:
        job_id, left_out = await api.create_import(context, place, contacts, meta)
    except BaseException as error:
        if api.is_certain(error):
            await open_imports.forget(context, place, name)
        else:
            open_imports.lose(context, name)
        if is_not_found(error):
            raise missing_place(has_transactions=meta is not None) from None
        raise
    if len(left_out) == len(rows):
        await open_imports.forget(context, place, name)
    else:
        await open_imports.record_job(context, place, name, job_id)
    pause = _FIRST_POLL_OF_LARGE if len(rows) >= _LARGE else _FIRST_POLL
    return [
        _refuse_row()
        if index in left_out
        else Submitted(_describe(place, job_id, index, row), pause)
        for index, row in enumerate(rows)
    ]


def _describe(place: Place, job_id: str, index: int, row: Row) -> Json:
    """Return the job of a row, as it is stored until the import has ended."""
    job: dict[str, Json] = {
        "directory": place.directory_id,
        "list": place.mailing_list_id,
        "id": job_id,
        "row": index,
    }
    return {**job, "transaction": True} if row.batch_id else job


def _refuse_row() -> Failed:
    return Failed(
        "IMPORT_UNPROCESSED",
        "Qualtrics left the row out of the import: a value has another type than documented, or a"
        " name of embeddedData or transactionData does not fit transactionFields.",
    )
