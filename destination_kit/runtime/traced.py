"""A client that remembers, for one delivery, whether a request that changes things has left."""

from __future__ import annotations

from typing import Unpack

from destination_kit.http import Client
from destination_kit.outgoing import Http, RequestOptions, Response


class Traced(Http):
    """An `Http` for one delivery. `wrote` is whether the partner may have been changed by it."""

    __slots__ = ("_client", "wrote")

    def __init__(self, client: Client) -> None:
        self._client = client
        self.wrote = False

    async def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> Response:
        """Check, send, and read one request; see `Http`."""
        outgoing = self._client.prepare(method, url, options)
        return await self._client.send(outgoing, self._departing if outgoing.writes else _nothing)

    def _departing(self) -> None:
        self.wrote = True


def _nothing() -> None:
    return
