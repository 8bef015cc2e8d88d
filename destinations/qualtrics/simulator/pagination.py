"""Pagination of listings: page sizes, cursors and the URL of the next page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from destinations.qualtrics.simulator.requests import parse_boolean_parameter
from destinations.qualtrics.simulator.responses import ApiError, ApiResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from destinations.qualtrics.simulator.json_types import Json
    from destinations.qualtrics.simulator.requests import ApiRequest
    from destinations.qualtrics.simulator.world import World

Record = TypeVar("Record")

_PLACEHOLDER = "string"
# `int` raises ValueError for more than 4,300 digits, which would become a status 500. Nine digits
# count up to a billion records, more than fit into memory.
_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a listing."""

    start: int
    size: int

    @property
    def end(self) -> int:
        """The start of the next page."""
        return self.start + self.size

    def select(self, records: Iterable[Record]) -> list[Record]:
        """Return the records on this page."""
        return list(islice(records, self.start, self.end))


def parse_page(world: World, request: ApiRequest, max_size: int) -> Page:
    """Return the page that `pageSize` and `skipToken` ask for; the default size is the largest.

    Raises:
        ApiError: One of the two is not valid (400).

    """
    text = request.query.get("pageSize", str(max_size))
    size = int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else 0
    if size < 1 or (size > max_size and world.config.pages.oversize == "refuse"):
        raise ApiError(400, f"pageSize must be a number from 1 to {max_size}.")
    start = _parse_skip_token(request.query.get("skipToken", "0"))
    return Page(start, min(size, max_size))


def encode_cursor(start: int) -> str:
    """Return an opaque `skipToken` for a page that begins at `start`."""
    return base64.urlsafe_b64encode(f"at:{start}".encode()).decode().rstrip("=")


def list_page(
    world: World,
    request: ApiRequest,
    records: Collection[Record],
    render: Callable[[Record], Json],
    max_size: int,
) -> ApiResult:
    """Return a page of a listing: the rendered `elements` and the URL of the `nextPage`."""
    page = parse_page(world, request, max_size)
    elements = [render(record) for record in page.select(records)]
    if page.end < len(records):
        next_page = _render_next_url(world, request, page.end)
        return ApiResult({"elements": elements, "nextPage": next_page})
    last = world.config.pages.last
    if last == "absent":
        return ApiResult({"elements": elements})
    return ApiResult(
        {"elements": elements, "nextPage": _PLACEHOLDER if last == "placeholder" else None}
    )


def _parse_skip_token(token: str) -> int:
    text = token if token.isdecimal() else _decode_cursor(token)
    if not text.isdecimal() or len(text) > _MAX_DIGITS:
        raise ApiError(400, "The skipToken is not valid.")
    return int(text)


def _decode_cursor(cursor: str) -> str:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        return base64.urlsafe_b64decode(padded).decode().removeprefix("at:")
    except (binascii.Error, ValueError):
        return ""


def _render_next_url(world: World, request: ApiRequest, start: int) -> str:
    # Only requests with this parameter get string cursors (`ContactsDirectoryContactsApi.java` in
    # https://github.com/wtx-labs/qualtrics-api-client-java). We guess that other tokens are plain
    # numbers.
    has_cursors = parse_boolean_parameter(request, "useNewPaginationScheme")
    token = encode_cursor(start) if has_cursors else str(start)
    query = urlencode({**request.query, "skipToken": token})
    host = world.config.pages.next_host or request.host
    # Qualtrics has https URLs. On loopback the simulator speaks plain HTTP, where a client could
    # not follow an https URL.
    scheme = "https" if host.endswith(".qualtrics.com") else "http"
    return f"{scheme}://{host}{request.path}?{query}"
