"""Calls of the checks: the endpoints of the client, with every status and the raw body."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from destination_kit import DeliveryError, Json, JsonObject, Response, TransportError
from destination_kit.verification import Made, Session, UnsettledError
from destinations.qualtrics.responses import as_object
from destinations.qualtrics.settings import api_url

#: Calls that remove a contact without transactions: read it, list its transactions, delete it.
REMOVAL_CALLS: Final = 3
_CODE_KEYS: Final = ("errorCode", "qualtricsErrorCode", "internalErrorCode")
_ID_LENGTH: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeContact(Made):
    """A contact that the run has made, or may have made."""

    #: The field and the value by which a search finds it.
    field_name: str
    value: str
    #: The ids that Qualtrics has returned for it; empty where no response has come yet.
    contact_ids: list[str] = field(default_factory=list)


async def call(session: Session, method: str, *segments: str, **options: Any) -> Response:
    """Send a request below `/API/v3`, and return its response whatever its status is."""
    url = api_url(session.context.settings, *segments)
    return await session.context.http.request(method, url, check=False, **options)


async def call_directory(session: Session, method: str, *segments: str, **options: Any) -> Response:
    """Send a request below the directory of the run."""
    directory_id = session.parameters["directory"]
    return await call(session, method, "directories", directory_id, *segments, **options)


async def post_contact(
    session: Session,
    body: JsonObject,
    *segments: str,
    mark: str = "extRef",
    transactions: int = 0,
) -> Response:
    """Create a contact, in the directory or below `segments`, and note it for removal.

    `mark` is the field of the body that names the run. `transactions` is how many the contact may
    get, which are removed with it.
    """
    value = str(body[mark])
    remedy = f"a contact may be left: search the directory for {mark} {value}, and delete it"
    calls = REMOVAL_CALLS + transactions
    made = MadeContact(remedy=remedy, calls=calls, field_name=mark, value=value)
    session.made.append(made)
    departed = session.departed
    try:
        response = await call_directory(session, "POST", *segments, "contacts", json=body)
    except TransportError as error:
        if not error.outcome_unknown:
            session.made.remove(made)
        raise
    except (DeliveryError, UnsettledError):
        session.made.remove(made)
        raise
    except CancelledError:
        if session.departed == departed:  # nothing has left
            session.made.remove(made)
        raise
    if is_success(response):
        _note_id(session, made, result_text(response, "id"))
    elif response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        session.made.remove(made)
    return response


def _note_id(session: Session, made: MadeContact, contact_id: str) -> None:
    """Note the id of a contact; one that was merged into another contact of the run is that one."""
    for other in list(session.made):
        if isinstance(other, MadeContact) and contact_id in other.contact_ids:
            session.made.remove(other)
    made.contact_ids.append(contact_id)


async def create_contact(
    session: Session, label: str, /, *, transactions: int = 0, **fields: Json
) -> str:
    """Create a contact whose extRef is the run's mark and a label, and return its id."""
    body = {"extRef": f"{session.run_id}-{label}", **fields}
    response = await post_contact(session, body, transactions=transactions)
    require_success(response, "Qualtrics did not create a contact")
    session.memory["has-plain-contact"] = True
    return result_text(response, "id")


async def accepts_contact(session: Session, label: str, /, **fields: Json) -> bool:
    """Return whether Qualtrics creates a contact with these fields; False for a 400."""
    require_plain_contact(session)
    response = await post_contact(session, {"extRef": f"{session.run_id}-{label}", **fields})
    return is_accepted(response, "Qualtrics did not create a contact")


def require_plain_contact(session: Session) -> None:
    """Raise `UnsettledError` unless the run has created a contact with an extRef alone.

    A refusal of any other contact would then say nothing about what makes it different.
    """
    if not session.memory.get("has-plain-contact"):
        raise UnsettledError("no plain contact was created to compare with")


async def fetch_contact(session: Session, contact_id: str) -> Mapping[str, Any]:
    """Return a contact as Qualtrics shows it."""
    response = await call_directory(session, "GET", "contacts", contact_id)
    require_success(response, "a contact that was made cannot be read")
    return as_object(as_object(response.body).get("result"))


async def update_contact(session: Session, contact_id: str, body: JsonObject) -> Response:
    """Update a contact that the run has made."""
    return await call_directory(session, "PUT", "contacts", contact_id, json=body)


async def search(session: Session, field_name: str, value: str) -> list[str]:
    """Return the ids of the contacts that a search finds by a field."""
    body: JsonObject = {"filter": {"filterType": field_name, "comparison": "eq", "value": value}}
    response = await call_directory(
        session, "POST", "contacts", "search", json=body, params={"pageSize": 10}, safe=True
    )
    require_success(response, "the search of contacts was refused")
    return [str(as_object(element).get("id")) for element in result(response)["elements"]]


def unknown_id(session: Session, prefix: str) -> str:
    """Return an id with which Qualtrics has given out nothing, the same one for the same run."""
    return prefix + (session.run_id.rpartition("-")[2] * _ID_LENGTH)[:_ID_LENGTH]


def is_success(response: Response) -> bool:
    """Return whether the status is 2xx."""
    return HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES


def is_accepted(response: Response, problem: str) -> bool:
    """Return True for 2xx and False for 400; raise `UnsettledError` for another status."""
    if response.status == HTTPStatus.BAD_REQUEST:
        return False
    require_success(response, problem)
    return True


def require_success(response: Response, problem: str) -> None:
    """Raise `UnsettledError`, with the status and the code, unless the status is 2xx."""
    if not is_success(response):
        raise UnsettledError(f"{problem}: {describe_error(response)}")


def result(response: Response) -> Mapping[str, Any]:
    """Return the `result` of a response, {} without one."""
    return as_object(as_object(response.body).get("result"))


def result_text(response: Response, key: str) -> str:
    """Return a text of the result; raise `KeyError` where it has none."""
    return str(result(response)[key])


def meta(response: Response) -> JsonObject:
    """Return the `meta` of a response, {} without one."""
    return as_object(as_object(response.body).get("meta"))


def error_code(response: Response) -> str | None:
    """Return the code of an error response, None where it has none."""
    error = as_object(meta(response).get("error"))
    return next((str(error[key]) for key in _CODE_KEYS if error.get(key)), None)


def describe_error(response: Response) -> str:
    """Return the status and the code of an error response."""
    code = error_code(response)
    return f"status {response.status}{f', {code}' if code else ''}"
