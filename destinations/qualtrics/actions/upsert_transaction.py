"""Add a transaction to a contact, who is looked up and, where nobody is found, created."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, starmap
from typing import TypeAlias

from destination_kit import (
    Action,
    BatchLimits,
    Context,
    DeliveryError,
    Json,
    PayloadValidationError,
)
from destinations.qualtrics import bulk, client
from destinations.qualtrics.contacts import contact_body, flat
from destinations.qualtrics.dates import transaction_date
from destinations.qualtrics.lookups import list_directories
from destinations.qualtrics.people import person_of
from destinations.qualtrics.resolving import Found, find_or_create, is_gone
from destinations.qualtrics.transactions import FIELDS, Payload

_Pair: TypeAlias = tuple[Context, Payload]
_Prepared: TypeAlias = tuple[Found, client.Transaction]


@dataclass(frozen=True, slots=True)
class _Try:
    """What came of a transaction, and the contact that it was for, where that was looked up."""

    answer: Json | BaseException
    contact: Found | None = None


async def perform(context: Context, payload: Payload) -> Json:
    """Add the transaction, and return its id and the contact's."""
    [answer] = await perform_batch(context, [payload])
    if isinstance(answer, BaseException):
        raise answer
    return answer


async def perform_batch(
    context: Context, payloads: Sequence[Payload]
) -> Sequence[Json | BaseException]:
    """Add transactions of one directory; return the ids of each, or what is wrong with it.

    Where a contact was remembered and turns out to be gone, it is looked up once more.
    """
    contexts = context.each or [context] * len(payloads)
    pairs = list(zip(contexts, payloads, strict=True))
    tries = await _add(context, pairs)
    gone = await _gone(pairs, tries)
    again = [_is_refused(each) and each.contact in gone for each in tries]
    if any(again):
        repeated = iter(await _add(context, [*compress(pairs, again)]))
        tries = [next(repeated) if lost else each for each, lost in zip(tries, again, strict=True)]
    return [each.answer for each in tries]


async def _add(context: Context, pairs: Sequence[_Pair]) -> Sequence[_Try]:
    found = await _prepare_all(pairs)
    ready = [each for each in found if not isinstance(each, BaseException)]
    if not ready:
        return [_Try(each) for each in found if isinstance(each, BaseException)]
    directory_id = pairs[0][1]["directoryId"]
    transactions = [transaction for _, transaction in ready]
    created = iter(await bulk.create_transactions(context, directory_id, transactions))
    return [
        _Try(each) if isinstance(each, BaseException) else _answered(each[0], next(created))
        for each in found
    ]


def _answered(contact: Found, created: str | DeliveryError) -> _Try:
    if isinstance(created, DeliveryError):
        return _Try(created, contact)
    return _Try({"contactId": contact.contact_id, "transactionId": created}, contact)


async def _prepare_all(pairs: Sequence[_Pair]) -> Sequence[_Prepared | BaseException]:
    """Return each transaction and its contact, all of which are looked up at the same time."""
    known = [_prepare_known(*pair) for pair in pairs]
    unknown = [each is None for each in known]
    found = iter(
        await asyncio.gather(*starmap(_prepare, compress(pairs, unknown)), return_exceptions=True)
    )
    return [next(found) if each is None else each for each in known]


def _prepare_known(context: Context, payload: Payload) -> _Prepared | Exception | None:
    """Return the transaction of a contact whose id was given, without a task of its own."""
    contact_id = payload.get("contactId")
    if not contact_id:
        return None
    try:
        return _transaction(payload, _date(context, payload), Found(contact_id))
    except Exception as error:  # noqa: BLE001 - it costs its own transaction only
        return error


async def _prepare(context: Context, payload: Payload) -> _Prepared:
    date = _date(context, payload)  # before anybody is created
    return _transaction(payload, date, await _contact(context, payload))


def _date(context: Context, payload: Payload) -> str:
    return transaction_date(payload.get("transactionDate"), context.taken)


def _transaction(payload: Payload, date: str, contact: Found) -> _Prepared:
    data = flat(payload.get("transactionData"))
    return contact, client.Transaction(contact.contact_id, payload["mailingListId"], date, data)


async def _contact(context: Context, payload: Payload) -> Found:
    body = contact_body(payload)
    person = person_of(context, payload["directoryId"], body)
    if not person.identity:  # a search for nobody would find everybody
        raise PayloadValidationError(
            "Without a contactId, at least one of extRef, phone and email has to say who it is."
        )
    return await find_or_create(context, person, body)


async def _gone(pairs: Sequence[_Pair], tries: Sequence[_Try]) -> set[Found]:
    """Return the remembered contacts that are there no more, of those whose transaction failed."""
    suspects = {
        tried.contact: pair
        for pair, tried in zip(pairs, tries, strict=True)
        if _is_refused(tried) and tried.contact and tried.contact.recalled
    }
    gone = await asyncio.gather(*starmap(_is_gone, suspects.items()))
    return set(compress(suspects, gone))


def _is_refused(tried: _Try) -> bool:
    return isinstance(tried.answer, DeliveryError) and tried.answer.code == client.UNPROCESSED


async def _is_gone(contact: Found, pair: _Pair) -> bool:
    context, payload = pair
    person = person_of(context, payload["directoryId"], contact_body(payload))
    try:
        return await is_gone(context, person, contact)
    except DeliveryError:
        return False  # then the first answer stands


UPSERT_TRANSACTION = Action(
    title="Upsert contact transaction",
    description="Record a transaction of a contact in a directory. A contact who is already there"
    " gets the transaction; one who is not is created first.",
    trigger='type = "track", event = "Transaction Created"',
    fields=FIELDS,
    perform=perform,
    perform_batch=perform_batch,
    batch=BatchLimits(count=100, bytes=2_000_000, wait=0.1, keys=("directoryId",)),
    choices={"directoryId": list_directories},
)
