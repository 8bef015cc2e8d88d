"""Client of the Qualtrics API v3: one typed function per call."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple

from destination_kit import (
    Context,
    HTTPError,
    IntegrationError,
    Json,
    JsonObject,
    Response,
    TransportError,
)
from destinations.qualtrics.responses import (
    ApiResult,
    as_object,
    describe_refusal,
    explain_http_error,
    is_success,
    parse_result,
    read_request_id,
    unexpected_response,
)
from destinations.qualtrics.settings import api_host, api_url, check_token
from destinations.qualtrics.workflows import redact_query

UNPROCESSED: Final = "TRANSACTION_UNPROCESSED"
# A search whose pages lead back to each other would never end. Qualtrics refuses pages beyond the
# first 10,000 contacts (https://api.qualtrics.com/c79e78a949572-search-directory-contacts), which
# are 100 pages of 100.
_MAX_SEARCH_PAGES: Final = 100
# A listing whose pages lead back to each other would never end. 100 pages are 10,000 transactions.
_MAX_TRANSACTION_PAGES: Final = 100


class Transaction(NamedTuple):
    """A transaction of a contact, ready to be sent."""

    contact_id: str
    mailing_list_id: str
    #: `YYYY-MM-DD HH:MM:SS` in UTC.
    date: str
    #: Texts, numbers and booleans by name.
    data: JsonObject
    #: Whether the contact's id comes from the cache, so that the contact may have been deleted.
    contact_is_cached: bool = False
    #: Whether this attempt has created the contact.
    contact_is_new: bool = False


class ListedTransaction(NamedTuple):
    """A transaction of a contact's listing."""

    transaction_id: str
    mailing_list_id: Json
    date: Json
    data: JsonObject


@dataclass(frozen=True, slots=True)
class ContactRef:
    """A contact of a directory."""

    contact_id: str
    #: The external data reference, "" where the contact has none; `compact` where the contact comes
    #: from the cache.
    ext_ref: str | bytes


@dataclass(frozen=True, slots=True)
class Account:
    """The owner of an API token; texts are "" where Qualtrics does not name them."""

    user_name: str
    brand: str
    #: A notice of the response, such as a recommendation of another host.
    notice: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    elements: Sequence[JsonObject]
    #: The URL of the next page, or the token of a search's next page; None on the last one.
    next_page: str | None


async def whoami(context: Context) -> Account:
    """Return the owner of the API token."""
    response = await _fetch(context.http.get(_url(context, "whoami")))
    user_name, brand = (response.result.get(key) for key in ("userName", "brandId"))
    return Account(
        user_name if isinstance(user_name, str) else "",
        brand if isinstance(brand, str) else "",
        response.notice,
    )


async def list_directories(context: Context, page: str | None) -> Page:
    """Return the first page of directories, or the page at the URL `page`."""
    return await _list_page(context, page, "directories")


async def list_mailing_lists(context: Context, directory_id: str, page: str | None) -> Page:
    """Return the first page of a directory's mailing lists, or the page at the URL `page`."""
    return await _list_page(context, page, "directories", directory_id, "mailinglists")


async def list_contacts(context: Context, directory_id: str, page: str | None) -> Page:
    """Return the first page of a directory's contacts, or the page at the URL `page`."""
    return await _list_page(context, page, "directories", directory_id, "contacts")


async def search_page(
    context: Context,
    directory_id: str,
    contact_filter: JsonObject,
    skip_token: str | None,
    **params: bool,
) -> Page:
    """Return a page of the contacts that pass a filter; `includeEmbedded=True` adds their data."""
    url = _url(context, "directories", directory_id, "contacts", "search")
    query = {name: str(value).lower() for name, value in params.items()}
    if skip_token:
        query["skipToken"] = skip_token
    body = {"filter": contact_filter}
    response = await _fetch(context.http.post(url, json=body, params=query, safe=True))
    next_token = response.result.get("skipToken")
    return Page(_elements(response), str(next_token) if next_token else None)


async def get_contact(context: Context, directory_id: str, contact_id: str) -> JsonObject | None:
    """Return a contact, None where the directory has none with this id."""
    url = _url(context, "directories", directory_id, "contacts", contact_id)
    try:
        return (await _fetch(context.http.get(url))).result
    except HTTPError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise


async def create_contact(context: Context, directory_id: str, contact: JsonObject) -> str:
    """Create a contact, or merge it by the directory's deduplication rules; return its id."""
    url = _url(context, "directories", directory_id, "contacts")
    response = await _fetch(context.http.post(url, json=contact), writes=True)
    return _require_id(response.result, "the contact", response)


