"""A partner that answers what a test tells it to, to the requests that the test expects."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx

from destination_kit._json import MISSING, Json, Value

Answer: TypeAlias = Json | httpx.Response | Exception
"""The JSON of an answer, a whole answer, or what is raised instead of one."""


@dataclass(frozen=True, slots=True)
class _Expected:
    method: str
    url: str
    given: Value
    answer: httpx.Response | Exception = field(repr=False)

    def __str__(self) -> str:
        given = "" if self.given is MISSING else f" with {json.dumps(self.given)}"
        return f"{self.method} {self.url}{given}"

    def fits(self, request: httpx.Request) -> bool:
        """Return whether this is the request that was meant."""
        if (request.method, request.url) != (self.method, httpx.URL(self.url)):
            return False
        return self.given is MISSING or self.given == sent_json(request)


class Partner(httpx.AsyncBaseTransport):
    """A transport that replays answers, each to one request, whose method and URL it knows.

    Any other request fails, and fails the test: what nobody expects is a mistake. `requests` are
    all that came, in order.
    """

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._expected: list[_Expected] = []
        self._unexpected: list[str] = []

    def expect(
        self,
        method: str,
        url: str,
        answer: Answer = None,
        *,
        given: Value = MISSING,
        status: int = 200,
    ) -> None:
        """Expect one request, and answer it so; `given` is the JSON that it has to carry.

        Requests may come in any order; of equal ones the first expected has the first answer.
        """
        said = answer
        if not isinstance(said, Exception | httpx.Response):
            said = httpx.Response(status) if said is None else httpx.Response(status, json=said)
        self._expected.append(_Expected(method, url, given, said))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request that is expected; see `expect`."""
        await request.aread()
        await asyncio.sleep(0)  # as a network does, it lets others go on meanwhile
        self.requests.append(request)
        for each in self._expected:
            if each.fits(request):
                self._expected.remove(each)
                if isinstance(each.answer, Exception):
                    raise each.answer
                return each.answer
        came = f"{request.method} {request.url} with {json.dumps(sent_json(request))}"
        self._unexpected.append(came)
        raise AssertionError(self._said([came]))

    def check(self) -> None:
        """Raise `AssertionError` where a request came unexpected, or one that is expected did not."""
        if self._unexpected or self._expected:
            raise AssertionError(self._said(self._unexpected))

    def _said(self, unexpected: list[str]) -> str:
        lines = [f"unexpected: {each}" for each in unexpected]
        lines += [f"expected:   {each}" for each in self._expected] or ["nothing was expected"]
        return "\n".join(lines)


def sent_json(request: httpx.Request) -> Json:
    """Return the JSON that a request carries, None where it carries none."""
    try:
        body: Json = json.loads(request.content)
    except ValueError:
        return None
    return body
