"""Add a transaction to a contact, who is looked up and, where nobody is found, created."""

from __future__ import annotations

import asyncio
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
from destinations.qualtrics import client, transaction_batches
from destinations.qualtrics.choices import list_directories
from destinations.qualtrics.contact_cache import Person, person_of
from destinations.qualtrics.contact_resolution import evict_if_deleted, find_or_create
from destinations.qualtrics.contacts import contact_body, flat
from destinations.qualtrics.transactions import FIELDS, Payload, transaction_date

_Prepared: TypeAlias = client.Transaction | BaseException


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
    contexts = context.payload_contexts or [context] * len(payloads)
    prepared = await _prepare_all(contexts, payloads)
    answers = await _add(context, payloads, prepared)
    suspects = _suspects(prepared, answers)
    gone = await _gone({suspects[at]: (contexts[at], payloads[at]) for at in suspects})
    if again := [at for at, contact_id in suspects.items() if contact_id in gone]:
        lost = [payloads[at] for at in again]
        found = await _prepare_all([contexts[at] for at in again], lost)
        for at, answer in zip(again, await _add(context, lost, found), strict=True):
            answers[at] = answer
    return answers


async def _add(
    context: Context, payloads: Sequence[Payload], prepared: Sequence[_Prepared]
) -> list[Json | BaseException]:
    ready = [each for each in prepared if isinstance(each, client.Transaction)]
    if not ready:
        return [each for each in prepared if isinstance(each, BaseException)]
    created = iter(
        await transaction_batches.create_transactions(context, payloads[0]["directoryId"], ready)
    )
    return [
        _answered(each, next(created)) if isinstance(each, client.Transaction) else each
        for each in prepared
    ]


def _answered(
    transaction: client.Transaction, created: str | DeliveryError
) -> Json | DeliveryError:
    if isinstance(created, DeliveryError):
        return created
    return {"contactId": transaction.contact_id, "transactionId": created}


async def _prepare_all(
    contexts: Sequence[Context], payloads: Sequence[Payload]
) -> Sequence[_Prepared]:
    """Return the transactions; contacts that are not known are looked up at the same time."""
    known = [*map(_prepare_known, contexts, payloads)]
    unknown = [each is None for each in known]
    pairs = zip(compress(contexts, unknown), compress(payloads, unknown), strict=True)
    found = iter(await asyncio.gather(*starmap(_prepare, pairs), return_exceptions=True))
    return [next(found) if each is None else each for each in known]


def _prepare_known(context: Context, payload: Payload) -> client.Transaction | Exception | None:
    """Return the transaction of a contact whose id was given, without a task of its own."""
    contact_id = payload.get("contactId")
    if not contact_id:
        return None
    try:
        return _transaction(payload, _date(context, payload), contact_id)
    except Exception as error:  # noqa: BLE001 - it costs its own transaction only
        return error


async def _prepare(context: Context, payload: Payload) -> client.Transaction:
    date = _date(context, payload)  # before anybody is created
    found = await find_or_create(context, *_person(context, payload))
    return _transaction(payload, date, found.contact_id, recalled=found.recalled)


def _date(context: Context, payload: Payload) -> str:
    return transaction_date(payload.get("transactionDate"), context.received_at)


def _transaction(
    payload: Payload, date: str, contact_id: str, *, recalled: bool = False
) -> client.Transaction:
    data = flat(payload.get("transactionData"))
    return client.Transaction(contact_id, payload["mailingListId"], date, data, recalled)


def _person(context: Context, payload: Payload) -> tuple[Person, JsonObject]:
    """Return whom a transaction is about, and the body that would create the contact."""
    body = contact_body(payload)
    person = person_of(context, payload["directoryId"], body)
    if not person.identity:  # a search for nobody would find everybody
        raise PayloadValidationError(
            "Without a contactId, at least one of extRef, phone and email has to say who it is."
        )
    return person, body


def _suspects(
    prepared: Sequence[_Prepared], answers: Sequence[Json | BaseException]
) -> Mapping[int, str]:
    """Return the remembered contacts, by place, of which a transaction was refused."""
    return {
        at: each.contact_id
        for at, (each, answer) in enumerate(zip(prepared, answers, strict=True))
        if isinstance(answer, DeliveryError)
        and answer.code == client.UNPROCESSED
        and isinstance(each, client.Transaction)
        and each.recalled
    }


async def _gone(suspects: Mapping[str, tuple[Context, Payload]]) -> set[str]:
    """Return the contacts that are there no more."""
    gone = await asyncio.gather(
        *(_is_gone(contact_id, *pair) for contact_id, pair in suspects.items())
    )
    return set(compress(suspects, gone))


async def _is_gone(contact_id: str, context: Context, payload: Payload) -> bool:
    person, _ = _person(context, payload)
    try:
        return await evict_if_deleted(context, person, contact_id)
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
