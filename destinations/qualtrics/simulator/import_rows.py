"""Contacts of bulk imports: which rows are taken, and what a job makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.contact_body import is_email, parse_contact_body
from destinations.qualtrics.simulator.deduplication import add_contact, add_to_mailing_list
from destinations.qualtrics.simulator.responses import ApiError
from destinations.qualtrics.simulator.store import Transaction
from destinations.qualtrics.simulator.timestamps import DATE_TIME_FORMAT, format_time

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.import_schedule import ImportJob, TransactionMeta
    from destinations.qualtrics.simulator.json_types import Json, JsonObject
    from destinations.qualtrics.simulator.store import Contact, DirectoryStore
    from destinations.qualtrics.simulator.world import World

# The specification documents no phone for a row. A key that it does not have is refused like one of
# a contact.
_KEYS: Final = (
    *("firstName", "lastName", "email", "extRef", "language"),
    *("unsubscribed", "embeddedData"),
)
_SCALARS: Final = (str, bool, int, float)


def is_processed(world: World, row: Json, meta: TransactionMeta | None) -> bool:
    """Return whether an import takes a contact; others are unprocessed."""
    if not isinstance(row, Mapping):
        return False
    try:
        parse_contact_body(_without_transaction(row), world.config.contacts, _KEYS)
    except ApiError:
        return False
    embedded, data = row.get("embeddedData", {}), row.get("transactionData")
    reserved = meta.fields if meta else frozenset[str]()
    if isinstance(embedded, Mapping) and reserved & set(embedded):
        return False
    if data is None:
        return "transactionData" not in row
    if not isinstance(data, Mapping) or not data or not reserved >= set(data):
        return False
    return all(isinstance(value, _SCALARS) for value in data.values())


def run_import(world: World, job: ImportJob) -> None:
    """Add the contacts of a job to its mailing list, and its transactions to their batch."""
    store = world.stores.get(job.directory_id)
    if store is None or job.list_id not in store.mailing_lists:
        return
    has_batch = job.meta is None or job.meta.batch_id in store.batches
    if not has_batch and world.config.imports.unknown_batch == "nothing":
        return
    job.report = [_import_row(world, store, job, index) for index in job.rows]


def _import_row(world: World, store: DirectoryStore, job: ImportJob, index: int) -> dict[str, Json]:
    row = job.rows[index]
    email = row.get("email")
    line: dict[str, Json] = {
        "sourceIndexId": str(index),
        "email": email,
        "contactId": None,
        "importStatus": "FAILED",
        "importStatusCode": "INVALID_EMAIL",
        "transactionId": None,
        "transactionStatus": None,
        "transactionStatusCode": None,
        "contactListContactId": None,
        "contactListContactStatus": None,
        "contactListContactStatusCode": None,
    }
    if isinstance(email, str) and not is_email(email):
        return line
    contact, lookup_id, is_new = _add_member(world, store, job, row)
    job.added += is_new
    status = "ADDED" if is_new else "UPDATED"
    return {
        **line,
        "contactId": contact.id,
        "importStatus": status,
        "importStatusCode": "SUCCESS",
        "contactListContactId": lookup_id,
        "contactListContactStatus": status,
        "contactListContactStatusCode": "SUCCESS",
        **_add_transaction(world, store, job, contact.id, row.get("transactionData")),
    }


def _add_member(
    world: World, store: DirectoryStore, job: ImportJob, row: JsonObject
) -> tuple[Contact, str, bool]:
    """Return the contact of a row, its id on the list, and whether it is new."""
    directory = world.config.directories[job.directory_id]
    body = parse_contact_body(_without_transaction(row), world.config.contacts, _KEYS)
    contact = add_contact(world, directory, store, body)
    is_new = contact.id not in store.current.contacts
    contact, membership = add_to_mailing_list(world, contact, job.list_id, body)
    store.mailing_lists[job.list_id].member_ids[contact.id] = None
    store.write(contact.id, contact, now=world.clock(), lag=world.config.search.lag)
    return contact, membership.lookup_id, is_new


def _add_transaction(
    world: World, store: DirectoryStore, job: ImportJob, contact_id: str, data: Json
) -> dict[str, Json]:
    if not isinstance(data, Mapping) or job.meta is None:
        return {}
    batch = store.batches.get(job.meta.batch_id)
    if batch is None:
        return {"transactionStatus": "FAILED", "transactionStatusCode": "UNKNOWN_BATCH"}
    # A row has no date. We guess that the transaction gets the time of the import.
    date = format_time(world.clock(), DATE_TIME_FORMAT)
    transaction_id = world.create_id(world.config.transactions.id_prefix)
    transaction = Transaction(transaction_id, contact_id, job.list_id, date, data)
    store.transactions[transaction_id] = transaction
    store.transaction_ids.setdefault(contact_id, []).append(transaction_id)
    batch.transaction_ids[transaction_id] = None
    return {
        "transactionId": transaction_id,
        "transactionStatus": "ADDED",
        "transactionStatusCode": "SUCCESS",
    }


def _without_transaction(row: JsonObject) -> JsonObject:
    return {name: value for name, value in row.items() if name != "transactionData"}
