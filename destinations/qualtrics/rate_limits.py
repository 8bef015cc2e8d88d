"""How often Qualtrics lets a brand call, as it documents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from destination_kit import Context, RateLimit
from destinations.qualtrics import client
from destinations.qualtrics.settings import api_host

_BRAND: Final = RateLimit("brand", 3000)  # over everything, a minute, as are all
_RULES: Final = (
    ("POST", r"/contacts/search", RateLimit("search", 500)),
    ("POST", r"/transactions", RateLimit("transactions", 500)),
    ("(?:POST|PUT|DELETE)", r"/contacts(?:/[^/]+)?", RateLimit("contacts", 500)),
)
_CALLS: Final = tuple(
    (
        re.compile(rf"{method} https://[^/]+/API/v3/directories/[^/]+{path}(?:\?.*)?"),
        (limit, _BRAND),
    )
    for method, path, limit in _RULES
)
_CONTACT: Final = re.compile(r"(?<=/contacts/)(?!search\b)[^/?]+")
_WORKFLOWS: Final = (RateLimit("workflows", 3000), _BRAND)


@lru_cache(maxsize=1000)
def rate_limits(method: str, url: str) -> Sequence[RateLimit]:
    """Return the limits of a call: that of its endpoint, and that of the whole brand."""
    call = f"{method} {url}"
    for pattern, limits in _CALLS:
        if pattern.fullmatch(call):
            return limits
    return _WORKFLOWS if "/inbound-event/" in url else (_BRAND,)


def endpoint_key(method: str, url: str) -> str:
    """Return what is refused together: a call, whoever the contact, in one directory.

    A workflow is told apart by the query of its URL, since each has an owner of its own.
    """
    if "/inbound-event/" in url:
        return f"{method} {url}"
    return f"{method} {_CONTACT.sub('*', url.partition('?')[0])}"


def account_key(settings: Mapping[str, Any]) -> str:
    """Return whose budget a call spends.

    Only Qualtrics knows the brand of a token: `resolve_account` asks for it.
    """
    return f"{api_host(settings)} {hash(settings.get('apiToken'))}"


async def resolve_account(context: Context) -> str:
    """Ask Qualtrics for the brand of a token, which shares its limits with every other of it."""
    return (await client.whoami(context)).brand
