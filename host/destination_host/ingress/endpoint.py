"""Endpoint of the ingress: a request is answered 200 when its events are durable."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from destination_host.ingress.admission import Admission
from destination_host.ingress.bodies import decompress, read_body
from destination_host.ingress.events import (
    EVENT_TYPES,
    InvalidBodyError,
    ItemReader,
    list_items,
    pack_rejected,
    without_write_key,
)
from destination_host.ingress.json_text import ParsedJson, parse_json, write_any, write_json
from destination_host.ingress.receipts import Receipt, create_receipt
from destination_host.ingress.refusals import RequestRefusedError, refusal_response
from destination_host.ingress.timestamps import Arrival
from destination_host.ingress.webhooks import (
    PartlySignedError,
    check_sender,
    list_webhook_items,
)
from destination_host.ingress.write_keys import GuessLimiter, WriteKeys, basic_write_key
from destination_host.queue import (
    NewEvent,
    Queue,
    QueueError,
    QueueFullError,
    RejectedItem,
)

if TYPE_CHECKING:
    from destination_host.config.records import HostConfig, Webhook
    from destination_host.routing import SourceTable

logger = logging.getLogger("destination_host")

#: Items that are read before other requests get their turn.
_ITEMS_AT_ONCE: Final = 200
_RETRY_AFTER: Final = 10
# A router adds to an event what it knows, so an event of the full size has grown on its way.
_WEBHOOK_GROWTH: Final = 2
_SUCCESS: Final = {"success": True}
_WRITE_KEY: Final = re.compile(rb'("writeKey"\s*:\s*")[^"]*')


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressPlan:
    """What requests are judged by; a new configuration replaces it whole."""

    config: HostConfig = field(repr=False)
    keys: WriteKeys = field(repr=False)
    #: Name of a source -> its instances.
    tables: Mapping[str, SourceTable] = field(repr=False)
    guesses: GuessLimiter = field(repr=False)
    #: Name of a source -> the router that may send to it.
    webhooks: Mapping[str, Webhook] = field(repr=False)


class Endpoint:
    """Takes requests, and puts their events into the queue. `plan` may be replaced while it runs."""

    def __init__(
        self,
        plan: IngressPlan,
        queue: Queue,
        admission: Admission,
        *,
        on_receipt: Callable[[Receipt], None],
        clock: Callable[[], float] = time,
    ) -> None:
        self.plan = plan
        self._queue = queue
        self._admission = admission
        self._on_receipt = on_receipt
        self._clock = clock

    async def receive(self, request: Request) -> Response:
        """Return 200 after the commit, else a refusal with its reason."""
        kind = request.path_params["kind"]
        if kind not in EVENT_TYPES:
            message = f"there is no /v1/{kind:.40}: send to /v1/batch, or to the path of a type"
            return self._refuse(RequestRefusedError(404, "NOT_FOUND", message))
        try:
            return await self._receive(request, EVENT_TYPES[kind])
        except RequestRefusedError as refused:
            return self._refuse(refused)
        except ClientDisconnect:
            return Response(status_code=400)  # the sender does not see it

    async def receive_webhook(self, request: Request) -> Response:
        """Return 200 after the commit of a webhook's events, else a refusal with its reason."""
        try:
            return await self._receive_webhook(request, request.path_params["source"])
        except RequestRefusedError as refused:
            return self._refuse(refused)
        except ClientDisconnect:
            return Response(status_code=400)  # the sender does not see it

    def _refuse(self, refused: RequestRefusedError) -> Response:
        if refused.events:
            self._on_receipt(Receipt(source=refused.source, refused=refused.events))
        return refusal_response(refused)

    async def _receive_webhook(self, request: Request, source: str) -> Response:
        plan, limits = self.plan, self.plan.config.limits
        received_at = datetime.fromtimestamp(self._clock(), UTC)
        webhook = plan.webhooks.get(source)
        sent = await read_body(request, limits.webhook_bytes, limits.body_timeout)
        encoding = request.headers.get("content-encoding", "")
        body = decompress(sent, encoding, limits.webhook_bytes)
        await self._check_sender(request, source, body, received_at)
        parsed = _try_parse(body)
        if webhook is None or isinstance(parsed, InvalidBodyError):
            self._check_admission(source, 1)
            reason = str(parsed)
            kept = _reject_body(source, _readable(body, None), received_at, reason)
            await self._put(source, [], [kept])
            raise RequestRefusedError(400, "INVALID_BODY", reason).with_events(source, 0)
        items = list_webhook_items(webhook, parsed.value)
        self._check_admission(source, len(items))
        reader = ItemReader(
            source=source,
            arrival=Arrival.at(received_at),
            event_bytes=_WEBHOOK_GROWTH * limits.event_bytes,
            find_routes=plan.tables[source].find_routes,
            write=parsed.write,
        )
        events, rejected = await _read_items(reader, items)
        await self._put(source, events, rejected)
        return JSONResponse(_SUCCESS)

    async def _check_sender(
        self, request: Request, source: str, body: bytes, received_at: datetime
    ) -> None:
        """Raise the refusal of a request that is not proved; keep what its own sender did not sign."""
        try:
            check_sender(self.plan.webhooks.get(source), request.headers, body)
        except RequestRefusedError as refused:
            self._count_guess(request)
            if isinstance(refused, PartlySignedError):
                kept = _reject_body(source, body, received_at, str(refused), refused.code)
                await self._put(source, [], [kept])
                raise refused.with_events(source, 0) from None
            raise

    def _count_guess(self, request: Request) -> None:
        address = request.client.host if request.client else ""
        wait = self.plan.guesses.seconds_to_wait(address)
        if wait:
            message = "too many requests with an unknown write key or signature"
            raise RequestRefusedError(429, "TOO_MANY_REQUESTS", message, retry_after=wait)

    async def _receive(self, request: Request, event_type: str | None) -> Response:
        plan, limits = self.plan, self.plan.config.limits
        received_at = datetime.fromtimestamp(self._clock(), UTC)
        compressed = await read_body(request, limits.batch_bytes, limits.body_timeout)
        encoding = request.headers.get("content-encoding", "")
        body = decompress(compressed, encoding, limits.batch_bytes)
        parsed = _try_parse(body)
        source = _find_source(plan.keys, request, parsed)
        if source is None:
            return await self._refuse_key(request, _readable(body, parsed), received_at)
        try:
            items, batch = list_items(parsed, event_type)
        except InvalidBodyError as error:
            self._check_admission(source, 1)
            kept = _reject_body(source, _readable(body, parsed), received_at, str(error))
            await self._put(source, [], [kept])
            refused = RequestRefusedError(400, "INVALID_BODY", str(error))
            raise refused.with_events(source, 0) from None
        self._check_admission(source, len(items))
        reader = ItemReader(
            source=source,
            arrival=Arrival.at(received_at),
            event_bytes=limits.event_bytes,
            find_routes=plan.tables[source].find_routes,
            write=parsed.write if isinstance(parsed, ParsedJson) else write_json,
            event_type=event_type,
            batch=batch,
        )
        events, rejected = await _read_items(reader, items)
        await self._put(source, events, rejected)
        return JSONResponse(_SUCCESS)

    def _check_admission(self, source: str, events: int) -> None:
        if self._admission.reasons:
            message = f"the host takes no events now: {'; '.join(self._admission.reasons)}"
            raise _overloaded(message).with_events(source, events)

    async def _refuse_key(
        self, request: Request, body: bytes, received_at: datetime
    ) -> JSONResponse:
        self._count_guess(request)
        message = "the write key is missing or unknown: pass it as the user name of Basic authentication, or as writeKey"
        if self.plan.config.ingress.unknown_write_keys == "refuse":
            raise RequestRefusedError(401, "INVALID_WRITE_KEY", message)
        self._check_admission("", 1)
        await self._put("", [], [_reject_body("", body, received_at, message, "INVALID_WRITE_KEY")])
        return JSONResponse(_SUCCESS)

    async def _put(
        self, source: str, events: Sequence[NewEvent], rejected: Sequence[RejectedItem]
    ) -> None:
        if not events and not rejected:
            return
        count = len(events) + len(rejected)
        try:
            kept = await self._queue.put(events, pack_rejected(rejected))
        except QueueFullError as error:
            raise _overloaded(str(error)).with_events(source, count) from None
        except QueueError as error:
            logger.error("events cannot be kept: %s", error)  # noqa: TRY400 - the message is the reason; a traceback adds nothing
            message = "the events cannot be kept now: send them again"
            refused = RequestRefusedError(503, "UNAVAILABLE", message, retry_after=_RETRY_AFTER)
            raise refused.with_events(source, count) from None
        self._on_receipt(create_receipt(source, events, rejected, kept))


