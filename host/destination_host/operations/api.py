"""Routes of the queue: what `dkit queue` and a page ask, in JSON.

Lists are read page by page: pass `next` of a response as `cursor`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import orjson
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from destination_host.operations.documents import (
    describe_counts,
    describe_delivery,
    describe_rejected,
    describe_shown,
    describe_stats,
    export_line,
)
from destination_host.operations.filters import PARAMETERS, FilterError, read_filter
from destination_host.operations.replays import ReplayOptions, Replays
from destination_host.queue import FINAL, Filter, Queue, QueueError, Status

if TYPE_CHECKING:
    from starlette.requests import Request

Answer: TypeAlias = "Callable[[Request], Awaitable[Response]]"

_MOST_ROWS: Final = 1000
#: Deliveries that a drop or a purge moves in one transaction.
_PIECE: Final = 1000
_NEXT: Final = "dkit-next"
_PAGE: Final = frozenset({"limit", "cursor"})
_HIGHEST_RATE: Final = 100_000.0


def create_queue_routes(queue: Queue, replays: Replays) -> list[Route]:
    """Return the routes below `/api/queue`."""
    api = _QueueApi(queue, replays)
    routes: list[tuple[str, str, Answer]] = [
        ("", "GET", api.show_status),
        ("/deliveries", "GET", api.list_deliveries),
        ("/deliveries/{delivery:int}", "GET", api.show_delivery),
        ("/count", "GET", api.count),
        ("/rejected", "GET", api.list_rejected),
        ("/export", "GET", api.export),
        ("/replays", "GET", api.list_replays),
        ("/replays", "POST", api.start_replay),
        ("/replays/{replay:int}", "GET", api.show_replay),
        ("/replays/{replay:int}", "DELETE", api.cancel_replay),
        ("/drop", "POST", api.drop),
        ("/purge", "POST", api.purge),
    ]
    return [
        Route(f"/api/queue{path}", _guard(answer), methods=[method])
        for path, method, answer in routes
    ]


def _guard(answer: Answer) -> Answer:
    """Return a function that answers mistakes of the caller, and a queue that cannot be used."""

    async def guarded(request: Request) -> Response:
        # A page of another origin can send a form or plain text unasked, but no JSON.
        kind = request.headers.get("content-type", "").partition(";")[0]
        if request.method == "POST" and kind != "application/json":
            return JSONResponse({"error": "send Content-Type: application/json"}, 415)
        try:
            return await answer(request)
        except FilterError as error:
            return JSONResponse({"error": str(error), "parameter": error.parameter}, 400)
        except QueueError as error:
            return JSONResponse({"error": str(error)}, 503)

    return guarded


class _QueueApi:
    """The handlers of the routes."""

    def __init__(self, queue: Queue, replays: Replays) -> None:
        self._queue = queue
        self._replays = replays

    async def show_status(self, _request: Request) -> Response:
        running = [one.describe() for one in self._replays.kept.values() if one.state == "running"]
        return JSONResponse({**describe_stats(await self._queue.stats()), "replays": running})

    async def list_deliveries(self, request: Request) -> Response:
        wanted, limit, cursor = self._read_page(request)
        # One more than asked for tells whether there is another page.
        found = await self._queue.find(wanted, limit=limit + 1, before=cursor)
        rows = [describe_delivery(row) for row in found[:limit]]
        following = found[limit - 1].delivery if len(found) > limit else None
        return JSONResponse({"deliveries": rows, "next": following})

    async def show_delivery(self, request: Request) -> Response:
        number = request.path_params["delivery"]
        shown = await self._queue.show(number)
        if shown is None:
            return _missing(f"there is no delivery {number}: it was purged, or never was")
        return JSONResponse(describe_shown(shown))

    async def count(self, request: Request) -> Response:
        wanted = self._read_query(request)
        counts = describe_counts(await self._queue.count(wanted))
        return JSONResponse({"deliveries": counts, "total": sum(counts.values())})

    async def list_rejected(self, request: Request) -> Response:
        wanted, limit, cursor = self._read_page(request)
        if wanted != Filter():
            raise FilterError("filter", "rejected items have no filters")
        found = await self._queue.rejected(limit=limit + 1, before=cursor)
        rows = [describe_rejected(*pair) for pair in found[:limit]]
        following = found[limit - 1][0] if len(found) > limit else None
        return JSONResponse({"rejected": rows, "next": following})

    async def export(self, request: Request) -> Response:
        """Stream lines for `dkit deliver`, the oldest first; one page where there is a `limit`."""
        wanted, limit, cursor = self._read_page(request)
        if "limit" not in request.query_params:
            return StreamingResponse(self._read_all(wanted), media_type="application/x-ndjson")
        found = await self._queue.export(wanted, limit=limit, after=cursor or 0)
        content = b"".join(export_line(one) + b"\n" for one in found)
        headers = {_NEXT: str(found[-1].delivery)} if len(found) == limit else {}
        return Response(content, media_type="application/x-ndjson", headers=headers)

    async def _read_all(self, wanted: Filter) -> AsyncIterator[bytes]:
        after = 0
        while found := await self._queue.export(wanted, limit=_MOST_ROWS, after=after):
            yield b"".join(export_line(one) + b"\n" for one in found)
            after = found[-1].delivery

    async def list_replays(self, _request: Request) -> Response:
        newest = reversed(self._replays.kept.values())
        return JSONResponse({"replays": [one.describe() for one in newest]})

    async def start_replay(self, request: Request) -> Response:
        body = await _read_body(request, "filter", "all", "mapping", "overwrite", "rate", "dryRun")
        options = ReplayOptions(
            filter=self._read_choice(body),
            then=_read_mapping(body) == "then",
            overwrite=body.get("overwrite") is True,
            rate=_read_rate(body.get("rate")),
        )
        if body.get("dryRun") is True:
            movable, overtaken = await self._replays.count(options)
            return JSONResponse({"replayed": movable, "overtaken": overtaken, "dryRun": True})
        return JSONResponse((await self._replays.start(options)).describe(), 201)

    async def show_replay(self, request: Request) -> Response:
        found = self._replays.kept.get(request.path_params["replay"])
        return JSONResponse(found.describe()) if found else _missing("there is no such replay")

    async def cancel_replay(self, request: Request) -> Response:
        await self._replays.cancel(request.path_params["replay"])
        return await self.show_replay(request)

    async def drop(self, request: Request) -> Response:
        body = await _read_body(request, "filter", "all", "reason", "dryRun")
        wanted = self._read_choice(body)
        reason = str(body.get("reason") or "an operator dropped it")[:500]
        if body.get("dryRun") is True:
            counts = await self._queue.count(wanted)
            matching = counts.get(Status.WAITING, 0) + counts.get(Status.PARKED, 0)
            return JSONResponse({"dropped": matching, "dryRun": True})
        dropped = piece = await self._queue.drop(wanted, limit=_PIECE, reason=reason)
        while piece == _PIECE:
            piece = await self._queue.drop(wanted, limit=_PIECE, reason=reason)
            dropped += piece
        return JSONResponse({"dropped": dropped})

    async def purge(self, request: Request) -> Response:
        body = await _read_body(request, "filter", "all", "dryRun")
        wanted = self._read_choice(body) if "filter" in body or "all" in body else None
        if body.get("dryRun") is True:
            counts = await self._queue.count(wanted or Filter())
            matching = sum(counts.get(status, 0) for status in FINAL) if wanted else None
            return JSONResponse({"purged": matching, "dryRun": True})
        deliveries, has_more = 0, True
        while has_more:
            purged = await self._queue.purge(wanted, limit=_PIECE)
            deliveries, has_more = deliveries + purged.deliveries, purged.has_more
        return JSONResponse({"purged": deliveries})

    def _read_page(self, request: Request) -> tuple[Filter, int, int | None]:
        limit, cursor = (_read_integer(request, name) for name in ("limit", "cursor"))
        return self._read_query(request), min(limit or 100, _MOST_ROWS), cursor

    def _read_query(self, request: Request) -> Filter:
        query = request.query_params
        given = {name: query.getlist(name) for name in query if name not in _PAGE}
        return read_filter(given, self._queue.now())

    def _read_choice(self, body: dict[str, Any]) -> Filter:
        """Return the filter of a body; one that matches everything needs `"all": true`."""
        given = body.get("filter", {})
        if not isinstance(given, dict):
            raise FilterError("filter", f"should be an object with {', '.join(PARAMETERS)}")
        wanted = read_filter({n: _as_texts(n, v) for n, v in given.items()}, self._queue.now())
        if wanted == Filter() and body.get("all") is not True:
            raise FilterError("filter", 'name a filter, or pass "all": true for every delivery')
        return wanted


def _as_texts(name: str, value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int) and not isinstance(one, bool) for one in values):
        raise FilterError(name, "should be a text, or a list of texts")
    return [str(one) for one in values]


def _missing(message: str) -> Response:
    return JSONResponse({"error": message}, 404)


async def _read_body(request: Request, *known: str) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError:
        raise FilterError("body", "is no JSON") from None
    if not isinstance(body, dict):
        raise FilterError("body", "should be an object")
    for name in body.keys() - {*known}:
        raise FilterError(name, f"is unknown; known are {', '.join(known)}")
    return body


def _read_integer(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 19 and int(text)):  # noqa: PLR2004 - the digits of SQLite's largest number
        raise FilterError(name, "should be a whole number from 1")
    return int(text)


def _read_mapping(body: dict[str, Any]) -> str:
    mapping = body.get("mapping", "now")
    if mapping not in ("now", "then"):
        raise FilterError("mapping", "should be now or then")
    return str(mapping)


def _read_rate(value: object) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 < float(str(value)) <= _HIGHEST_RATE:
        return float(str(value))
    raise FilterError("rate", "should be a number of deliveries a second, above 0")
