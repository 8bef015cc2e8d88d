"""Checks of the account: data centers, errors, rate limits, pages, and workflows."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from destination_kit import Json, JsonObject, Response
from destination_kit.verification import Session, UnsettledError
from destinations.qualtrics.authentication import find_recommended_host
from destinations.qualtrics.settings import api_host
from destinations.qualtrics.verification import api

_TOO_MANY_REQUESTS: Final = 429
#: Reads of an export that does not exist; Qualtrics allows ten of them a minute.
EXPORT_READS: Final = 12


async def check_notice(session: Session) -> Json:
    """Return the data center that a proxy notice recommends, or `none`."""
    notice = api.meta(session.memory["whoami"]).get("notice")
    host = find_recommended_host(str(notice or ""))
    if not notice or host == api_host(session.context.settings):
        return "none"
    return _data_center(host) if host else "a notice without a host"


def configure_notice(seen: Json) -> JsonObject:
    """Return the data centers of a simulator that proxies iad1 where another was recommended."""
    if seen in {"none", "a notice without a host"}:
        return {}
    return {"dataCenters": {"home": str(seen), "proxied": ["iad1"]}}


async def check_whoami(session: Session) -> Json:
    """Return whether whoami names the data center that serves the account."""
    notice = str(api.meta(session.memory["whoami"]).get("notice") or "")
    host = find_recommended_host(notice) or api_host(session.context.settings)
    named = api.result(session.memory["whoami"]).get("datacenter")
    return "same" if named == _data_center(host) else "another"


def configure_whoami(seen: Json) -> JsonObject:
    """Return the option of a simulator whose whoami names another data center."""
    return {"dataCenters": {"whoami": "az1" if seen == "another" else None}}


async def check_unknown_token(session: Session) -> Json:
    """Return the status and the code of a request with a token that Qualtrics does not know."""
    headers = {"X-API-TOKEN": f"{session.run_id}-no-token"}
    return _refusal(await api.call(session, "GET", "whoami", headers=headers))


def configure_unknown_token(seen: Json) -> JsonObject:
    """Return the option of the code."""
    return {"errors": {"unauthorized": _code(seen)}}


async def check_missing_contact(session: Session) -> Json:
    """Return the status and the code of a contact that does not exist."""
    return _refusal(await _fetch_missing(session))


def configure_missing_contact(seen: Json) -> JsonObject:
    """Return the option of the code."""
    return {"errors": {"notFound": _code(seen)}}


async def check_invalid_filter(session: Session) -> Json:
    """Return the status and the code of a search with a filter that Qualtrics documents as wrong."""
    body: JsonObject = {"filter": {"filterType": "dkit", "comparison": "eq", "value": "1"}}
    return _refusal(
        await api.call_directory(session, "POST", "contacts", "search", json=body, safe=True)
    )


def configure_invalid_filter(seen: Json) -> JsonObject:
    """Return the option of the code."""
    return {"errors": {"validation": _code(seen)}}


async def check_unknown_directory(session: Session) -> Json:
    """Return the status of a directory that does not exist, with the code of a 403."""
    directory_id = api.unknown_id(session, "POOL_")
    refusal = _refusal(await api.call(session, "GET", "directories", directory_id, "mailinglists"))
    return refusal if refusal["status"] == 403 else {"status": refusal["status"]}  # noqa: PLR2004 - RFC 9110, 15.5.4


def configure_unknown_directory(seen: Json) -> JsonObject:
    """Return the options of the status and of the code of a 403."""
    status = seen.get("status") if isinstance(seen, dict) else None
    if status == 403:  # noqa: PLR2004 - RFC 9110, 15.5.4
        return {"errors": {"unknownDirectoryStatus": status, "forbidden": _code(seen)}}
    return {"errors": {"unknownDirectoryStatus": 404}}


async def check_error_shape(session: Session) -> Json:
    """Return whether error bodies have the older keys."""
    meta = api.meta(await _fetch_missing(session))
    return "httpStatus" not in meta and "status" in meta


async def check_request_ids(session: Session) -> Json:
    """Return whether the ids of requests are empty."""
    return not api.meta(session.memory["whoami"]).get("requestId")


async def check_retry_after(session: Session) -> Json:
    """Return the form of the header Retry-After: `seconds`, `date` or `none`."""
    text = (await _refused_by_rate(session)).headers.get("retry-after", "")
    if not text:
        return "none"
    return "seconds" if text.replace(".", "", 1).isdecimal() else "date"


async def check_rate_code(session: Session) -> Json:
    """Return the code of a 429."""
    return api.error_code(await _refused_by_rate(session))


async def check_last_page(session: Session) -> Json:
    """Return the `nextPage` of a last page: `null`, `absent` or `placeholder`."""
    page = api.result(session.memory["lists"])
    next_page = page.get("nextPage")
    if isinstance(next_page, str) and "://" in next_page:
        raise UnsettledError("the directory has more mailing lists than a page holds")
    if isinstance(next_page, str):
        return "placeholder"
    return "null" if "nextPage" in page else "absent"


async def check_page_size(session: Session) -> Json:
    """Return whether a page size over the largest one is refused, or the largest one taken."""
    response = await api.call_directory(
        session, "GET", "mailinglists", params={"pageSize": 100_000}
    )
    return "clamp" if api.is_accepted(response, "the mailing lists were refused") else "refuse"


async def check_next_host(session: Session) -> Json:
    """Return whether the URL of a next page is on the host of the request."""
    response = await api.call_directory(session, "GET", "contacts", params={"pageSize": 1})
    api.require_success(response, "the list of contacts was refused")
    next_page = api.result(response).get("nextPage")
    if not isinstance(next_page, str) or "://" not in next_page:
        raise UnsettledError("the directory has no second page of contacts")
    return "same" if urlsplit(next_page).netloc == api_host(session.context.settings) else "another"


def configure_next_host(seen: Json) -> JsonObject:
    """Return the option of a simulator whose next pages are on another host."""
    return {"pages": {"nextHost": None if seen == "same" else "other.qualtrics.com"}}


async def check_workflow(session: Session) -> Json:
    """Return the status and the kind of body of a workflow's response."""
    url = _find_workflow(session)
    if url is None:
        raise UnsettledError("no subscription of the instance names a workflow")
    response = await session.context.http.post(url, json={"madeBy": session.run_id}, check=False)
    api.require_success(response, "the workflow refused the event")
    return {"status": response.status, "body": "envelope" if api.meta(response) else "empty"}


