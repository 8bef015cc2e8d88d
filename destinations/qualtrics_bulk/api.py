"""Client of Qualtrics' bulk imports: a function per call, and errors explained."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from destination_kit import (
    Context,
    DeliveryError,
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
    Json,
    JsonObject,
    PayloadValidationError,
    Response,
    TransportError,
    paginate,
)

#: Seconds for a request that carries up to 5 MB.
_UPLOAD_TIMEOUT: Final = 60.0
# A list of 100 contacts a page (`MailingListContactsApi.java` in
# https://github.com/wtx-labs/qualtrics-api-client-java shows 50) reaches a million members with
# 20,000 pages. The bound ends a list whose pages lead back to each other.
_MAX_PAGES: Final = 100_000
_MAX_ID_LENGTH: Final = 100
_MAX_QUOTED: Final = 500


class Place(NamedTuple):
    """Where an import goes."""

    directory_id: str
    mailing_list_id: str


class JobStatus(NamedTuple):
    """How far a job is."""

    is_finished: bool
    #: Whether Qualtrics gave the job up.
    has_failed: bool
    #: Whether it added, updated and failed nothing at all.
    did_nothing: bool
    #: Whether it created no transaction.
    created_no_transaction: bool


class UnexpectedResponseError(IntegrationError):
    """A 2xx response lacks what the API documents."""

    def __init__(self, problem: str, *, outcome_unknown: bool = False) -> None:
        message = f"The response of Qualtrics is not as documented: {problem}"
        super().__init__(message, "UNEXPECTED_ANSWER", HTTPStatus.BAD_GATEWAY)
        #: Whether the call may have changed something.
        self.outcome_unknown = outcome_unknown


async def create_import(
    context: Context, place: Place, contacts: Sequence[JsonObject], meta: JsonObject | None
) -> tuple[str, frozenset[int]]:
    """Start a job; return its id, and the indexes of the contacts that it leaves out."""
    body: dict[str, Json] = {"contacts": list(contacts)}
    if meta:
        body["transactionMeta"] = meta
    url = _list_url(context, place, "transactioncontacts")
    sending = context.http.post(url, json=body, timeout=_UPLOAD_TIMEOUT)
    result = as_object((await _fetch(sending, writes=True)).get("result"))
    unprocessed = as_object(result.get("contacts")).get("unprocessed")
    indexes = unprocessed if isinstance(unprocessed, list) else []
    left_out = frozenset(index for index in map(_to_index, indexes) if index is not None)
    job_id = result.get("id")
    if isinstance(job_id, str) and job_id:
        return job_id, left_out
    if len(left_out) == len(contacts):
        return "", left_out  # without a contact there may be no job
    raise UnexpectedResponseError("it names no id of the import", outcome_unknown=True)


async def get_status(context: Context, place: Place, job_id: str) -> JobStatus:
    """Return how far a job is."""
    url = _list_url(context, place, "transactioncontacts", job_id)
    return _read_status(as_object((await _fetch(context.http.get(url))).get("result")))


async def list_invalid_emails(context: Context, place: Place, job_id: str) -> frozenset[str]:
    """Return the malformed emails of a job, in lower case."""
    url = _list_url(context, place, "transactioncontacts", job_id, "summary")
    result = as_object((await _fetch(context.http.get(url))).get("result"))
    emails = result.get("invalidEmails")
    return (
        frozenset(str(email).casefold() for email in emails if isinstance(email, str))
        if (isinstance(emails, list))
        else frozenset()
    )


async def read_report(
    context: Context, place: Place, job_id: str
) -> AsyncIterator[tuple[int, JsonObject]]:
    """Yield (index, result) of each contact of a finished job."""
    # The vendor's model has `results.importReportEntries` and `skipToken` beside it
    # (`GetImportReportResponse.java` in https://github.com/wtx-labs/qualtrics-api-client-java).
    # Every other list of the API has `result.elements` and `nextPage`, so both are read.
    url = _directory_url(
        context, place.directory_id, "imports", "api-import", "jobs", job_id, "report"
    )
    async for body in _list_pages(context, url, {}):
        page = as_object(body.get("results")) or as_object(body.get("result"))
        entries = page.get("importReportEntries", page.get("elements"))
        if not isinstance(entries, list):
            raise UnexpectedResponseError("the report lists no contacts")
        for entry_of_row in map(as_object, entries):
            index = _to_index(entry_of_row.get("sourceIndexId"))
            if index is not None:
                yield index, entry_of_row


async def list_members(
    context: Context, place: Place, *, with_embedded_data: bool
) -> AsyncIterator[JsonObject]:
    """Yield the members of a mailing list."""
    params = {"includeEmbedded": True} if with_embedded_data else {}
    async for body in _list_pages(context, _list_url(context, place, "contacts"), params):
        for member in _elements(body):
            yield member


async def list_batch_transactions(
    context: Context, directory_id: str, batch_id: str
) -> AsyncIterator[JsonObject]:
    """Yield the transactions of a transaction batch."""
    url = _directory_url(context, directory_id, "transactionbatches", batch_id, "transactions")
    async for body in _list_pages(context, url, {}):
        for transaction in _elements(body):
            yield transaction


async def list_directories(context: Context) -> AsyncIterator[JsonObject]:
    """Yield the directories that the token may see."""
    async for body in _list_pages(context, _url(context, "directories"), {}):
        for directory in _elements(body):
            yield directory


async def create_batch(context: Context, directory_id: str, date: str) -> str:
    """Create an empty transaction batch; return its id."""
    # Public clients call the date `creationDate` and `createdDate`. No public source has the
    # vendor's own name.
    url = _directory_url(context, directory_id, "transactionbatches")
    body: JsonObject = {"transactionIds": [], "creationDate": date}
    result = as_object((await _fetch(context.http.post(url, json=body), writes=True)).get("result"))
    batch_id = result.get("id")
    if isinstance(batch_id, str) and batch_id:
        return batch_id
    raise UnexpectedResponseError("it names no id of the transaction batch", outcome_unknown=True)


async def get_page(
    context: Context, page: str | None, *segments: str
) -> tuple[Sequence[JsonObject], str | None]:
    """Return the elements of one page of a list, and the URL of the next; None on the last."""
    body = await _fetch(context.http.get(page or _url(context, *segments)))
    return _elements(body), _next_url(as_object(body.get("result")))


def as_object(value: object) -> JsonObject:
    """Return an object as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def explain(error: HTTPError) -> DeliveryError:
    """Return the error with the message, code and request id of Qualtrics."""
    meta = as_object(as_object(error.body).get("meta"))
    cause = as_object(meta.get("error"))
    code, request_id = cause.get("errorCode"), meta.get("requestId")
    text = str(cause.get("errorMessage") or "it does not say why")[:_MAX_QUOTED]
    details = {"errorCode": code, "requestId": request_id, "notice": meta.get("notice")}
    listed = ", ".join(f"{name} {value}" for name, value in details.items() if value)
    message = f"{error}: {text}" + (f" ({listed[:_MAX_QUOTED]})" if listed else "")
    # A live request without a token got 400 and this code (apps/qualtrics/README.md in
    # https://github.com/w6w-io/w6w-apps).
    if error.status == HTTPStatus.UNAUTHORIZED or code == "ATP_2":
        return InvalidAuthenticationError(f"Qualtrics does not accept the API token: {message}")
    # The notice names the data center to set, so a mended setting delivers the rows.
    is_misdirected = bool(meta.get("notice")) and not error.retryable
    return HTTPError(
        message,
        error.status,
        retry_after=error.retry_after,
        outcome_unknown=error.outcome_unknown,
        remedy="settings" if is_misdirected else error.remedy,
    )


