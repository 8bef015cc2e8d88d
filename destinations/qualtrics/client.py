"""The calls that we make of the Qualtrics API: one function each, typed in and out."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

from destination_kit import Context, HTTPError, IntegrationError, Json, JsonObject, Response
from destinations.qualtrics.responses import (
    Answer,
    as_object,
    explain,
    read_answer,
    refusal,
    request_id,
    unexpected,
)
from destinations.qualtrics.settings import api_host, api_url, check_token
from destinations.qualtrics.workflows import hide_query

UNPROCESSED = "TRANSACTION_UNPROCESSED"
_MOST_PAGES = 100  # Qualtrics itself ends a search after 10,000 contacts, 100 to a page


class Transaction(NamedTuple):
    """`date` is `YYYY-MM-DD HH:MM:SS` in UTC, `data` is flat; a `recalled` contact may be gone."""

    contact_id: str
    mailing_list_id: str
    date: str
    data: JsonObject
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A contact that a search has found; `ext_ref` is "" where it has none."""

    contact_id: str
    ext_ref: str


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token it is ("" where Qualtrics does not say), and what Qualtrics adds to that."""

    user_name: str
    brand: str
    notice: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, and the URL of the next one, None where this is the last."""

    elements: Sequence[JsonObject]
    next_page: str | None


async def whoami(context: Context) -> Account:
    """Return whose API token it is."""
    answer = await _answer(context.http.get(_url(context, "whoami")))
    name, brand = (answer.result.get(key) for key in ("userName", "brandId"))
    return Account(
        name if isinstance(name, str) else "",
        brand if isinstance(brand, str) else "",
        answer.notice,
    )


async def list_directories(context: Context, page: str | None) -> Page:
    """Return the first page of directories, or the page that an earlier one has named."""
    url = _url(context, "directories") if page is None else _same_host(context, page)
    answer = await _answer(context.http.get(url))
    following = answer.result.get("nextPage")
    if not isinstance(following, str) or "://" not in following:
        following = None  # what is no URL is no page: Qualtrics has been seen to say "string"
    return Page(_elements(answer), following and _same_host(context, following))


async def create_contact(context: Context, directory_id: str, contact: JsonObject) -> str:
    """Add a contact to a directory, or merge it into one there; return the contact's id."""
    url = _url(context, "directories", directory_id, "contacts")
    answer = await _answer(context.http.post(url, json=contact))
    return _id(answer.result, "the contact", answer.request_id)


async def update_contact(
    context: Context, directory_id: str, contact_id: str, contact: JsonObject
) -> bool:
    """Lay what is given over a contact; return whether the contact is still there."""
    url = _url(context, "directories", directory_id, "contacts", contact_id)
    return await _is_there(context.http.put(url, json=contact))


async def contact_exists(context: Context, directory_id: str, contact_id: str) -> bool:
    """Return whether a directory has a contact with this id."""
    url = _url(context, "directories", directory_id, "contacts", contact_id)
    return await _is_there(context.http.get(url))


async def search_contacts(
    context: Context, directory_id: str, identity: Mapping[str, str]
) -> tuple[Hit, ...]:
    """Return the contacts with all of these values; from the second one on, not every one.

    `identity` has one to five texts by the name of their filter.
    """
    url = _url(context, "directories", directory_id, "contacts", "search")
    criteria, found = _filter(identity), dict[str, Hit]()
    params: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        answer = await _search(context, url, criteria, params)
        hits = (_hit(element, answer.request_id) for element in _elements(answer))
        found |= {hit.contact_id: hit for hit in hits}
        following = answer.result.get("skipToken")
        if len(found) > 1 or not following:
            return tuple(found.values())
        params = {"skipToken": str(following)}
    raise unexpected("the search does not end", "")


