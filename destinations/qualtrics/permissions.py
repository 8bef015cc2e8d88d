"""Permissions of an API token, found by calls that change nothing.

A token has the permissions of its user. They are named here by the scopes that the same calls need
with OAuth (https://docs.tealium.com/server-side-connectors/qualtrics-xm-directory-connector).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping, Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from destination_kit import Context, DeliveryError, HTTPError, JsonObject, Permission
from destinations.qualtrics import client

READ_DIRECTORIES: Final = "read:directories"
READ_LISTS: Final = "read:mailing_lists"
READ_CONTACTS: Final = "read:directory_contacts"
WRITE_CONTACTS: Final = "manage:directory_contacts"
WRITE_TRANSACTIONS: Final = "manage:contact_transactions"
READ_TRANSACTIONS: Final = "read:contact_transactions"
FULL_DIRECTORY: Final = "XM Directory (not Lite)"

#: Directories that one test tries, with five calls each.
_MAX_DIRECTORIES: Final = 10
#: A contact that no directory has, since the ids of Qualtrics are random.
_NO_CONTACT: Final = "CID_000000000000000"
_NO_REFERENCE: Final = "dkit-auth-finds-no-contact"

_CONSEQUENCES: Final = {
    READ_DIRECTORIES: "`dkit choices` cannot list directories, and which identifier finds a contact"
    " is a guess.",
    READ_LISTS: "`dkit choices` cannot list mailing lists, so type their ids in.",
    READ_CONTACTS: "upsertContactTransaction cannot find a contact, so events without a contactId"
    " fail.",
    WRITE_CONTACTS: "addContactToXmd cannot create or update contacts, and upsertContactTransaction"
    " cannot create one.",
    WRITE_TRANSACTIONS: "upsertContactTransaction cannot record transactions.",
    READ_TRANSACTIONS: "a transaction whose response never came cannot be looked for, and may be"
    " recorded twice.",
    FULL_DIRECTORY: "searches and transactions are refused while contacts are accepted, as XM"
    " Directory Lite does, so upsertContactTransaction cannot work here. If the account has XM"
    " Directory, its user lacks both permissions.",
}
_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class _Probe(NamedTuple):
    """What a call shows."""

    granted: bool | None
    #: Whether the refusal names XM Directory Lite.
    names_lite: bool = False


class PermissionReport(NamedTuple):
    """The permissions that were tried, and what could not be tried."""

    permissions: tuple[Permission, ...]
    warnings: tuple[str, ...]


async def find_permissions(context: Context) -> PermissionReport:
    """Return the permissions of the token in each directory; a delivery error is never raised."""
    # `dkit list` loads this module but sends nothing. asyncio would delay it by 15 to 30 ms.
    import asyncio

    try:
        page = await client.list_directories(context, None)
    except DeliveryError as error:
        granted = False if _is_refusal(error) else None
        warning = f"no directory could be tried, because their list cannot be read: {error}"
        return PermissionReport((_permission(READ_DIRECTORIES, granted=granted),), (warning,))
    tried = page.elements[:_MAX_DIRECTORIES]
    found = await asyncio.gather(*(_try_directory(context, directory) for directory in tried))
    permissions = [permission for directory in found for permission in directory]
    return PermissionReport(
        (_permission(READ_DIRECTORIES, granted=True), *permissions),
        (*_scope_warnings(page), *filter(None, map(_rule_warning, tried))),
    )


def _scope_warnings(page: client.Page) -> tuple[str, ...]:
    if not page.elements:
        return ("the user of the token sees no directory, so none could be tried",)
    if page.next_page or len(page.elements) > _MAX_DIRECTORIES:
        return (f"only the first {_MAX_DIRECTORIES} directories of the account were tried",)
    return ()


def _rule_warning(directory: JsonObject) -> str | None:
    criteria = directory.get("deduplicationCriteria")
    if not isinstance(criteria, Mapping) or any(value is True for value in criteria.values()):
        return None
    return (
        f"{_describe(directory)} has no deduplication rule, so Qualtrics may add a contact where it"
        " should update one: add rules in the directory's settings, Automatic deduplication."
    )


def _describe(directory: JsonObject) -> str:
    directory_id, name = (str(directory.get(key) or "") for key in ("directoryId", "name"))
    return f"{name} ({directory_id})" if name else directory_id


async def _try_directory(context: Context, directory: JsonObject) -> Sequence[Permission]:
    directory_id, resource = str(directory.get("directoryId") or ""), _describe(directory)
    probes = {
        READ_LISTS: await _try_read(client.list_mailing_lists(context, directory_id, None)),
        READ_CONTACTS: await _try_read(_search(context, directory_id)),
        WRITE_CONTACTS: await _try_refused(
            client.update_contact(context, directory_id, _NO_CONTACT, {})
        ),
        WRITE_TRANSACTIONS: await _try_refused(
            client.create_transactions(context, directory_id, [])
        ),
        READ_TRANSACTIONS: await _try_refused(
            client.list_transactions(context, directory_id, _NO_CONTACT)
        ),
    }
    granted = {name: probe.granted for name, probe in probes.items()}
    granted[FULL_DIRECTORY] = _is_full(probes)
    return [_permission(name, resource, granted=granted[name]) for name in granted]


async def _search(context: Context, directory_id: str) -> client.Page:
    contact_filter = client.equality_filter({"extRef": _NO_REFERENCE})
    return await client.search_page(context, directory_id, contact_filter, None)


async def _try_read(call: Awaitable[object]) -> _Probe:
    try:
        await call
    except DeliveryError as error:
        return _Probe(False if _is_refusal(error) else None, _names_lite(error))
    return _Probe(granted=True)


async def _try_refused(call: Awaitable[object]) -> _Probe:
    """Return whether a call is allowed that is refused in any case.

    Such a write has nothing to write, and such a read is about a contact that does not exist.
    """
    try:
        await call
    except DeliveryError as error:
        if error.status == HTTPStatus.FORBIDDEN:
            return _Probe(granted=False, names_lite=_names_lite(error))
        # No public source says what Qualtrics checks first. We assume the permission, as most APIs
        # do: then a complaint about the content shows that the permission is there.
        return _Probe(True if _is_refusal(error) else None, _names_lite(error))
    return _Probe(granted=True)


def _is_refusal(error: DeliveryError) -> bool:
    # The kit itself refuses an endpoint for a minute after a 403, with that status.
    is_refused = isinstance(error, HTTPError) and error.status in _REFUSALS
    return is_refused or error.status == HTTPStatus.FORBIDDEN


def _names_lite(error: DeliveryError) -> bool:
    return bool(re.search(r"\bXM Directory Lite\b", str(error), re.IGNORECASE))


def _is_full(probes: dict[str, _Probe]) -> bool | None:
    # XM Directory Lite refuses to search and list contacts (`ContactsDirectoryContactsApi.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java), and no public source shows how.
    search, transactions = probes[READ_CONTACTS], probes[WRITE_TRANSACTIONS]
    if any(probe.names_lite for probe in probes.values()):
        return False
    if search.granted or transactions.granted:
        return True
    refused = search.granted is False and transactions.granted is False
    return False if refused and probes[WRITE_CONTACTS].granted else None


def _permission(name: str, resource: str = "", *, granted: bool | None) -> Permission:
    return Permission(
        name=name, granted=granted, resource=resource, consequence=_CONSEQUENCES[name]
    )
