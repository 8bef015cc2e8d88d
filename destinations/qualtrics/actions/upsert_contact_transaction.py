"""Action upsertContactTransaction: add a transaction to a contact, who is created where missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress, starmap
from typing import TypeAlias

from destination_kit import (
    Action,
    BatchLimits,
    Context,
    DeliveryError,
    Failed,
    Json,
    JsonObject,
    PayloadValidationError,
    Skipped,
)
from destinations.qualtrics import client
from destinations.qualtrics.choices import CONTACT_CHOICES, list_mailing_lists
from destinations.qualtrics.contact_choices import list_contacts
from destinations.qualtrics.contact_identity import ContactIdentity, identify_contact
from destinations.qualtrics.contact_resolution import (
    ResolvedContact,
    evict_if_deleted,
    find_contact,
    find_or_create_contact,
)
from destinations.qualtrics.contacts import contact_body, stringify_nested
from destinations.qualtrics.deletion import DELETE_OPTION
from destinations.qualtrics.sync_modes import SYNC_MODE, add_only, skip_known, skip_missing
from destinations.qualtrics.transaction_recovery import (
    create_and_claim,
    fail_in_doubt,
    recover_transaction,
)
from destinations.qualtrics.transactions import FIELDS, TransactionPayload, format_transaction_date

#: What the action returns for a payload.
_Outcome: TypeAlias = Json | Failed | Skipped | BaseException
#: A transaction that is ready to be sent, or the outcome of a payload that needs no call.
_Prepared: TypeAlias = client.Transaction | _Outcome

OPTIONS: JsonObject = {
    "type": "object",
    "properties": {"deleteContacts": DELETE_OPTION},
    "additionalProperties": False,
}


async def perform(context: Context, payload: TransactionPayload) -> Json | Failed | Skipped:
    """Add the transaction; return its id and the contact's."""
    [result] = await perform_batch(context, [payload])
    if isinstance(result, BaseException):
        raise result
    return result


async def perform_batch(
    context: Context, payloads: Sequence[TransactionPayload]
) -> Sequence[_Outcome]:
    """Add transactions of one directory; return the ids or the error of each, in the same order.

    A transaction whose cached contact has been deleted is sent once more, to a contact that is
    looked up or created anew. One that an earlier attempt may have created is looked for first.
    """
    contexts = context.payload_contexts or [context] * len(payloads)
    prepared = await _prepare_all(contexts, payloads)
    results = await _create_all(context, contexts, payloads, prepared)
    suspects = _find_suspects(prepared, results)
    deleted = await _find_deleted(
        {suspects[index]: (contexts[index], payloads[index]) for index in suspects}
    )
    if again := [index for index, contact_id in suspects.items() if contact_id in deleted]:
        retried, own = [payloads[index] for index in again], [contexts[index] for index in again]
        prepared = await _prepare_all(own, retried)
        created = await _create_all(context, own, retried, prepared)
        for index, result in zip(again, created, strict=True):
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
    """Return the transaction of a contact whose id is mapped, None where a call has to come first."""
    # `gather` would make a task for each coroutine. A transaction with a contact's id waits for
    # nothing, so it needs no task.
    contact_id = payload.get("contactId")
    if not contact_id or context.outcome_unknown or context.sync_mode == "add":
        return None
    try:
        return _transaction(payload, _date(context, payload), contact_id)
    except Exception as error:  # noqa: BLE001 - raised, it would fail the whole batch
        return error


async def _prepare(context: Context, payload: TransactionPayload) -> _Prepared:
    # An unreadable date fails the transaction. If the date were read after the lookup, it would
    # leave a new contact without a transaction.
    date = _date(context, payload)
    contact = await _resolve_contact(context, payload)
    if isinstance(contact, Skipped):
        return contact
    transaction = _transaction(payload, date, contact.contact_id)._replace(
        contact_is_cached=contact.is_cached, contact_is_new=contact.is_new
    )
    if not context.outcome_unknown:
        return transaction
    found = await recover_transaction(context, payload["directoryId"], transaction)
    if found is None:
        return transaction
    return found if isinstance(found, Failed) else _result(transaction, found)


async def _resolve_contact(
    context: Context, payload: TransactionPayload
) -> ResolvedContact | Skipped:
    """Return the contact of a transaction, or why the sync mode skips it."""
    if contact_id := payload.get("contactId"):
        is_skipped = context.sync_mode == "add" and not context.outcome_unknown
        return skip_known() if is_skipped else ResolvedContact(contact_id)
    identity, body = _identify(context, payload)
    if context.sync_mode == "update":
        return await find_contact(context, identity) or skip_missing(identity)
    resolving = find_or_create_contact(context, identity, body)
    return await (add_only(context, resolving) if context.sync_mode == "add" else resolving)


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


def _transaction(payload: TransactionPayload, date: str, contact_id: str) -> client.Transaction:
    data = stringify_nested(payload.get("transactionData"))
    return client.Transaction(contact_id, payload["mailingListId"], date, data)


async def _create_all(
    context: Context,
    contexts: Sequence[Context],
    payloads: Sequence[TransactionPayload],
    prepared: Sequence[_Prepared],
) -> list[_Outcome]:
    """Send what is ready; return the ids or the error of each."""
    ready = [
        (transaction, own)
        for transaction, own in zip(prepared, contexts, strict=True)
        if isinstance(transaction, client.Transaction)
    ]
    created: Iterator[str | DeliveryError] = iter(())
    if ready:
        directory_id, *_ = (payload["directoryId"] for payload in payloads)
        created = iter(await create_and_claim(context, directory_id, ready))
    return [
        _result(outcome, next(created), own) if isinstance(outcome, client.Transaction) else outcome
        for outcome, own in zip(prepared, contexts, strict=True)
    ]


def _result(
    transaction: client.Transaction, created: str | DeliveryError, context: Context | None = None
) -> Json | Failed | DeliveryError:
    if isinstance(created, str):
        return {"contactId": transaction.contact_id, "transactionId": created}
    is_added = transaction.contact_is_new and context and context.sync_mode == "add"
    # The next attempt finds the contact that this one has created. Without the unknown outcome it
    # would skip the event, as one of a known contact.
    return fail_in_doubt(created) if is_added and created.retryable else created


def _find_suspects(prepared: Sequence[_Prepared], results: Sequence[_Outcome]) -> Mapping[int, str]:
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
    sync_mode=SYNC_MODE,
    options=OPTIONS,
    choices={
        **CONTACT_CHOICES,
        "mailingListId": list_mailing_lists,
        "contactId": list_contacts,
    },
)
