"""Many transactions in few calls, and an answer for each."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from http import HTTPStatus
from itertools import chain
from typing import Final

from destination_kit import Context, DeliveryError, HTTPError
from destinations.qualtrics import client
from destinations.qualtrics.people import LIFETIME, People
from destinations.qualtrics.settings import api_host

_DIVIDED: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
_SIZE: Final = re.compile(r"at most|too (?:many|large|big)|maximum|exceed|limit", re.IGNORECASE)


async def create_transactions(
    context: Context, directory_id: str, transactions: Sequence[client.Transaction]
) -> list[str | DeliveryError]:
    """Return the id of each transaction, or why it was not taken.

    A call that Qualtrics refuses as a whole is halved and repeated, so that a fault of one entry,
    or a size that is too large, costs no other; a size is remembered for later calls.
    """
    people: People = context.shared
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
        half = len(chunk) // 2
        if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or _SIZE.search(str(error)):
            _learn(context, directory_id, half)
    except DeliveryError as error:
        return [error] * len(chunk)
    halves = (chunk[:half], chunk[half:])
    first, second = [await _create(context, directory_id, each) for each in halves]
    return [*first, *second]


def _learn(context: Context, directory_id: str, most: int) -> None:
    people: People = context.shared
    people.most.put((api_host(context.settings), directory_id), most, LIFETIME)
