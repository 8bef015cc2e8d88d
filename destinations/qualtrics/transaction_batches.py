"""Many transactions in few calls, and an answer for each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from itertools import chain
from typing import Final

from destination_kit import Context, DeliveryError, HTTPError, IntegrationError
from destinations.qualtrics import client
from destinations.qualtrics.contact_cache import LIFETIME, People
from destinations.qualtrics.settings import api_host

_DIVIDED: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}


async def create_transactions(
    context: Context, directory_id: str, transactions: Sequence[client.Transaction]
) -> list[str | DeliveryError]:
    """Return the id of each transaction, or why it was not taken.

    A call that Qualtrics refuses as a whole is halved and repeated, so that a fault of one entry,
    or a size that is too large, costs no other. Where both halves are taken it was the size, and
    that is remembered for later calls.
    """
    people: People = context.shared_state
    most = people.most.get((api_host(context.settings), directory_id)) or len(transactions)
    chunks = [transactions[at : at + most] for at in range(0, len(transactions), most or 1)]
    answers = await asyncio.gather(*(_create(context, directory_id, each) for each in chunks))
    return list(chain.from_iterable(answers))


async def _create(
    context: Context, directory_id: str, chunk: Sequence[client.Transaction]
) -> Sequence[str | DeliveryError]:
    try:
        return await client.create_transactions(context, directory_id, chunk)
    except HTTPError as error:
        if error.status not in _DIVIDED or len(chunk) == 1:
            return [error] * len(chunk)
    except DeliveryError as error:
        return [error] * len(chunk)
    half = (len(chunk) + 1) // 2
    halves = (chunk[:half], chunk[half:])
    first, second = [await _create(context, directory_id, each) for each in halves]
    answers = [*first, *second]
    if all(isinstance(each, str | IntegrationError) for each in answers):
        _learn(context, directory_id, half)
    return answers


def _learn(context: Context, directory_id: str, most: int) -> None:
    people: People = context.shared_state
    place = (api_host(context.settings), directory_id)
    people.most.put(place, min(most, people.most.get(place) or most), LIFETIME)