def configure_workflow(seen: Json) -> JsonObject:
    """Return the options of the response."""
    return {"workflow": seen}


def _find_workflow(session: Session) -> str | None:
    for subscription in session.subscriptions:
        url = subscription.mapping.get("workflowUrl")
        if isinstance(url, str) and url:
            return url
    return None


async def _fetch_missing(session: Session) -> Response:
    response: Response | None = session.memory.get("missing")
    if response is None:
        contact_id = api.unknown_id(session, "CID_")
        response = await api.call_directory(session, "GET", "contacts", contact_id)
        session.memory["missing"] = response
    return response


async def _refused_by_rate(session: Session) -> Response:
    """Return a 429: the first one of the run, or else that of too many reads of an export."""
    for _ in range(EXPORT_READS):
        if refused := _find_refused_by_rate(session):
            return refused
        if session.memory.get("exports-read"):
            break
        export_id = api.unknown_id(session, "EX_")
        await api.call_directory(session, "GET", "export-contacts", export_id)
    session.memory["exports-read"] = True
    if refused := _find_refused_by_rate(session):
        return refused
    raise UnsettledError("Qualtrics refused no call because of its rate")


def _find_refused_by_rate(session: Session) -> Response | None:
    responses = (exchange.response for exchange in session.exchanges)
    return next((each for each in responses if each.status == _TOO_MANY_REQUESTS), None)


def _refusal(response: Response) -> dict[str, Json]:
    return {"status": response.status, "code": api.error_code(response)}


def _code(seen: Json) -> Json:
    return seen.get("code") if isinstance(seen, dict) else None


def _data_center(host: str) -> str:
    """Return the data center of a host, without the brand before it."""
    return host.removesuffix(".qualtrics.com").rpartition(".")[2]