async def _fetch(sending: Awaitable[Response], *, writes: bool = False) -> JsonObject:
    try:
        response = await sending
    except HTTPError as error:
        raise explain(error) from None
    if isinstance(response.body, Mapping):
        return response.body
    raise UnexpectedResponseError("it is no JSON object", outcome_unknown=writes)


async def _list_pages(
    context: Context, url: str, params: Mapping[str, str | int | bool]
) -> AsyncIterator[JsonObject]:
    """Yield the body of each page of a list."""
    pages = paginate(context.http, url, _next_page, max_pages=_MAX_PAGES, params=params)
    try:
        async for response in pages:
            yield as_object(response.body)
    except HTTPError as error:
        raise explain(error) from None


def _next_page(response: Response) -> Mapping[str, Any] | None:
    body = as_object(response.body)
    result = as_object(body.get("result"))
    if next_url := _next_url(result):
        return {"url": next_url}
    token = body.get("skipToken") or result.get("skipToken")
    return {"params": {"skipToken": str(token)}} if token else None


def _next_url(result: JsonObject) -> str | None:
    # The last page may have the text "string" in place of a URL: the R client qualtRics tests for
    # it (R/all_surveys.R in https://github.com/ropensci/qualtRics).
    next_url = result.get("nextPage")
    return next_url if isinstance(next_url, str) and "://" in next_url else None


