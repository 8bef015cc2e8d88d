"""Rate limits of Qualtrics, per minute and brand, and the keys by which calls share them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from destination_kit import Context, RateLimit
from destinations.qualtrics import client
from destinations.qualtrics.settings import api_host

# The figures are those of Qualtrics's page on limits
# (https://api.qualtrics.com/a5e9a1a304902-limits), as public notes on the API repeat them:
# `DK-QUALTRICS-API-v1.0.0.md` in https://github.com/fabioc-aloha/AlexQ_Template. The figure
# of workflows stands on
# https://www.qualtrics.com/support/survey-platform/actions-module/json-events
_BRAND: Final = RateLimit("brand", 3000)
_WORKFLOWS: Final = RateLimit("workflows", 3000)
_ENDPOINTS: Final = (
    ("POST", r"/contacts/search", RateLimit("search", 500)),
    ("POST", r"/transactions", RateLimit("transactions", 500)),
    ("(?:POST|PUT|DELETE)", r"/contacts(?:/[^/]+)?", RateLimit("contacts", 500)),
)
# The first match counts, and the pattern of contacts also matches the path of search. So search
# stands before contacts.
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
    # Workflow URLs differ in their query only: `…/events/json/triggers?urlTokenId=…`.
    if "/inbound-event/" in url:
        return f"{method} {url}"
    return f"{method} {_CONTACT_ID.sub('*', url.partition('?')[0])}"


def account_key(settings: Mapping[str, Any]) -> str:
    """Return the key of the account whose limits a call counts against: a token on a host.

    Two tokens may belong to one brand, which only `resolve_account` can find out.
    """
    # A process keeps the keys of all accounts. The hash keeps the tokens themselves out of them.
    return f"{api_host(settings)} {hash(settings.get('apiToken'))}"


async def resolve_account(context: Context) -> str:
    """Return the brand of the API token; all tokens of a brand share its limits."""
    return (await client.whoami(context)).brand