async def update_contact(
    context: Context, directory_id: str, contact_id: str, contact: JsonObject
) -> bool:
    """Overwrite the given fields of a contact; return False where the contact does not exist."""
    url = _url(context, "directories", directory_id, "contacts", contact_id)
    return await _exists(context.http.put(url, json=contact))


async def contact_exists(context: Context, directory_id: str, contact_id: str) -> bool:
    """Return whether a directory has a contact with this id."""
    url = _url(context, "directories", directory_id, "contacts", contact_id)
    return await _exists(context.http.get(url))


async def search_contacts(
    context: Context, directory_id: str, identifiers: Mapping[str, str]
) -> tuple[ContactRef, ...]:
    """Return contacts that have all identifiers: none, the only one, or at least two of them.

    `identifiers` has one to five texts by filter type: `extRef`, `phone`, `email`.
    """
    url = _url(context, "directories", directory_id, "contacts", "search")
    body = {"filter": equality_filter(identifiers)}
    contacts, params = dict[str, ContactRef](), dict[str, str]()
    for _ in range(_MAX_SEARCH_PAGES):
        # Without `safe`, the HTTP client takes a POST for a write. A search without a response
        # would then end with an unknown outcome, although it changes nothing.
        response = await _fetch(context.http.post(url, json=body, params=params, safe=True))
        page = (_contact_ref(hit, response) for hit in _elements(response))
        contacts |= {contact.contact_id: contact for contact in page}
        skip_token = response.result.get("skipToken")
        # Two contacts make an identifier as ambiguous as a hundred do. Each further page would use
        # up one of the brand's 500 searches a minute
        # (https://api.qualtrics.com/a5e9a1a304902-limits).
        if len(contacts) > 1 or not skip_token:
            return tuple(contacts.values())
        params = {"skipToken": str(skip_token)}
    raise unexpected_response("the search does not end", response)


async def create_transactions(
    context: Context, directory_id: str, transactions: Sequence[Transaction]
) -> list[str | IntegrationError]:
    """Create transactions in one call; return the id or the error of each, in the same order."""
    url = _url(context, "directories", directory_id, "transactions")
    body = _transactions_body(transactions)
    response = await _fetch(context.http.post(url, json=body), writes=True)
    # A 200 response may list transactions that Qualtrics did not create
    # (`CreateContactTransactionResponse` in the reference's qualtricsApiClient.ts). The reference
    # does not read that list, so it reports lost transactions as delivered.
    refused = as_object(response.result.get("unprocessedTransactions"))
    created = as_object(response.result.get("createdTransactions"))
    return [
        _refusal_error(refused[temporary_id], response)
        if temporary_id in refused
        else _created_id(created.get(temporary_id), response)
        for temporary_id in body
    ]


async def list_transactions(
    context: Context, directory_id: str, contact_id: str
) -> Sequence[ListedTransaction]:
    """Return all transactions of a contact."""
    segments = ("directories", directory_id, "contacts", contact_id, "transactions")
    transactions, page = list[ListedTransaction](), None
    for _ in range(_MAX_TRANSACTION_PAGES):
        listed = await _list_page(context, page, *segments)
        transactions += map(_listed_transaction, listed.elements)
        page = listed.next_page
        if page is None:
            break
    return transactions


async def delete_contact(context: Context, directory_id: str, contact_id: str) -> bool:
    """Delete a contact from a directory and its lists; return False where it does not exist."""
    url = _url(context, "directories", directory_id, "contacts", contact_id)
    return await _exists(context.http.delete(url))


async def start_workflow(context: Context, url: str, payload: JsonObject) -> str:
    """Send a payload to a workflow's URL; return the partner's request id, "" where it has none.

    Any 2xx means that Qualtrics has taken the payload; how the run ends is not reported.
    """
    check_token(context.settings)
    try:
        return redact_query(read_request_id(await context.http.post(url, json=payload)), url)
    except HTTPError as error:
        raise explain_http_error(error, lambda text: redact_query(text, url)) from None
    except TransportError as error:
        if not is_success(error.received_status):
            raise
        return ""  # the payload is taken, and a second attempt would start the workflow twice


def _url(context: Context, *segments: str) -> str:
    check_token(context.settings)
    return api_url(context.settings, *segments)


async def _list_page(context: Context, page: str | None, *segments: str) -> Page:
    url = _url(context, *segments) if page is None else _require_own_host(context, page)
    response = await _fetch(context.http.get(url))
    next_page = response.result.get("nextPage")
    # The last page may have the text "string" in place of a URL: the R client qualtRics tests for
    # it (R/all_surveys.R in https://github.com/ropensci/qualtRics). `_require_own_host` would
    # refuse it as a URL of another host.
    if not isinstance(next_page, str) or "://" not in next_page:
        return Page(_elements(response), None)
    return Page(_elements(response), _require_own_host(context, next_page))


