"""Test of the credentials: the owner of the API token, the data center, and the permissions."""

from __future__ import annotations

import re

from destination_kit import AuthResult, Context, DeliveryError
from destinations.qualtrics import client
from destinations.qualtrics.permissions import find_permissions
from destinations.qualtrics.settings import api_host

_QUALTRICS_HOST = re.compile(
    r"(?<![a-z0-9-])((?:[a-z0-9-]+\.)?[a-z0-9-]+)\.qualtrics\.com\b", re.IGNORECASE
)


async def test_authentication(context: Context) -> AuthResult:
    """Return the owner of the API token and its permissions, or why Qualtrics does not accept it.

    No call changes anything. A delivery error becomes a result that is not ok; it is never raised.
    """
    try:
        account = await client.whoami(context)
        warnings = _notice_warnings(account.notice, api_host(context.settings))
    except DeliveryError as error:
        return AuthResult(ok=False, message=str(error))
    if not account.user_name:
        return AuthResult(
            ok=False, message="Qualtrics answered, but named no user.", warnings=warnings
        )
    found = await find_permissions(context)
    return AuthResult(
        ok=True,
        account=account.user_name,
        warnings=(*warnings, *found.warnings),
        permissions=found.permissions,
    )


def find_recommended_host(notice: str) -> str | None:
    """Return the host that a notice recommends, in lower case; None where it names none."""
    recommended = _QUALTRICS_HOST.search(notice)
    return recommended[0].lower() if recommended else None


def _notice_warnings(notice: str, host: str) -> tuple[str, ...]:
    # A wrong data center passes the request on to the right one and adds a notice. The datacenter
    # that whoami names may differ from it: `az1` where the notice named sjc1.qualtrics.com, which
    # worked (https://github.com/ropensci/qualtRics/issues/255).
    recommended = _QUALTRICS_HOST.search(notice)
    if not notice or (recommended and recommended[0].lower() == host):
        return ()
    if not recommended:
        return (f"Qualtrics says: {notice}",)
    warning = (
        f"The account is in another data center: {host} forwards every request to it, which is slow"
        f" and may break writes. Set Datacenter ID to {recommended[1].lower()}, because Qualtrics"
        f" recommends {recommended[0].lower()}."
    )
    return (warning,)