async def create_transactions(
    context: Context, directory_id: str, transactions: Sequence[Transaction]
) -> list[str | IntegrationError]:
    """Add transactions in one call; return the id of each, or why Qualtrics did not take it."""
    from secrets import token_hex

    url = _url(context, "directories", directory_id, "transactions")
    batch = token_hex(12)
    named = {f"{batch}{number:08x}": each for number, each in enumerate(transactions)}
    body = {key: _transaction_body(each) for key, each in named.items()}
    answer = await _answer(context.http.post(url, json=body))
    refused = as_object(answer.result.get("unprocessedTransactions"))
    created = as_object(answer.result.get("createdTransactions"))
    return [
        _refused(refused[key], answer) if key in refused else _created(created.get(key), answer)
        for key in named
    ]


async def start_workflow(context: Context, url: str, payload: JsonObject) -> str:
    """Send a payload to a workflow's URL; return Qualtrics's name for the request, if it has one.

    Any 2xx means that Qualtrics has taken it.
    """
    check_token(context.settings)
    try:
        return hide_query(request_id(await context.http.post(url, json=payload)), url)
    except HTTPError as error:
        raise explain(error, lambda text: hide_query(text, url)) from None


def _url(context: Context, *segments: str) -> str:
    check_token(context.settings)
    return api_url(context.settings, *segments)


async def _answer(call: Awaitable[Response]) -> Answer:
    try:
        return read_answer(await call)
    except HTTPError as error:
        raise explain(error) from None


async def _search(
    context: Context, url: str, criteria: JsonObject, params: Mapping[str, str]
) -> Answer:
    body = {"filter": criteria}
    return await _answer(context.http.post(url, json=body, params=params, safe=True))


def _filter(identity: Mapping[str, str]) -> JsonObject:
    filters: list[JsonObject] = [
        {"filterType": key, "comparison": "eq", "value": value} for key, value in identity.items()
    ]
    # Qualtrics takes a conjunction of two to five filters, so one stands alone.
    return {"conjunction": "and", "filters": filters} if len(filters) > 1 else filters[0]


def _hit(element: JsonObject, request_id: str) -> Hit:
    ext_ref = element.get("externalDataReference")
    contact_id = _id(element, "a contact", request_id)
    return Hit(contact_id, ext_ref if isinstance(ext_ref, str) else "")


async def _is_there(call: Awaitable[Response]) -> bool:
    try:
        await call
    except HTTPError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise explain(error) from None
    return True


def _transaction_body(transaction: Transaction) -> JsonObject:
    body: JsonObject = {
        "contactId": transaction.contact_id,
        "mailingListId": transaction.mailing_list_id,
        "transactionDate": transaction.date,
    }
    return {**body, "data": transaction.data} if transaction.data else body


def _refused(entry: Json, answer: Answer) -> IntegrationError:
    return IntegrationError(
        f"Qualtrics did not take the transaction: {refusal(entry, answer.request_id)}",
        UNPROCESSED,
        HTTPStatus.BAD_REQUEST,
    )


def _created(entry: Json, answer: Answer) -> str | IntegrationError:
    try:
        return _id(as_object(entry), "the transaction", answer.request_id)
    except IntegrationError as error:
        return error


def _id(source: JsonObject, whose: str, request_id: str) -> str:
    found = source.get("id")
    if isinstance(found, str) and found:
        return found
    raise unexpected(f"it names no id of {whose}", request_id)


def _elements(answer: Answer) -> Sequence[JsonObject]:
    elements = answer.result.get("elements")
    if not isinstance(elements, list):
        raise unexpected("it lists no elements", answer.request_id)
    return [as_object(each) for each in elements]


def _same_host(context: Context, page: str) -> str:
    check_token(context.settings)
    if page.startswith(f"https://{api_host(context.settings)}/"):
        return page
    raise IntegrationError(
        "The next page of the list is not on the host of this data center, and the API token stays"
        " there: is Datacenter ID right?",
        "HOST_NOT_ALLOWED",
        HTTPStatus.BAD_REQUEST,
    )
