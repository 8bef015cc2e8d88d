"""Routes of transaction batches: create and list them, and list their transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from destinations.qualtrics.simulator.pagination import list_page
from destinations.qualtrics.simulator.requests import (
    ApiRequest,
    Endpoint,
    find_full_directory,
    parse_json_object,
)
from destinations.qualtrics.simulator.responses import ApiError, ApiResult
from destinations.qualtrics.simulator.routes.transactions import render_list_element
from destinations.qualtrics.simulator.store import TransactionBatch
from destinations.qualtrics.simulator.timestamps import ISO_FORMAT, format_iso, is_valid_time

if TYPE_CHECKING:
    from destinations.qualtrics.simulator.json_types import Json, JsonObject
    from destinations.qualtrics.simulator.world import World

_BATCHES: Final = "/API/v3/directories/{directoryId}/transactionbatches"
# Two public clients use one name each, and no source has the vendor's own.
_DATE_NAMES: Final = ("creationDate", "createdDate")


def create_batch(world: World, request: ApiRequest) -> ApiResult:
    """Create a transaction batch of transactions that exist, or an empty one."""
    _, store = find_full_directory(world, request)
    body = parse_json_object(world, request)
    ids = body.get("transactionIds", [])
    if not isinstance(ids, list) or not all(name in store.transactions for name in ids):
        raise ApiError(400, "transactionIds must be ids of transactions.")
    _check_date(body)
    batch_id = world.create_id("BT_")
    store.batches[batch_id] = TransactionBatch(world.clock(), dict.fromkeys(map(str, ids)))
    return ApiResult({"id": batch_id})


def list_batches(world: World, request: ApiRequest) -> ApiResult:
    """List the transaction batches of a directory."""
    _, store = find_full_directory(world, request)
    max_size = world.config.pages.transactions
    return list_page(world, request, store.batches.items(), _render_batch, max_size)


def list_batch_transactions(world: World, request: ApiRequest) -> ApiResult:
    """List the transactions of a batch in order of arrival."""
    _, store = find_full_directory(world, request)
    batch_id = request.path_params["batchId"]
    if batch_id not in store.batches:
        raise ApiError(404, f"There is no transaction batch {batch_id}.")
    names = store.batches[batch_id].transaction_ids

    def render(transaction_id: str) -> Json:
        element = render_list_element(store.transactions[transaction_id])
        if world.config.imports.batch_data:
            return element
        return {name: element[name] for name in element if name != "data"}

    # A deleted transaction is in no batch any more.
    ids: Sequence[str] = [name for name in names if name in store.transactions]
    return list_page(world, request, ids, render, world.config.pages.transactions)


def _check_date(body: JsonObject) -> None:
    date = next((body[name] for name in _DATE_NAMES if name in body), None)
    if date is not None and not (isinstance(date, str) and is_valid_time(date, ISO_FORMAT)):
        raise ApiError(400, f"The date of a batch must be {ISO_FORMAT}.")


def _render_batch(id_and_batch: tuple[str, TransactionBatch]) -> Json:
    batch_id, batch = id_and_batch
    return {"transactionBatchId": batch_id, "creationDate": format_iso(batch.created_at)}


ENDPOINTS = (
    Endpoint("POST", _BATCHES, create_batch),
    Endpoint("GET", _BATCHES, list_batches),
    Endpoint("GET", f"{_BATCHES}/{{batchId}}/transactions", list_batch_transactions),
)
