"""Rate limits of Qualtrics, per minute and brand, and the keys by which calls share them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from destination_kit import Context, RateLimit
from destinations.qualtrics import client
from destinations.qualtrics.settings import api_host

# These figures come from Qualtrics's page on limits
# (https://api.qualtrics.com/a5e9a1a304902-limits). We know them from a copy:
# `DK-QUALTRICS-API-v1.0.0.md` in https://github.com/fabioc-aloha/AlexQ_Template. The figure of
# workflows comes from
# https://www.qualtrics.com/support/survey-platform/actions-module/json-events
_BRAND: Final = RateLimit("brand", 3000)
_WORKFLOWS: Final = RateLimit("workflows", 3000)
_ENDPOINTS: Final = (
    # The first match counts, and the pattern of contacts matches the path of search too. After
    # contacts, a search would count as a write of contacts.
    ("POST", r"/contacts/search", RateLimit("search", 500)),
    ("POST", r"/transactions", RateLimit("transactions", 500)),
    ("GET", r"/contacts/[^/]+/transactions", RateLimit("transaction-lists", 3000)),
    ("(?:POST|PUT|DELETE)", r"/contacts(?:/[^/]+)?", RateLimit("contacts", 500)),
)
#: Every limit of Qualtrics that a call can count against.
ALL_RATE_LIMITS: Final = (_BRAND, _WORKFLOWS, *(limit for _, _, limit in _ENDPOINTS))
_LIMITS_BY_CALL: Final = tuple(
    (
        re.compile(rf"{method} https://[^/]+/API/v3/directories/[^/]+{path}(?:\?.*)?"),
        (limit, _BRAND),
    )
    for method, path, limit in _ENDPOINTS
)
_CONTACT_ID: Final = re.compile(r"(?<=/contacts/)(?!search\b)[^/?]+")


@lru_cache(maxsize=1000)
def rate_limits(method: str, url: str) -> Sequence[RateLimit]:
    """Return the limits that a call counts against: the endpoint's own, and the brand's."""
    call = f"{method} {url}"
    for pattern, limits in _LIMITS_BY_CALL:
        if pattern.fullmatch(call):
            return limits
    return (_WORKFLOWS, _BRAND) if "/inbound-event/" in url else (_BRAND,)


def endpoint_key(method: str, url: str) -> str:
    """Return the key under which a 403 stops further calls: the endpoint in its directory.

    All contacts of a directory share a key. Each workflow has its own, since workflows have
    different owners.
    """
    # Workflow URLs may differ in their query only: `…/events/json/triggers?urlTokenId=…`. Without
    # the query, a 403 of one workflow would stop the others.
    if "/inbound-event/" in url:
        return f"{method} {url}"
    return f"{method} {_CONTACT_ID.sub('*', url.partition('?')[0])}"


def account_key(settings: Mapping[str, Any]) -> str:
    """Return the key of the account whose limits a call counts against: a token on a host.

    Two tokens may belong to one brand, which only `resolve_account` can find out.
    """
    # `dkit list` loads this module but sends nothing, and hashlib would delay it.
    from hashlib import sha256

    # The rate limits keep this key when the instance and its settings are gone. With the token in
    # it, the token would stay in memory too. Python's `hash` differs from process to process, and a
    # store would forget the account's cache at each start.
    digest = sha256(str(settings.get("apiToken")).encode()).digest()
    return f"{api_host(settings)} {int.from_bytes(digest[:16])}"


async def resolve_account(context: Context) -> str:
    """Return the brand of the API token; all tokens of a brand share its limits."""
    return (await client.whoami(context)).brand
