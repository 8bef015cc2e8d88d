"""A client that remembers, for one delivery, whether a request that changes things has left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, Unpack

from destination_kit._redact import shown_url
from destination_kit.errors import TransportError
from destination_kit.http import Client
from destination_kit.http.policy import Outgoing
from destination_kit.http_interface import Http, RequestOptions, Response

logger = logging.getLogger("destination_kit")


class DeliveryHttp(Http):
    """An `Http` for one delivery. `wrote` is whether the partner may have been changed by it.

    The client of a batch writes for each of its `members`. `until` is when the delivery has to be
    over, on the clock of the budgets. What the delivery has started ends with it, and once it is
    `over`, its result told, nothing leaves any more.
    """

    __slots__ = ("_client", "_members", "_tasks", "over", "until", "wrote")

    def __init__(self, client: Client, until: float, members: Sequence[DeliveryHttp] = ()) -> None:
        self._client = client
        self._members = members
        self._tasks: set[asyncio.Task[Any]] | None = None  # most have one, and batches none
        self.until = until
        self.wrote = False
        self.over = False

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Check, send, and read one request, unless the partner has said no; see `Http`."""
        outgoing = self._client.prepare(method, url, options)
        self._check_time(outgoing)
        self._client.stops.check(outgoing)
        task = asyncio.current_task()
        if task:
            self._tasks = self._tasks or set()
            self._tasks.add(task)
        try:
            return await self._client.send(outgoing, partial(self._departing, outgoing), self.until)
        finally:
            if task and self._tasks:
                self._tasks.discard(task)

    def let_go(self, name: str) -> None:
        """End the requests that nobody waits for any more, and name who has left them."""
        self.over = True
        if self._tasks:
            logger.warning("%s left %d requests behind", name, len(self._tasks))
        for task in self._tasks or ():
            task.cancel()

    def _check_time(self, outgoing: Outgoing) -> None:
        if self.over or (self._members and all(each.over for each in self._members)):
            what = f"{outgoing.method} {shown_url(outgoing.url)}"
            logger.warning("%s was not sent: its delivery was over", what)
            message = f"{what} was not sent: this delivery is over, and its result is told"
            raise TransportError(message, code="SELF_TIMEOUT", outcome_unknown=self.wrote)

    def _departing(self, outgoing: Outgoing) -> None:
        self._check_time(outgoing)
        self._client.stops.check(outgoing, leaving=True)
        if outgoing.writes:
            self.wrote = True
            for each in self._members:
                each.wrote = True
