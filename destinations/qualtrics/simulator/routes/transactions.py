"""Routes of transactions: create several in one request, list those of a contact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.pagination import list_page
from destinations.qualtrics.simulator.requests import (
    ApiRequest,
    Endpoint,
    find_contact,
    find_full_directory,
    parse_json_object,
)
from destinations.qualtrics.simulator.responses import ApiError, ApiResult, get_error_code
from destinations.qualtrics.simulator.store import Transaction
from destinations.qualtrics.simulator.timestamps import (
    DATE_TIME_FORMAT,
    ISO_FORMAT,
    is_valid_time,
)

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.json_types import Json, JsonObject
    from destinations.qualtrics.simulator.store import DirectoryStore
    from destinations.qualtrics.simulator.world import World

_DIRECTORY = "/API/v3/directories/{directoryId}"
_DATE_FORMATS: Final = {"spaced": DATE_TIME_FORMAT, "iso": ISO_FORMAT}


def create_transactions(world: World, request: ApiRequest) -> ApiResult:
    """Create the transactions of a body by temporary id.

    Each is created or unprocessed on its own, unless an invalid one refuses the whole request. The
    status is 200 even if all are unprocessed.
    """
    _, store = find_full_directory(world, request)
    body, settings = parse_json_object(world, request), world.config.transactions
    if not body:
        raise ApiError(400, "There are no transactions in the request.")
    if len(body) > settings.entries_per_call:
        message = f"A request takes at most {settings.entries_per_call} transactions."
        raise ApiError(settings.too_many_status, message)
    if settings.invalid_entry == "refuse-request":
        _refuse_invalid_entries(world, store, body)
    created: dict[str, Json] = {}
    unprocessed: dict[str, Json] = {}
    for temporary_id, document in body.items():
        try:
            created[temporary_id] = {
                "id": _create_transaction(world, store, temporary_id, document)
            }
        except ApiError as error:
            code = get_error_code(world.config.errors, error.status)
            unprocessed[temporary_id] = {settings.code_key: code, "errorMessage": error.message}
    return ApiResult(
        {"createdTransactions": created, "unprocessedTransactions": unprocessed},
        settings.partial_status if unprocessed else 200,
    )


def delete_transaction(world: World, request: ApiRequest) -> ApiResult:
    """Delete a transaction."""
    _, store = find_full_directory(world, request)
    transaction_id = request.path_params["transactionId"]
    transaction = store.transactions.pop(transaction_id, None)
    if transaction is None:
        raise ApiError(404, f"There is no transaction {transaction_id}.")
    store.transaction_ids[transaction.contact_id].remove(transaction_id)
    return ApiResult()


def list_transactions(world: World, request: ApiRequest) -> ApiResult:
    """List the transactions of a contact in order of arrival."""
    _, store = find_full_directory(world, request)
    transaction_ids = store.transaction_ids.get(find_contact(world, store, request).id, [])
    transactions = [store.transactions[transaction_id] for transaction_id in transaction_ids]
    now = world.clock()
    transactions = [transaction for transaction in transactions if transaction.listed_at <= now]
    max_size = world.config.pages.transactions
    return list_page(world, request, transactions, render_list_element, max_size)


def render_transaction(transaction: Transaction) -> dict[str, Json]:
    """Return a transaction with its data as it was sent."""
    return {
        "transactionId": transaction.id,
        "contactId": transaction.contact_id,
        "mailingListId": transaction.mailing_list_id,
        "transactionDate": transaction.date,
        "data": transaction.data,
    }


def render_list_element(transaction: Transaction) -> dict[str, Json]:
    """Return a transaction as lists show it."""
    # Connectors read the values as texts (tap_qualtrics/schemas/contact_transactions.json in
    # https://github.com/singer-io/tap-qualtrics), as those of embedded data are.
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in transaction.data.items()
    }
    return render_transaction(replace(transaction, data=texts))


def _create_transaction(
    world: World, store: DirectoryStore, temporary_id: str, document: Json
) -> str:
    """Create a transaction and return its id, or raise `ApiError` for this entry alone."""
    settings = world.config.transactions
    contact_id, list_id, date, data = _parse_transaction(world, store, document)
    if settings.repeated_ids == "refuse" and temporary_id in store.temporary_ids:
        raise ApiError(400, f"The id {temporary_id} has been used before.")
    if world.random.random() < settings.unprocessed_share:
        raise ApiError(500, "The transaction could not be processed.")
    transaction_id = world.create_id(settings.id_prefix)
    listed_at = world.clock() + settings.listing_lag
    transaction = Transaction(transaction_id, contact_id, list_id, date, data, listed_at)
    store.transactions[transaction_id] = transaction
    store.transaction_ids.setdefault(contact_id, []).append(transaction_id)
    store.temporary_ids.add(temporary_id)
    return transaction_id


def _refuse_invalid_entries(world: World, store: DirectoryStore, body: JsonObject) -> None:
    """Raise `ApiError` with status 400 for the whole request where one entry is not valid."""
    for temporary_id, document in body.items():
        try:
            _parse_transaction(world, store, document)
        except ApiError as error:
            raise ApiError(400, f"{temporary_id}: {error.message}") from None


def _parse_transaction(
    world: World, store: DirectoryStore, document: Json
) -> tuple[str, str | None, str | None, JsonObject]:
    """Return contact id, mailing list id, date and data, or raise `ApiError`."""
    if not isinstance(document, Mapping):
        raise ApiError(400, "A transaction must be an object.")
    settings = world.config.transactions
    contact_id = _get_contact_id(store, document)
    list_id = _get_mailing_list_id(world, store, document)
    date, data = _get_date(world, document), _get_data(world, document)
    if settings.membership_required:
        _check_membership(store, contact_id, list_id)
    return contact_id, list_id, date, data


def _get_contact_id(store: DirectoryStore, document: JsonObject) -> str:
    contact_id = document.get("contactId")
    if not isinstance(contact_id, str) or contact_id not in store.current.contacts:
        raise ApiError(404, f"There is no contact {contact_id}.")
    return contact_id


def _get_mailing_list_id(world: World, store: DirectoryStore, document: JsonObject) -> str | None:
    list_id = document.get("mailingListId")
    if list_id is None and not world.config.transactions.mailing_list_required:
        return None
    if not isinstance(list_id, str) or list_id not in store.mailing_lists:
        raise ApiError(404, f"There is no mailing list {list_id}.")
    return list_id


def _get_date(world: World, document: JsonObject) -> str | None:
    date = document.get("transactionDate")
    settings = world.config.transactions
    if date is None and not settings.date_required:
        return None
    date_format = _DATE_FORMATS[settings.date_form]
    if not isinstance(date, str) or not is_valid_time(date, date_format):
        raise ApiError(400, f"transactionDate must be {date_format}.")
    return date


def _get_data(world: World, document: JsonObject) -> JsonObject:
    data = document.get("data", {})
    if not isinstance(data, Mapping):
        raise ApiError(400, "data must be an object.")
    if not all(isinstance(value, str | bool | int | float) for value in data.values()):
        raise ApiError(400, "data must be flat: strings, numbers and booleans.")
    has_texts_only = world.config.transactions.data_values == "texts"
    if has_texts_only and not all(isinstance(value, str) for value in data.values()):
        raise ApiError(400, "The values of data must be strings.")
    return data


def _check_membership(store: DirectoryStore, contact_id: str, list_id: str | None) -> None:
    if list_id not in store.current.contacts[contact_id].memberships:
        raise ApiError(400, f"The contact is not on the mailing list {list_id}.")


ENDPOINTS = (
    Endpoint("POST", f"{_DIRECTORY}/transactions", create_transactions),
    Endpoint("DELETE", f"{_DIRECTORY}/transactions/{{transactionId}}", delete_transaction),
    Endpoint("GET", f"{_DIRECTORY}/contacts/{{contactId}}/transactions", list_transactions),
)
