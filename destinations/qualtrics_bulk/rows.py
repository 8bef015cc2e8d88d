"""Rows of an import: what of a payload Qualtrics gets, and what it would skip in silence."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from destination_kit import (
    Context,
    IntegrationError,
    Json,
    JsonObject,
    PayloadValidationError,
    Problem,
    stringify_json,
)
from destinations.qualtrics_bulk.fields import ImportPayload

T = TypeVar("T")

#: Rows that are prepared before the event loop runs again: about 10 ms.
_PIECE: Final = 200
#: The name of the mapping hook that creates a transaction batch.
HOOK: Final = "onMappingSave"
#: The property of a transaction that holds its key.
KEY_PROPERTY: Final = "messageId"
#: Keys of a row whose values are texts, as lists of members show them.
TEXT_KEYS: Final = ("firstName", "lastName", "email", "extRef", "language")
_KEYS: Final = (*TEXT_KEYS, "unsubscribed")
# `ContactImportsApi.java` in https://github.com/wtx-labs/qualtrics-api-client-java documents 5 MB.
# The rest is for the brackets around the rows, and the names of the transaction fields.
_MAX_BYTES: Final = 4_900_000
# Qualtrics documents these limits in characters:
# https://www.qualtrics.com/support/iq-directory/directory-contacts-tab/adding-directory-contacts
_MAX_NAME_LENGTH: Final = 200
_MAX_VALUE_LENGTH: Final = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an import."""

    #: The position of its payload in the call.
    position: int
    #: What Qualtrics gets.
    contact: JsonObject = field(repr=False)
    #: The id of the transaction batch; "" for a row without a transaction.
    batch_id: str = ""
    #: Names that its transaction may have; empty for a row without a transaction.
    transaction_fields: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of its transaction; "" without one."""
        data = self.contact.get("transactionData")
        return str(data.get(KEY_PROPERTY, "")) if isinstance(data, Mapping) else ""


def build_row(context: Context, payload: ImportPayload, position: int) -> Row:
    """Return the row of a payload.

    Raises `PayloadValidationError` for a row that Qualtrics would skip, and `IntegrationError` for
    a transaction whose subscription names no batch.
    """
    # Qualtrics refuses null, so a key without a value is left out (`ContactImportsApi.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java).
    contact: dict[str, Json] = {
        name: value for name in _KEYS if (value := _get(payload, name)) is not None
    }
    if not contact.get("extRef") and not contact.get("email"):
        raise PayloadValidationError("A row needs an extRef or an email, to be one person's.")
    names = payload.get("transactionFields") or []
    if embedded := flatten_data(payload.get("embeddedData")):
        _check_embedded_data(embedded, names)
        contact["embeddedData"] = embedded
    data = flatten_data(payload.get("transactionData"))
    if not data:
        return Row(position, contact)
    batch_id = _find_batch(context, payload)
    _refuse_names(
        "transactionData",
        [name for name in data if name not in names],
        "are missing in transactionFields: add them there",
    )
    if key := payload.get("transactionKey"):
        data[KEY_PROPERTY] = key
    contact["transactionData"] = data
    return Row(position, contact, batch_id, tuple(dict.fromkeys((*names, KEY_PROPERTY))))


def flatten_data(data: JsonObject | None) -> dict[str, Json]:
    """Return data without nulls, and each nested value as its JSON text."""
    return {
        name: stringify_json(value) if isinstance(value, Mapping | list) else value
        for name, value in (data or {}).items()
        if value is not None
    }


async def in_pieces(values: Iterable[T]) -> AsyncIterator[T]:
    """Yield values, and let the event loop run after each piece of them.

    10,000 rows take most of a second, in which the program could answer no one else.
    """
    # `dkit list` loads this module, and asyncio takes 30 ms.
    from asyncio import sleep

    for number, value in enumerate(values, 1):
        yield value
        if number % _PIECE == 0:
            await sleep(0)


async def split_rows(rows: Sequence[Row]) -> AsyncIterator[list[Row]]:
    """Yield rows that fit into one import: for one batch, and of at most 5 MB."""
    by_batch: dict[tuple[str, ...], list[Row]] = {}
    # Rows without a transaction fit into the import of any batch.
    groups = ((row.batch_id, *row.transaction_fields) for row in rows if row.batch_id)
    first = next(groups, ("",))
    for row in rows:
        group = (row.batch_id, *row.transaction_fields) if row.batch_id else first
        by_batch.setdefault(group, []).append(row)
    for members in by_batch.values():
        async for part in _split_by_size(members):
            yield part


def transaction_meta(rows: Sequence[Row]) -> JsonObject | None:
    """Return the `transactionMeta` of an import; None without a transaction."""
    row = next((row for row in rows if row.batch_id), None)
    return {"batchId": row.batch_id, "fields": list(row.transaction_fields)} if row else None


async def _split_by_size(rows: Sequence[Row]) -> AsyncIterator[list[Row]]:
    part: list[Row] = []
    size = 0
    async for row in in_pieces(rows):
        row_size = len(json.dumps(row.contact, ensure_ascii=False).encode()) + 1
        if part and size + row_size > _MAX_BYTES:
            yield part
            part, size = [], 0
        part.append(row)
        size += row_size
    yield part


def _get(payload: ImportPayload, name: str) -> Json:
    values: Mapping[str, Json] = payload  # type: ignore[assignment] # a TypedDict has names of its own
    return values.get(name)


def _check_embedded_data(data: JsonObject, transaction_fields: Collection[str]) -> None:
    reserved = {*transaction_fields, KEY_PROPERTY} if transaction_fields else ()
    _refuse_names(
        "embeddedData",
        [name for name in data if name in reserved],
        "stand in transactionFields too: rename them, or take them out of one of the two",
    )
    for name, value in data.items():
        if len(name) > _MAX_NAME_LENGTH or len(str(value)) > _MAX_VALUE_LENGTH:
            raise PayloadValidationError(
                f"embeddedData: {name[:40]!r} is too long: Qualtrics takes {_MAX_NAME_LENGTH}"
                f" characters of a name and {_MAX_VALUE_LENGTH:,} of a value."
            )


def _refuse_names(field_name: str, names: Sequence[str], fault: str) -> None:
    """Raise for names because of which Qualtrics would skip the whole row without an error."""
    if not names:
        return
    listed = ", ".join(name[:40] for name in names[:5])
    message = f"{listed}: these names {fault}. Qualtrics would skip the contact in silence"
    error = PayloadValidationError(f"{field_name}: {message}.")
    error.problems = (Problem(f"/{field_name}", "IMPORT_FIELDS", message),)
    raise error


def _find_batch(context: Context, payload: ImportPayload) -> str:
    outputs = context.hook_outputs.get(HOOK, {})
    batch_id = payload.get("transactionBatchId") or outputs.get("batchId")
    if isinstance(batch_id, str) and batch_id:
        return batch_id
    raise IntegrationError(
        "Transactions need a batch that exists: map transactionBatchId, or create one with"
        f" `dkit hook run INSTANCE SUBSCRIPTION {HOOK} --input directoryId=POOL_…`.",
        "TRANSACTION_BATCH_REQUIRED",
        400,
        remedy="settings",
    )
