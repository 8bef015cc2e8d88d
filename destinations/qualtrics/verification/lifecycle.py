"""Start and end of a run: the parameters are checked, and what the run has made is removed."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, Literal

from destination_kit import Response
from destination_kit.verification import Made, PreparationError, Session, UnsettledError
from destinations.qualtrics.deduplication_criteria import read_criteria
from destinations.qualtrics.responses import as_object
from destinations.qualtrics.verification import api

#: The most calls of `prepare`.
PREPARE_CALLS: Final = 4
#: Pauses before the searches for a contact whose creation got no response, in seconds.
_PAUSES: Final = (0.0, 2.0, 10.0)
# A clock may differ from that of Qualtrics. A contact of somebody else is older than this anyway,
# unless it was made while the run was.
_OLDEST: Final = 600.0


async def prepare(session: Session) -> None:
    """Check the token, the directory and the mailing list by reads."""
    whoami = await api.call(session, "GET", "whoami")
    _require(whoami, "Qualtrics does not accept the API token")
    lists = await api.call_directory(session, "GET", "mailinglists")
    _require(lists, f"the directory {session.parameters['directory']} cannot be used")
    members = await api.call_directory(
        session, "GET", "mailinglists", session.parameters["list"], "contacts"
    )
    _require(members, f"the mailing list {session.parameters['list']} cannot be used")
    session.memory |= {"whoami": whoami, "lists": lists, "criteria": (), "is_listed": False}
    directories = await api.call(session, "GET", "directories")
    for directory in api.result(directories).get("elements") or ():
        if directory.get("directoryId") == session.parameters["directory"]:
            criteria = read_criteria(directory)
            names = tuple(name for name, is_used in criteria.items() if is_used)
            reported = as_object(directory.get("deduplicationCriteria"))
            others = tuple(name for name in ("firstName", "lastName") if reported.get(name))
            session.memory |= {"criteria": (*names, *others), "is_listed": True}


async def clean_up(session: Session) -> None:
    """Delete each contact of the run with its transactions; what is left stays in `made`."""
    for made in list(session.made):
        if not isinstance(made, api.MadeContact):
            continue
        contact_ids = made.contact_ids or await _find(session, made)
        states = [await _remove(session, contact_id) for contact_id in contact_ids]
        if "older" in states:
            # To delete this contact would be to delete a person's.
            remedy = (
                f"a contact that is older than the run has {made.field_name} {made.value} now: a"
                " rule of the directory has merged them; restore its fields, and do not delete it"
            )
            session.made[session.made.index(made)] = Made(remedy=remedy)
        elif states and set(states) == {"gone"}:
            session.made.remove(made)
        # Without an id, the contact may still turn up, so its remedy stays.


async def _find(session: Session, made: api.MadeContact) -> list[str]:
    """Return the ids of a contact whose creation got no response."""
    for pause in _PAUSES:
        await session.options.sleep(pause)
        try:
            if found := await api.search(session, made.field_name, made.value):
                return found
        except UnsettledError:
            return []
    return []


async def _remove(session: Session, contact_id: str) -> Literal["gone", "left", "older"]:
    """Delete a contact and its transactions, unless it is older than the run."""
    response = await api.call_directory(session, "GET", "contacts", contact_id)
    if response.status == HTTPStatus.NOT_FOUND:
        return "gone"
    if not api.is_success(response):
        return "left"
    if not _is_new(session, api.result(response)):
        return "older"
    await _remove_transactions(session, contact_id)
    deleted = await api.call_directory(session, "DELETE", "contacts", contact_id)
    is_gone = api.is_success(deleted) or deleted.status == HTTPStatus.NOT_FOUND
    return "gone" if is_gone else "left"


def _is_new(session: Session, contact: Any) -> bool:
    """Return whether the contact is not older than the run.

    A directory may have a rule that merged what the run sent into a contact of somebody else.
    """
    created = contact.get("creationDate")
    start = session.context.received_at.timestamp()
    return not isinstance(created, int | float) or created / 1000 > start - _OLDEST


async def _remove_transactions(session: Session, contact_id: str) -> None:
    """Delete the transactions of a contact; those that cannot be listed go with the contact."""
    listed = await api.call_directory(session, "GET", "contacts", contact_id, "transactions")
    for transaction in api.result(listed).get("elements") or ():
        transaction_id = as_object(transaction).get("transactionId") or transaction.get("id")
        if isinstance(transaction_id, str):
            await api.call_directory(session, "DELETE", "transactions", transaction_id)


def _require(response: Response, problem: str) -> None:
    if not api.is_success(response):
        raise PreparationError(f"{problem}: {api.describe_error(response)}")