async def _fetch(call: Awaitable[Response], *, writes: bool = False) -> ApiResult:
    try:
        return parse_result(await call, writes=writes)
    except HTTPError as error:
        raise explain_http_error(error) from None


async def _exists(call: Awaitable[Response]) -> bool:
    try:
        await call
    except HTTPError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return False
        raise explain_http_error(error) from None
    except TransportError as error:
        if not is_success(error.received_status):
            raise
    return True


def equality_filter(identifiers: Mapping[str, str]) -> JsonObject:
    """Return the filter of the contacts that have all identifiers."""
    filters: list[JsonObject] = [
        {"filterType": name, "comparison": "eq", "value": value}
        for name, value in identifiers.items()
    ]
    # Qualtrics allows a conjunction of two to five filters, so a single filter stands alone
    # (https://api.qualtrics.com/c79e78a949572-search-directory-contacts).
    return {"conjunction": "and", "filters": filters} if len(filters) > 1 else filters[0]


def _contact_ref(element: JsonObject, response: ApiResult) -> ContactRef:
    # Filters and writes say `extRef`, but search results say `externalDataReference`
    # (`ElementsInner1.java` in https://github.com/wtx-labs/qualtrics-api-client-java). With
    # `extRef`, no contact would seem to have one.
    ext_ref = element.get("externalDataReference")
    contact_id = _require_id(element, "a contact", response)
    return ContactRef(contact_id, ext_ref if isinstance(ext_ref, str) else "")


def _listed_transaction(element: JsonObject) -> ListedTransaction:
    # Connectors read `transactionId` (tap_qualtrics/schemas/contact_transactions.json in
    # https://github.com/singer-io/tap-qualtrics).
    transaction_id = element.get("transactionId") or element.get("id")
    return ListedTransaction(
        str(transaction_id),
        element.get("mailingListId"),
        element.get("transactionDate"),
        as_object(element.get("data")),
    )


def _transactions_body(transactions: Sequence[Transaction]) -> JsonObject:
    """Return transactions by temporary ids, under which the response lists their results."""
    # At the top of the module, `secrets` would delay commands that send nothing, such as `dkit
    # list`, by 3 ms.
    from secrets import token_hex

    # `random` would give the same ids to two processes that use the same seed. No public source
    # says whether Qualtrics accepts an id twice.
    batch_id = token_hex(12)
    return {
        f"{batch_id}{index:08x}": _transaction_body(transaction)
        for index, transaction in enumerate(transactions)
    }


def _transaction_body(transaction: Transaction) -> JsonObject:
    # The reference sends `data` even where it is empty, so Qualtrics is known to take it. Without
    # it the entry would be one that no public client sends.
    return {
        "contactId": transaction.contact_id,
        "mailingListId": transaction.mailing_list_id,
        "data": transaction.data,
        "transactionDate": transaction.date,
    }


def _refusal_error(refusal: Json, response: ApiResult) -> IntegrationError:
    return IntegrationError(
        f"Qualtrics did not take the transaction: {describe_refusal(refusal, response)}",
        UNPROCESSED,
        HTTPStatus.BAD_REQUEST,
    )


def _created_id(created: Json, response: ApiResult) -> str | IntegrationError:
    try:
        return _require_id(as_object(created), "the transaction", response)
    except IntegrationError as error:
        return error


def _require_id(source: JsonObject, owner: str, response: ApiResult) -> str:
    identifier = source.get("id")
    if isinstance(identifier, str) and identifier:
        return identifier
    raise unexpected_response(f"it names no id of {owner}", response)


def _elements(response: ApiResult) -> Sequence[JsonObject]:
    elements = response.result.get("elements")
    if not isinstance(elements, list):
        raise unexpected_response("it lists no elements", response)
    return [as_object(record) for record in elements]


def _require_own_host(context: Context, page_url: str) -> str:
    """Return the URL; raise `IntegrationError` where it leads the token to another host."""
    check_token(context.settings)
    if page_url.startswith(f"https://{api_host(context.settings)}/"):
        return page_url
    raise IntegrationError(
        "The next page of the list is not on the host of this data center, and the API token stays"
        " there: check the setting Datacenter ID.",
        "HOST_NOT_ALLOWED",
        HTTPStatus.BAD_REQUEST,
        remedy="settings",
    )
