"""Pages of a partner's list: requests until the partner names no next page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, TypeAlias, Unpack, cast
from urllib.parse import urljoin, urlsplit

from destination_kit.errors import IntegrationError
from destination_kit.http_interface import Http, RequestOptions, Response

#: Pages of a list that has no end, as far as a caller without `max_pages` reads it.
MAX_PAGES: Final = 100

NextPage: TypeAlias = Callable[[Response], Mapping[str, Any] | None]
"""response -> the options of the next request, with its `url` where it has another; None at the end."""


async def paginate(
    http: Http,
    url: str,
    next_page: NextPage,
    *,
    max_pages: int = MAX_PAGES,
    **options: Unpack[RequestOptions],
) -> AsyncIterator[Response]:
    """Yield the response of each page of a list; the first is that of GET `url`.

    `next_page` returns what changes for the next request: `{"params": {"page": 2}}`, whose
    parameters join those before, or `{"url": URL}`, which has a query of its own. Raises
    `IntegrationError` for a next URL at another host than the first (`HOST_NOT_ALLOWED`), and
    where a page follows the last of `max_pages` (`TOO_MANY_PAGES`).
    """
    first, current = url, cast("dict[str, Any]", dict(options))
    for _ in range(max_pages):
        response = await http.request("GET", url, **cast("RequestOptions", current))
        yield response
        following = next_page(response)
        if following is None:
            return
        changes = dict(following)
        if "url" in changes:
            url = _check_next(first, url, str(changes.pop("url")))
            current.pop("params", None)
        if "params" in changes:
            changes["params"] = {**current.get("params", {}), **changes["params"]}
        current.update(changes)
    message = f"the list has more than {max_pages:,} pages"
    raise IntegrationError(message, "TOO_MANY_PAGES", 400, remedy="code")


def _check_next(first: str, current: str, following: str) -> str:
    """Return the next URL, which may be relative; the client checks it against `hosts` too."""
    # A response must not choose the host that gets the headers of the caller.
    try:
        target = urljoin(current, following)
        is_same = urlsplit(target)[:2] == urlsplit(first)[:2]
    except ValueError:
        is_same = False
    if not is_same:
        message = "the partner's next page is at another host, so it is not requested"
        raise IntegrationError(message, "HOST_NOT_ALLOWED", 400, remedy="code")
    return target
