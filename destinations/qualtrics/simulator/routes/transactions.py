"""Transactions: several per call, each taken or left unprocessed on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from destinations.qualtrics.simulator.pagination import list_page
from destinations.qualtrics.simulator.requests import (
    Call,
    Endpoint,
    find_contact,
    find_full_directory,
    read_object,
)
from destinations.qualtrics.simulator.responses import Answer, Refusal, configured_code
from destinations.qualtrics.simulator.search import is_time
from destinations.qualtrics.simulator.store import Transaction

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.record_loader import Json, JsonObject
    from destinations.qualtrics.simulator.store import Store
    from destinations.qualtrics.simulator.world import World

DIRECTORY = "/API/v3/directories/{directoryId}"
DATE = "%Y-%m-%d %H:%M:%S"


def create_transactions(world: World, call: Call) -> Answer:
    """Take a map of transactions; status 200 says nothing about the single entries."""
    _, store = find_full_directory(world, call)
    body, rules = read_object(world, call), world.config.transactions
    if not body:
        raise Refusal(400, "There are no transactions in the request.")
    if len(body) > rules.entries_per_call:
        message = f"A request takes at most {rules.entries_per_call} transactions."
        raise Refusal(rules.too_many_status, message)
    created: dict[str, Json] = {}
    unprocessed: dict[str, Json] = {}
    for name, entry in body.items():
        try:
            created[name] = {"id": _create(world, store, entry)}
        except Refusal as refusal:
            code = configured_code(world.config.errors, refusal.status)
            unprocessed[name] = {rules.code_key: code, "errorMessage": refusal.message}
    return Answer({"createdTransactions": created, "unprocessedTransactions": unprocessed})


def list_transactions(world: World, call: Call) -> Answer:
    """List the transactions of a contact in order of arrival."""
    _, store = find_full_directory(world, call)
    ids = store.transactions_of.get(find_contact(store, call).id, [])
    found = [store.transactions[each] for each in ids]
    return list_page(world, call, found, show_transaction, world.config.pages.transactions)


def show_transaction(transaction: Transaction) -> Json:
    """Return a transaction as listings show it."""
    return {
        "transactionId": transaction.id,
        "contactId": transaction.contact_id,
        "mailingListId": transaction.list_id,
        "transactionDate": transaction.date,
        "data": transaction.data,
    }


def _create(world: World, store: Store, entry: Json) -> str:
    if not isinstance(entry, Mapping):
        raise Refusal(400, "A transaction must be an object.")
    contact_id, list_id = _contact(store, entry), _list(world, store, entry)
    date, data = _date(world, entry), _data(entry)
    if world.config.transactions.membership_required:
        _check_membership(store, contact_id, list_id)
    if world.chance.random() < world.config.transactions.unprocessed_share:
        raise Refusal(500, "The transaction could not be processed.")
    transaction_id = world.new_id(world.config.transactions.id_prefix)
    store.transactions[transaction_id] = Transaction(
        transaction_id, contact_id, list_id, date, data
    )
    store.transactions_of.setdefault(contact_id, []).append(transaction_id)
    return transaction_id


def _contact(store: Store, entry: JsonObject) -> str:
    contact_id = entry.get("contactId")
    if not isinstance(contact_id, str) or contact_id not in store.live.contacts:
        raise Refusal(404, f"There is no contact {contact_id}.")
    return contact_id


def _list(world: World, store: Store, entry: JsonObject) -> str | None:
    list_id = entry.get("mailingListId")
    if list_id is None and not world.config.transactions.mailing_list_required:
        return None
    if not isinstance(list_id, str) or list_id not in store.rolls:
        raise Refusal(404, f"There is no mailing list {list_id}.")
    return list_id


def _date(world: World, entry: JsonObject) -> str | None:
    date = entry.get("transactionDate")
    if date is None and not world.config.transactions.date_required:
        return None
    if not isinstance(date, str) or not is_time(date, DATE):
        raise Refusal(400, "transactionDate must be YYYY-MM-DD HH:MM:SS.")
    return date


def _data(entry: JsonObject) -> JsonObject:
    data = entry.get("data", {})
    if not isinstance(data, Mapping):
        raise Refusal(400, "data must be an object.")
    if not all(isinstance(value, str | bool | int | float) for value in data.values()):
        raise Refusal(400, "data must be flat: strings, numbers and booleans.")
    return data


def _check_membership(store: Store, contact_id: str, list_id: str | None) -> None:
    if list_id not in store.live.contacts[contact_id].memberships:
        raise Refusal(400, f"The contact is not on the mailing list {list_id}.")


ENDPOINTS = (
    Endpoint("POST", f"{DIRECTORY}/transactions", create_transactions),
    Endpoint("GET", f"{DIRECTORY}/contacts/{{contactId}}/transactions", list_transactions),
)