def _elements(body: JsonObject) -> Sequence[JsonObject]:
    elements = as_object(body.get("result")).get("elements")
    if not isinstance(elements, list):
        raise UnexpectedResponseError("it lists no elements")
    return [as_object(record) for record in elements]


def _read_status(result: JsonObject) -> JobStatus:
    # No public source lists the spellings: one client waits for `complete`, another for 100 %.
    status = str(result.get("status", "")).casefold()
    has_failed = status.startswith(("fail", "error", "cancel", "abort"))
    percent = result.get("percentComplete")
    is_whole = isinstance(percent, int | float) and percent >= 100  # noqa: PLR2004 - percent
    contacts = _counts(result, "contacts")
    transactions = _counts(result, "transactions")
    return JobStatus(
        is_finished=is_whole or has_failed or status.startswith(("complete", "finish", "success")),
        has_failed=has_failed,
        did_nothing=bool(contacts) and not any((*contacts, *transactions)),
        created_no_transaction=bool(transactions) and not any(transactions),
    )


def _counts(result: JsonObject, name: str) -> Sequence[int]:
    counts = as_object(as_object(result.get(name)).get("count")).values()
    return [count for count in counts if isinstance(count, int)]


def _to_index(value: Json) -> int | None:
    """Return an index that is a number, or the text of one as the vendor's model has it."""
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None


def _list_url(context: Context, place: Place, *segments: str) -> str:
    return _directory_url(
        context, place.directory_id, "mailinglists", place.mailing_list_id, *segments
    )


def _directory_url(context: Context, directory_id: str, *segments: str) -> str:
    return _url(context, "directories", directory_id, *segments)


def _url(context: Context, *segments: str) -> str:
    host = f"{str(context.settings['datacenter']).strip().lower()}.qualtrics.com"
    return "/".join((f"https://{host}/API/v3", *map(_segment, segments)))


def _segment(text: str) -> str:
    # `quote` leaves `..` as it is, and an HTTP library resolves it: the call would go to another
    # resource. An empty id would name the list in place of a member.
    if not text.strip(".") or len(text) > _MAX_ID_LENGTH or not text.isascii():
        raise PayloadValidationError(f"{text[:_MAX_ID_LENGTH]!r} is not the id of anything.")
    return quote(text, safe="")


def is_certain(error: BaseException) -> bool:
    """Return whether an error shows that an import did not start."""
    if not isinstance(error, DeliveryError):
        return False
    return not getattr(error, "outcome_unknown", False) and not _was_accepted(error)


def _was_accepted(error: DeliveryError) -> bool:
    status = error.received_status if isinstance(error, TransportError) else None
    return status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
