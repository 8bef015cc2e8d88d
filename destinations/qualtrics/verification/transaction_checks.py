"""Checks of transactions: how many a call takes, what an entry needs, and refused entries."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from destination_kit import Json, JsonObject, Response
from destination_kit.verification import Session, UnsettledError
from destinations.qualtrics.responses import as_object
from destinations.qualtrics.verification import api
from destinations.qualtrics.verification.contact_checks import add_member, find_largest

_TOO_MANY: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
_DATE: Final = "2026-01-02 03:04:05"


async def check_entries(session: Session) -> Json:
    """Return how many transactions a call takes, at most 1,000.

    The entries are of a contact that does not exist, so none of them becomes a transaction.
    """
    await _refused_entry(session)

    async def accepts(count: int) -> bool:
        response = await _post_unknown(session, count)
        if response.status in _TOO_MANY:
            session.memory["too-many"] = response.status
            return False
        api.require_success(response, "a call with transactions was refused")
        return True

    return await find_largest(accepts, usual=100, ceiling=1000)


async def check_too_many_status(session: Session) -> Json:
    """Return the status of a call with too many transactions."""
    status: Json = session.memory.get("too-many")
    if status is None:
        raise UnsettledError("no call had too many transactions")
    return status


async def check_refused_status(session: Session) -> Json:
    """Return the status of a call with an entry that is not processed."""
    return (await _refused_entry(session)).status


async def check_refused_key(session: Session) -> Json:
    """Return the key of the error code of an entry that is not processed."""
    [refusal] = api.result(await _refused_entry(session))["unprocessedTransactions"].values()
    key = next((key for key in ("errorCode", "error") if key in as_object(refusal)), None)
    if key is None:
        raise UnsettledError("a refused transaction has no error code")
    return key


async def check_membership(session: Session) -> Json:
    """Return whether the contact of a transaction must be on the mailing list."""
    outsider = await api.create_contact(session, "outsider", transactions=1)
    if await _is_created(session, {"contactId": outsider}):
        return False
    if await _is_created(session, {}):
        return True
    raise UnsettledError("no transaction could be created, with a member of the list neither")


async def check_list_required(session: Session) -> Json:
    """Return whether a transaction needs a mailing list."""
    _require_plain_transaction(session)
    return not await _is_created(session, {}, without="mailingListId")


async def check_date_required(session: Session) -> Json:
    """Return whether a transaction needs a date."""
    _require_plain_transaction(session)
    return not await _is_created(session, {}, without="transactionDate")


async def check_id_prefix(session: Session) -> Json:
    """Return the prefix of the ids of transactions."""
    _require_plain_transaction(session)
    prefix, underscore, _ = str(session.memory["transaction"]).partition("_")
    return prefix + underscore


def _require_plain_transaction(session: Session) -> None:
    """Raise `UnsettledError` unless the run has created a transaction with all that it needs."""
    if "transaction" not in session.memory:
        raise UnsettledError("no whole transaction was created to compare with")


async def _refused_entry(session: Session) -> Response:
    """Return the response to one transaction of a contact that does not exist."""
    response: Response | None = session.memory.get("refused-entry")
    if response is None:
        response = await _post_unknown(session, 1)
        api.require_success(response, "an entry that cannot be processed fails its whole call")
        if not api.result(response).get("unprocessedTransactions"):
            raise UnsettledError("a transaction of an unknown contact is not reported as refused")
        session.memory["refused-entry"] = response
    return response


async def _post_unknown(session: Session, count: int) -> Response:
    entry = _entry(session, api.unknown_id(session, "CID_"))
    return await _post(session, {f"{session.run_id}-{index}": entry for index in range(count)})


async def _is_created(session: Session, changes: JsonObject, without: str = "") -> bool:
    contact_id = changes.get("contactId") or (await add_member(session))["id"]
    entry = _entry(session, str(contact_id))
    entry.pop(without, None)
    response = await _post(session, {f"{session.run_id}-entry": entry})
    if not api.is_accepted(response, "a transaction was refused"):
        return False
    created = as_object(api.result(response).get("createdTransactions"))
    for transaction in created.values():
        session.memory["transaction"] = as_object(transaction).get("id")
    return bool(created)


async def _post(session: Session, entries: JsonObject) -> Response:
    return await api.call_directory(session, "POST", "transactions", json=entries)


def _entry(session: Session, contact_id: str) -> dict[str, Any]:
    return {
        "contactId": contact_id,
        "mailingListId": session.parameters["list"],
        "transactionDate": _DATE,
        "data": {"madeBy": session.run_id},
    }
