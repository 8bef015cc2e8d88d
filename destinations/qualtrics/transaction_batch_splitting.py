"""Transactions in batches, and the splitting of a batch that is refused; a result for each.

A call that Qualtrics refuses as a whole is halved and sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from itertools import chain
from typing import Final

from destination_kit import Context, DeliveryError, HTTPError, IntegrationError
from destinations.qualtrics import client
from destinations.qualtrics.contact_cache import TTL, ContactCache
from destinations.qualtrics.responses import UnexpectedResponseError
from destinations.qualtrics.settings import api_host

# No public source says how Qualtrics refuses a call with too many transactions or a bad one, so 400
# and 413 are guesses. After other statuses, such as 401, both halves would fail as the whole did.
_HALVED: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}


async def create_transactions(
    context: Context, directory_id: str, transactions: Sequence[client.Transaction]
) -> list[str | DeliveryError]:
    """Return the id or the error of each transaction, in the same order.

    A bad transaction, or a call that is too large, fails no other transaction. A size that
    Qualtrics accepts only in halves is the limit of later calls to the directory, for ten minutes.
    """
    if not transactions:
        return []
    # `dkit list` loads this module but sends nothing. asyncio would delay it by 15 to 30 ms.
    import asyncio

    cache: ContactCache = context.shared_state
    directory = (api_host(context.settings), directory_id)
    limit = cache.transaction_limits.get(directory) or len(transactions)
    chunks = [transactions[start : start + limit] for start in range(0, len(transactions), limit)]
    results = await asyncio.gather(
        *(_create_or_halve(context, directory_id, chunk) for chunk in chunks)
    )
    return list(chain.from_iterable(results))


async def _create_or_halve(
    context: Context, directory_id: str, chunk: Sequence[client.Transaction]
) -> Sequence[str | DeliveryError]:
    try:
        return await client.create_transactions(context, directory_id, chunk)
    except HTTPError as error:
        if error.status not in _HALVED or len(chunk) == 1:
            return [error] * len(chunk)
    except DeliveryError as error:
        return [error] * len(chunk)
    middle = (len(chunk) + 1) // 2
    first, second = [
        await _create_or_halve(context, directory_id, half)
        for half in (chunk[:middle], chunk[middle:])
    ]
    results = [*first, *second]
    # An `IntegrationError` concerns one transaction, so it does not mean that a half was refused.
    # If one was, a bad transaction may be the cause, and a lower limit would only cost more calls.
    # Without a readable response, nothing shows whether Qualtrics takes the size.
    if all(_shows_acceptance(result) for result in results):
        _lower_limit(context, directory_id, middle)
    return results


def _shows_acceptance(result: str | DeliveryError) -> bool:
    if isinstance(result, str):
        return True
    return isinstance(result, IntegrationError) and not isinstance(result, UnexpectedResponseError)


def _lower_limit(context: Context, directory_id: str, limit: int) -> None:
    cache: ContactCache = context.shared_state
    directory = (api_host(context.settings), directory_id)
    known = cache.transaction_limits.get(directory) or limit
    cache.transaction_limits.put(directory, min(limit, known), TTL)
