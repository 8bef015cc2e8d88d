"""Rate limits of bulk imports, per minute and brand; they join those of the destination."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from destination_kit import RateLimit

# These figures come from Qualtrics's page on limits
# (https://api.qualtrics.com/a5e9a1a304902-limits). We know them from a copy:
# `DK-QUALTRICS-API-v1.0.0.md` in https://github.com/fabioc-aloha/AlexQ_Template. It has none for the
# report of a job, which counts for the brand's 3,000 calls alone.
_IMPORTS: Final = RateLimit("imports", 100)
_STATUS: Final = RateLimit("import-status", 500)
_BATCHES: Final = RateLimit("transaction-batches", 500)
#: Every limit of a bulk import.
ALL_RATE_LIMITS: Final = (_IMPORTS, _STATUS, _BATCHES)


@lru_cache(maxsize=1000)
def rate_limits(method: str, url: str) -> Sequence[RateLimit]:
    """Return the limits that a call counts against, besides those of the destination."""
    steps = url.partition("?")[0].split("/")
    if method == "POST":
        return {"transactioncontacts": (_IMPORTS,), "transactionbatches": (_BATCHES,)}.get(
            steps[-1], ()
        )
    # The summary of a job, `…/transactioncontacts/ID/summary`, has a limit of 3,000.
    return (_STATUS,) if steps[-2:-1] == ["transactioncontacts"] else ()
