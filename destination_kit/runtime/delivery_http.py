"""HTTP client of one delivery: it records writes, and stops when the delivery is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

from destination_kit._json import JsonObject
from destination_kit._redact import mask_path
from destination_kit._secret_places import mask_error
from destination_kit.errors import DeliveryError, TransportError
from destination_kit.exchange_recorder import create_recorder
from destination_kit.http import Client, OutgoingRequest
from destination_kit.http_interface import Http, RequestOptions, Response

if TYPE_CHECKING:
    from destination_kit.exchanges import Exchange
    from destination_kit.runtime.dispatch import CompiledSubscription

logger = logging.getLogger("destination_kit")


class DeliveryHttp(Http):
    """The `Http` in the context of one delivery, or of a batch with its `members`.

    A write through the client of a batch counts for each member.
    """

    __slots__ = (
        "_client",
        "_delivered",
        "_members",
        "_tasks",
        "exchanges",
        "has_written",
        "is_over",
        "refused_url",
        "until",
    )

    def __init__(
        self,
        client: Client,
        until: float,
        members: Sequence[DeliveryHttp] = (),
        delivered: tuple[CompiledSubscription, JsonObject] | None = None,
    ) -> None:
        self._client = client
        self._members = members
        # The subscription and the payload that it delivers; None for a batch.
        self._delivered = delivered
        # Members of a batch rarely send requests of their own. An empty set for each would take 216
        # bytes per event.
        self._tasks: set[asyncio.Task[Any]] | None = None
        #: When the delivery must be over, in seconds on the clock of the budgets.
        self.until = until
        #: Whether a request that may change the partner has left.
        self.has_written = False
        #: The requests so far; None where the caller of `send` asked for none.
        self.exchanges: list[Exchange] | None = None
        #: Whether the result is final, so that nothing may leave any more.
        self.is_over = False
        #: The URL of the last request that raised `DeliveryError`; "" where none did. It may hold a
        #: secret.
        self.refused_url = ""

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Check, send, and read one request, unless the circuit breaker is open; see `Http`."""
        task = asyncio.current_task()
        if task:
            self._tasks = self._tasks or set()
            self._tasks.add(task)
        refused_url, recorder = str(url), None
        try:
            request = self._client.prepare(
                method, url, options, self._delivered and self._delivered[1]
            )
            refused_url = request.url
            clients, endpoint_of = self._members or (self,), self._client.endpoint_of
            recorder = create_recorder(request, clients, endpoint_of, self._find_secrets)
            request.recorder = recorder
            self.check_open(request)
            return await self._client.send(request, self, self.until)
        except DeliveryError as error:
            mask_error(error, self._find_secrets())
            if recorder:
                recorder.record_held_back(error)
            self.refused_url = refused_url
            for member in self._members:
                member.refused_url = self.refused_url
            raise
        finally:
            if task and self._tasks:
                self._tasks.discard(task)

    def _find_secrets(self) -> list[str]:
        """Return the secrets of every payload of the delivery."""
        found = [secret for member in self._members for secret in member._find_secrets()]  # noqa: SLF001 - the members are of this class
        if self._delivered:
            compiled, payload = self._delivered
            found += compiled.find_secrets(payload)
        return found

    def close(self, name: str) -> None:
        """End the delivery: cancel the requests that `perform` left running, and log `name`."""
        self.is_over = True
        if self._tasks:
            logger.warning("%s left %d requests behind", name, len(self._tasks))
        for task in self._tasks or ():
            task.cancel()

    def check_open(self, request: OutgoingRequest) -> None:
        """Raise `TransportError` where the delivery is over."""
        if self.is_over or (self._members and all(member.is_over for member in self._members)):
            shown = f"{request.method} {mask_path(request.url)}"
            logger.warning("%s was not sent: its delivery was over", shown)
            message = f"{shown} was not sent: the result of this delivery is final"
            raise TransportError(message, code="SELF_TIMEOUT", outcome_unknown=self.has_written)

    def mark_departed(self, request: OutgoingRequest) -> None:
        """Record that a request leaves now; raise `TransportError` where the delivery is over."""
        # A proxy can take until the deadline to let the request through.
        self.check_open(request)
        if request.writes:
            self.has_written = True
            for member in self._members:
                member.has_written = True
