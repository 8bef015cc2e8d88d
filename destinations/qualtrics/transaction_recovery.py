"""Recovery of transactions whose call got no response: Qualtrics is asked before they are repeated.

Qualtrics documents no idempotency key for transactions. A call that is repeated creates them twice,
so the next attempt lists those of the contact, and takes one that equals its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from http import HTTPStatus

from destination_kit import (
    Context,
    DeliveryError,
    Failed,
    Json,
    JsonObject,
    parse_date_like,
    stringify_json,
)
from destinations.qualtrics import client
from destinations.qualtrics.contact_cache import ContactCache
from destinations.qualtrics.responses import leaves_access_unknown
from destinations.qualtrics.settings import api_host
from destinations.qualtrics.transaction_batch_splitting import create_transactions

IN_DOUBT = "TRANSACTION_IN_DOUBT"
#: Seconds until another attempt, where a call in flight may create the listed transaction.
_IN_FLIGHT_PAUSE = 1.0


async def recover_transaction(
    context: Context, directory_id: str, transaction: client.Transaction
) -> str | Failed | None:
    """Return the id of a transaction that an earlier attempt has created; None where it has not.

    As long as a listing cannot tell, it is a retryable `Failed` with an unknown outcome.
    """
    cache: ContactCache = context.shared_state
    claims = cache.transaction_claims
    # If the time were read after the listing, a transaction could show between the two.
    seconds = claims.seconds_until_settled(fingerprint(context, directory_id, transaction))
    is_creating = claims.is_creating(transaction.contact_id)
    try:
        candidates = await _list_equal(context, directory_id, transaction)
    except DeliveryError as error:
        return _explain_failure(context, directory_id, error)
    # The response to a call in flight may name a listed transaction, which then belongs to the
    # event of that call.
    if is_creating or claims.is_creating(transaction.contact_id):
        return _in_doubt("other transactions of the contact are under way", _IN_FLIGHT_PAUSE)
    for transaction_id in candidates:
        if claims.claim(transaction_id):
            return transaction_id
    return _in_doubt("a listing may not show it yet", seconds) if seconds else None


async def create_and_claim(
    context: Context, directory_id: str, ready: Sequence[tuple[client.Transaction, Context]]
) -> Sequence[str | DeliveryError]:
    """Create transactions, each with the context of its event; return the id or error of each.

    What is created belongs to its event. What may have been created is marked as in doubt.
    """
    cache: ContactCache = context.shared_state
    claims = cache.transaction_claims
    transactions = [transaction for transaction, _ in ready]
    contact_ids = [transaction.contact_id for transaction in transactions]
    with claims.creating(contact_ids):
        try:
            created = await create_transactions(context, directory_id, transactions)
        except BaseException:  # a cancellation, after which the call may still take effect
            for transaction in transactions:
                claims.mark_in_doubt(fingerprint(context, directory_id, transaction))
            raise
        for (transaction, own), result in zip(ready, created, strict=True):
            if isinstance(result, str):
                # An event whose deadline has passed is sent again, and looks for the transaction.
                if not own.http.is_over:
                    claims.claim(result)
            elif getattr(result, "outcome_unknown", False):
                claims.mark_in_doubt(fingerprint(context, directory_id, transaction))
    return created


def fail_in_doubt(error: DeliveryError) -> Failed:
    """Return the failure of an event that may be delivered, although its last call was not."""
    is_refused = error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    return Failed(
        "INVALID_AUTHENTICATION" if error.status == HTTPStatus.UNAUTHORIZED else error.code,
        str(error),
        retry_after=error.retry_after,
        remedy="settings" if is_refused else error.remedy or "wait",
        outcome="unknown",
    )


def fingerprint(context: Context, directory_id: str, transaction: client.Transaction) -> int:
    """Return a hash that equal transactions of a directory have in common."""
    data = stringify_json(transaction.data)
    place = (api_host(context.settings), directory_id, transaction.contact_id)
    return hash((*place, transaction.mailing_list_id, transaction.date, data))


async def _list_equal(
    context: Context, directory_id: str, transaction: client.Transaction
) -> Sequence[str]:
    """Return the ids of the contact's transactions that equal one."""
    listed = await client.list_transactions(context, directory_id, transaction.contact_id)
    return [found.transaction_id for found in listed if _is_equal(found, transaction)]


def _is_equal(found: client.ListedTransaction, transaction: client.Transaction) -> bool:
    return (
        found.mailing_list_id == transaction.mailing_list_id
        and parse_date_like(found.date) == parse_date_like(transaction.date)
        and _is_equal_data(found.data, transaction.data)
    )


def _is_equal_data(found: JsonObject, sent: JsonObject) -> bool:
    # Connectors read the values of a listing as texts, whatever was sent
    # (tap_qualtrics/schemas/contact_transactions.json in
    # https://github.com/singer-io/tap-qualtrics).
    return found.keys() == sent.keys() and all(
        _is_equal_value(found[name], value) for name, value in sent.items()
    )


def _is_equal_value(found: Json, sent: Json) -> bool:
    if isinstance(sent, str):
        return _text(found) == sent
    if isinstance(sent, bool):
        return _text(found).lower() == _text(sent)
    try:
        return Decimal(_text(found)) == Decimal(_text(sent))
    except InvalidOperation:
        return False


def _text(value: Json) -> str:
    return value if isinstance(value, str) else stringify_json(value)


def _explain_failure(context: Context, directory_id: str, error: DeliveryError) -> Failed | None:
    """Return what becomes of a transaction that cannot be looked for: it waits, or is repeated."""
    if error.status == HTTPStatus.UNAUTHORIZED:
        raise error
    if leaves_access_unknown(error):
        return _in_doubt(str(error), error.retry_after)
    cache: ContactCache = context.shared_state
    scope = hash((context.settings.get("apiToken"), api_host(context.settings), directory_id))
    if cache.transaction_claims.mark_unlisted(scope):
        context.logger.warning(
            "Transactions of directory %s cannot be listed, so that one whose call gets no response"
            " may be created twice: %s",
            directory_id,
            error,
        )
    return None


def _in_doubt(reason: str, seconds: float | None) -> Failed:
    return Failed(
        IN_DOUBT,
        "Qualtrics may have created this transaction in an earlier attempt, whose response is"
        f" missing: the event is tried again when a listing can tell ({reason}).",
        retryable=True,
        retry_after=seconds,
        outcome="unknown",
    )
