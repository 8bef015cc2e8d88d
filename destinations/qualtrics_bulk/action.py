"""Action addContactsToMailingList: import contacts, and transactions of theirs, in bulk."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from destination_kit import Action, BatchLimits, Context, JsonObject, MappingHook
from destinations.qualtrics_bulk import choices
from destinations.qualtrics_bulk.api import create_batch
from destinations.qualtrics_bulk.fields import FIELDS, PLACE_FIELDS, ImportPayload
from destinations.qualtrics_bulk.importer import submit
from destinations.qualtrics_bulk.job_results import poll
from destinations.qualtrics_bulk.open_imports import OpenImports
from destinations.qualtrics_bulk.rate_limits import ALL_RATE_LIMITS, rate_limits
from destinations.qualtrics_bulk.rows import HOOK

_TEXT: JsonObject = {"type": "string"}
# `ContactImportsApi.java` in https://github.com/wtx-labs/qualtrics-api-client-java documents 10,000
# contacts and 5 MB. A payload has more than its row has, so 4.8 MB of payloads rarely make two.
# `dkit deliver` reads 10,000 events in a second or two, so 5 s fill an import.
_LIMITS: Final = BatchLimits(count=10_000, bytes=4_800_000, wait=5.0, keys=PLACE_FIELDS)


async def _create_batch(context: Context, inputs: JsonObject) -> JsonObject:
    date = context.received_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"batchId": await create_batch(context, str(inputs["directoryId"]), date)}


BATCH_HOOK: Final = MappingHook(
    title="Create a transaction batch",
    description="Creates an empty batch in Qualtrics, for the transactions that this subscription"
    " imports.",
    inputs={
        "type": "object",
        "required": ["directoryId"],
        "properties": {"directoryId": {**_TEXT, "title": "Directory ID"}},
    },
    outputs={
        "type": "object",
        "required": ["batchId"],
        "properties": {"batchId": {**_TEXT, "title": "Transaction batch ID"}},
    },
    perform=_create_batch,
)


def create_action(open_imports: OpenImports | None = None) -> Action:
    """Return the action of one catalog, whose imports are `open_imports`."""
    open_imports = open_imports or OpenImports()
    return Action(
        title="Add contacts to a mailing list in bulk",
        description="Import contacts into a mailing list by jobs of up to 10,000, with their"
        " embedded data and one transaction each. The directory's deduplication rules decide which"
        " contacts are merged. An import carries no phone number and no transaction date.",
        trigger='type = "identify"',
        fields=FIELDS,
        perform=partial(_perform, open_imports),
        perform_batch=partial(submit, open_imports),
        poll=partial(poll, open_imports),
        batch=_LIMITS,
        rate_limits=rate_limits,
        all_rate_limits=ALL_RATE_LIMITS,
        choices={
            "directoryId": choices.list_directories,
            "mailingListId": choices.list_mailing_lists,
            "transactionBatchId": choices.list_batches,
        },
        hooks={HOOK: BATCH_HOOK},
    )


async def _perform(open_imports: OpenImports, context: Context, payload: ImportPayload) -> Any:
    [answer] = await submit(open_imports, context, [payload])
    if isinstance(answer, BaseException):
        raise answer
    return answer
