"""Deduplication criteria of a directory: the identifiers by which it merges contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from destination_kit import Context, DeliveryError, JsonObject
from destinations.qualtrics import client
from destinations.qualtrics.contact_cache import TTL, WEAK_TTL, ContactCache
from destinations.qualtrics.contact_identity import STRENGTH, ContactIdentity
from destinations.qualtrics.responses import leaves_access_unknown

# Lists of directories name the extRef unlike contacts do (`Directory` in the reference's
# qualtricsApiClient.ts).
_CRITERION_NAMES: Final = {"extRef": "externalDataReference"}
# The bound stops a list whose pages lead back to each other. With 100 directories on a page, it
# allows 10,000 of them.
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
            # An earlier holder of the lock may have fetched the criteria while this one waited.
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
        # A wrong guess may merge two people, and a merge cannot be undone:
        # https://qualtrics.com/support/iq-directory/directory-settings-tab/automatic-deduplication
        # So the event waits for the list as long as an outage may be the cause.
        if leaves_access_unknown(error):
            raise
    # A token may be allowed to use contacts but not to list directories. An operator may grant that
    # at any time, so the empty criteria are cached for a minute only.
    return {}, WEAK_TTL
