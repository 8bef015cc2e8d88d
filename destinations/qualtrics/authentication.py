"""Whether Qualtrics knows us, and what it wants us to know."""

from __future__ import annotations

import re

from destination_kit import AuthResult, Context, DeliveryError
from destinations.qualtrics import client
from destinations.qualtrics.settings import api_host

_HOST = re.compile(r"\b((?:[a-z0-9-]+\.)?[a-z0-9-]+)\.qualtrics\.com\b", re.IGNORECASE)


async def test_authentication(context: Context) -> AuthResult:
    """Ask Qualtrics whose token it is; trouble of any kind is an answer, never an exception."""
    try:
        account = await client.whoami(context)
        warnings = _warnings(account.notice, api_host(context.settings))
    except DeliveryError as error:
        return AuthResult(ok=False, message=str(error))
    if not account.user_name:
        return AuthResult(
            ok=False, message="Qualtrics answered, but named no user.", warnings=warnings
        )
    return AuthResult(ok=True, account=account.user_name, warnings=warnings)


def _warnings(notice: str, host: str) -> tuple[str, ...]:
    recommended = _HOST.search(notice)
    if not notice or (recommended and recommended[0].lower() == host):
        return ()
    if not recommended:
        return (f"Qualtrics says: {notice}",)
    warning = (
        f"The account lives in another data center: {host} passes every request on, which is slow"
        f" and may break writes. Set Datacenter ID to {recommended[1].lower()}, because Qualtrics"
        f" recommends {recommended[0].lower()}."
    )
    return (warning,)
