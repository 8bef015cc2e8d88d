"""Action upsertContactTransaction: add a transaction to a contact, who is created where missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress, starmap
from typing import TypeAlias

from destination_kit import (
    Action,
    BatchLimits,
    Context,
    DeliveryError,
    Json,
    JsonObject,
    PayloadValidationError,
)
from destinations.qualtrics import client, transaction_batch_splitting
from destinations.qualtrics.choices import CONTACT_CHOICES, list_mailing_lists
from destinations.qualtrics.contact_choices import list_contacts
from destinations.qualtrics.contact_identity import ContactIdentity, identify_contact
from destinations.qualtrics.contact_resolution import evict_if_deleted, find_or_create_contact
from destinations.qualtrics.contacts import contact_body, stringify_nested
from destinations.qualtrics.transactions import FIELDS, TransactionPayload, format_transaction_date

#: A transaction that is ready to be sent, or the error of its payload or contact.
_Prepared: TypeAlias = client.Transaction | BaseException


async def perform(context: Context, payload: TransactionPayload) -> Json:
    """Add the transaction; return its id and the contact's."""
    [result] = await perform_batch(context, [payload])
    if isinstance(result, BaseException):
        raise result
    return result


async def perform_batch(
    context: Context, payloads: Sequence[TransactionPayload]
) -> Sequence[Json | BaseException]:
    """Add transactions of one directory; return the ids or the error of each, in the same order.

    A transaction whose cached contact has been deleted is sent once more, to a contact that is
    looked up or created anew.
    """
    contexts = context.payload_contexts or [context] * len(payloads)
    prepared = await _prepare_all(contexts, payloads)
    results = await _create_all(context, payloads, prepared)
    suspects = _find_suspects(prepared, results)
    deleted = await _find_deleted(
        {suspects[index]: (contexts[index], payloads[index]) for index in suspects}
    )
    if again := [index for index, contact_id in suspects.items() if contact_id in deleted]:
        retried = [payloads[index] for index in again]
        prepared = await _prepare_all([contexts[index] for index in again], retried)
        for index, result in zip(again, await _create_all(context, retried, prepared), strict=True):
            results[index] = result
    return results


async def _prepare_all(
    contexts: Sequence[Context], payloads: Sequence[TransactionPayload]
) -> Sequence[_Prepared]:
    """Return the transactions, after a concurrent lookup of the contacts without an id."""
    # `dkit list` loads this module but sends nothing. asyncio would delay it by 15 to 30 ms.
    import asyncio

    with_id = [*map(_prepare_with_id, contexts, payloads)]
    lacks_id = [transaction is None for transaction in with_id]
    pairs = zip(compress(contexts, lacks_id), compress(payloads, lacks_id), strict=True)
    looked_up = iter(await asyncio.gather(*starmap(_prepare, pairs), return_exceptions=True))
    return [next(looked_up) if transaction is None else transaction for transaction in with_id]


def _prepare_with_id(
    context: Context, payload: TransactionPayload
) -> client.Transaction | Exception | None:
    """Return the transaction of a contact whose id is mapped, None where it is not."""
    # `gather` would make a task for each coroutine. A transaction with a contact's id waits for
    # nothing, so it needs no task.
    contact_id = payload.get("contactId")
    if not contact_id:
        return None
    try:
        return _transaction(payload, _date(context, payload), contact_id)
    except Exception as error:  # noqa: BLE001 - raised, it would fail the whole batch
        return error


async def _prepare(context: Context, payload: TransactionPayload) -> client.Transaction:
    # An unreadable date fails the transaction. If the date were read after the lookup, it would
    # leave a new contact without a transaction.
    date = _date(context, payload)
    contact = await find_or_create_contact(context, *_identify(context, payload))
    return _transaction(payload, date, contact.contact_id, contact_is_cached=contact.is_cached)


def _date(context: Context, payload: TransactionPayload) -> str:
    return format_transaction_date(payload.get("transactionDate"), context.received_at)


