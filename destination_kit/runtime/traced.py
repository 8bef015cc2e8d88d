"""A client that remembers, for one delivery, whether a request that changes things has left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Unpack

from destination_kit.http import Client
from destination_kit.http.access import Outgoing
from destination_kit.outgoing import Http, RequestOptions, Response


class Traced(Http):
    """An `Http` for one delivery. `wrote` is whether the partner may have been changed by it.

    The client of a batch writes for each of its `members`. `until` is when the delivery has to be
    over, on the clock of the budgets.
    """

    __slots__ = ("_client", "_members", "until", "wrote")

    def __init__(self, client: Client, until: float, members: Sequence[Traced] = ()) -> None:
        self._client = client
        self._members = members
        self.until = until
        self.wrote = False

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Check, send, and read one request, unless the partner has said no; see `Http`."""
        outgoing = self._client.prepare(method, url, options)
        self._client.stops.check(outgoing)
        return await self._client.send(outgoing, partial(self._departing, outgoing), self.until)

    def _departing(self, outgoing: Outgoing) -> None:
        self._client.stops.check(outgoing, leaving=True)
        if outgoing.writes:
            self.wrote = True
            for each in self._members:
                each.wrote = True