def _overloaded(message: str) -> RequestRefusedError:
    return RequestRefusedError(429, "OVERLOADED", message, retry_after=_RETRY_AFTER)


def _try_parse(body: bytes) -> ParsedJson | InvalidBodyError:
    try:
        return parse_json(body)
    except ValueError as error:
        return InvalidBodyError(str(error))


def _find_source(
    keys: WriteKeys, request: Request, parsed: ParsedJson | InvalidBodyError
) -> str | None:
    """Return the source of the request's write key: of Basic authentication, else of the body."""
    key: object = basic_write_key(request.headers)
    if key is None and isinstance(parsed, ParsedJson) and isinstance(parsed.value, dict):
        key = parsed.value.get("writeKey")
    return keys.find_source(key) if isinstance(key, str) else None


async def _read_items(
    reader: ItemReader, items: Sequence[Any]
) -> tuple[list[NewEvent], list[RejectedItem]]:
    events: list[NewEvent] = []
    rejected: list[RejectedItem] = []
    for number, item in enumerate(items, 1):
        read = reader.read(item)
        if isinstance(read, NewEvent):
            events.append(read)
        else:
            rejected.append(read)
        if number % _ITEMS_AT_ONCE == 0:
            await asyncio.sleep(0)
    return events, rejected


def _readable(body: bytes, parsed: ParsedJson | InvalidBodyError | None) -> bytes:
    """Return a body as it is kept for a person, without write keys."""
    if not isinstance(parsed, ParsedJson):
        return _WRITE_KEY.sub(rb"\1", body)
    value = without_write_key(parsed.value)
    if isinstance(value, dict) and isinstance(items := value.get("batch"), list):
        value = {**value, "batch": [*map(without_write_key, items)]}
    return write_any(value)


def _reject_body(
    source: str, body: bytes, received_at: datetime, reason: str, code: str = "INVALID_BODY"
) -> RejectedItem:
    return RejectedItem(
        source=source, body=body, received_at=received_at.timestamp(), code=code, reason=reason
    )