def _identify(context: Context, payload: TransactionPayload) -> tuple[ContactIdentity, JsonObject]:
    """Return the identity of a transaction's contact, and the body that would create it."""
    body = contact_body(payload)
    identity = identify_contact(context, payload["directoryId"], body)
    # Without an identifier, a search has no filter, and each event would create another contact.
    # The reference fails such an event too (`searchContact` in upsertContactTransaction/index.ts).
    if not identity.identifiers:
        raise PayloadValidationError(
            "Without a contactId, at least one of extRef, phone and email is needed to find the"
            " contact."
        )
    return identity, body


def _transaction(
    payload: TransactionPayload, date: str, contact_id: str, *, contact_is_cached: bool = False
) -> client.Transaction:
    data = stringify_nested(payload.get("transactionData"))
    return client.Transaction(contact_id, payload["mailingListId"], date, data, contact_is_cached)


async def _create_all(
    context: Context, payloads: Sequence[TransactionPayload], prepared: Sequence[_Prepared]
) -> list[Json | BaseException]:
    """Send what is ready; return the ids or the error of each."""
    ready = [transaction for transaction in prepared if isinstance(transaction, client.Transaction)]
    if not ready:
        return [error for error in prepared if isinstance(error, BaseException)]
    directory_id, *_ = (payload["directoryId"] for payload in payloads)
    created = iter(
        await transaction_batch_splitting.create_transactions(context, directory_id, ready)
    )
    return [
        _result(outcome, next(created)) if isinstance(outcome, client.Transaction) else outcome
        for outcome in prepared
    ]


def _result(transaction: client.Transaction, created: str | DeliveryError) -> Json | DeliveryError:
    if isinstance(created, DeliveryError):
        return created
    return {"contactId": transaction.contact_id, "transactionId": created}


def _find_suspects(
    prepared: Sequence[_Prepared], results: Sequence[Json | BaseException]
) -> Mapping[int, str]:
    """Return the ids of cached contacts whose transactions were not processed, by position."""
    return {
        index: transaction.contact_id
        for index, (transaction, result) in enumerate(zip(prepared, results, strict=True))
        if isinstance(result, DeliveryError)
        and result.code == client.UNPROCESSED
        and isinstance(transaction, client.Transaction)
        and transaction.contact_is_cached
    }


async def _find_deleted(suspects: Mapping[str, tuple[Context, TransactionPayload]]) -> set[str]:
    """Return the ids of contacts that have been deleted, and evict these from the cache."""
    # No public source names the error code for an unknown contact. So each contact is read: a
    # transaction of one that still exists would only fail again.

    # `dkit list` loads this module but sends nothing. asyncio would delay it by 15 to 30 ms.
    import asyncio

    deleted = await asyncio.gather(
        *(_evict_if_deleted(contact_id, *pair) for contact_id, pair in suspects.items())
    )
    return set(compress(suspects, deleted))


async def _evict_if_deleted(contact_id: str, context: Context, payload: TransactionPayload) -> bool:
    identity, _ = _identify(context, payload)
    try:
        return await evict_if_deleted(context, identity, contact_id)
    except DeliveryError:
        return False  # raised, it would replace the results of the whole batch


UPSERT_CONTACT_TRANSACTION = Action(
    title="Upsert contact transaction",
    description="Record a transaction of a contact in a directory. A contact who is already there"
    " gets the transaction; one who is not is created first.",
    trigger='type = "track", event = "Transaction Created"',
    fields=FIELDS,
    perform=perform,
    perform_batch=perform_batch,
    # No public source names limits of this call, so these are guesses. With 100 transactions, the
    # brand's 500 calls a minute (https://api.qualtrics.com/a5e9a1a304902-limits) carry 50,000. 2 MB
    # stay below the 5 MB of the bulk import (`ContactImportsApi.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java).
    batch=BatchLimits(count=100, bytes=2_000_000, wait=0.1, keys=("directoryId",)),
    choices={
        **CONTACT_CHOICES,
        "mailingListId": list_mailing_lists,
        "contactId": list_contacts,
    },
)
