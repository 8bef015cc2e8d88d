"""Deduplication criteria of a directory: the identifiers by which it merges contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from destination_kit import Context, DeliveryError, JsonObject
from destinations.qualtrics import client
from destinations.qualtrics.contact_cache import TTL, WEAK_TTL, ContactCache
from destinations.qualtrics.contact_identity import STRENGTH, ContactIdentity
from destinations.qualtrics.responses import leaves_access_unknown

# Lists of directories say `externalDataReference` where contacts say `extRef` (`Directory` in the
# reference's qualtricsApiClient.ts). With `extRef`, no directory would seem to deduplicate by it.
_CRITERION_NAMES: Final = {"extRef": "externalDataReference"}
# A list whose pages lead back to each other would never end. With 100 directories on a page, 100
# pages reach 10,000 directories. We assume that no brand has more.
_MAX_PAGES: Final = 100


async def rank_identifiers(context: Context, identity: ContactIdentity) -> Sequence[str]:
    """Return the names of the identifiers, the strongest first for the directory.

    Raises `DeliveryError` where the criteria are needed and the directories cannot be listed now.
    """
    if len(identity.identifiers) == 1:
        return tuple(identity.identifiers)
    cache: ContactCache = context.shared_state
    criteria = cache.deduplication_criteria.get(identity.token_scope)
    if criteria is None:
        async with cache.locks.acquire([("criteria", identity.token_scope)]):
            # The previous holder of the lock has usually cached the criteria. Without a second
            # look, each waiter would list the directories again.
            criteria = cache.deduplication_criteria.get(identity.token_scope)
            if criteria is None:
                criteria, ttl = await _fetch_criteria(context, identity.directory_id)
                cache.deduplication_criteria.put(identity.token_scope, criteria, ttl)
    return identity.rank(criteria)


def read_criteria(directory: JsonObject) -> Mapping[str, bool]:
    """Return whether a directory of a list deduplicates by each identifier."""
    criteria = directory.get("deduplicationCriteria")
    if not isinstance(criteria, Mapping):
        criteria = {}
    return {name: criteria.get(_CRITERION_NAMES.get(name, name)) is True for name in STRENGTH}


async def _fetch_criteria(context: Context, directory_id: str) -> tuple[Mapping[str, bool], float]:
    """Return the criteria of a directory, and for how many seconds to cache them."""
    page: str | None = None
    try:
        for _ in range(_MAX_PAGES):
            directories = await client.list_directories(context, page)
            for directory in directories.elements:
                if directory.get("directoryId") == directory_id:
                    return read_criteria(directory), TTL
            if (page := directories.next_page) is None:
                break
    except DeliveryError as error:
        # Without the criteria, the ranking is a guess that may merge two people. No merge can be
        # undone:
        # https://qualtrics.com/support/iq-directory/directory-settings-tab/automatic-deduplication
        # So an outage fails the event, which is tried again.
        if leaves_access_unknown(error):
            raise
    # A token may lack the right to list directories, which an operator may grant at any time. With
    # `TTL`, the ranking would remain a guess for ten minutes after that.
    return {}, WEAK_TTL
