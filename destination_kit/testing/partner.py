"""A scripted partner: the requests that a test expects, and the response to each."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx

from destination_kit._json import MISSING, Json, Value
from destination_kit.errors import IntegrationError
from destination_kit.request_bodies import describe_body

PartnerResponse: TypeAlias = Json | httpx.Response | Exception
"""The JSON of a response, a whole response, or an exception that is raised instead."""


@dataclass(frozen=True, slots=True)
class _Expectation:
    method: str
    url: str
    given: Value
    response: httpx.Response | Exception = field(repr=False)

    def __str__(self) -> str:
        body = "" if self.given is MISSING else f" with {json.dumps(self.given)}"
        return f"{self.method} {self.url}{body}"

    def matches(self, request: httpx.Request) -> bool:
        """Return whether this is the expected request."""
        if (request.method, request.url) != (self.method, httpx.URL(self.url)):
            return False
        return self.given is MISSING or self.given == sent_body(request)


class UnexpectedRequestError(IntegrationError, AssertionError):
    """A request that no expectation matches. Results show its text, since the kit raises it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "UNKNOWN_ERROR", 400, remedy="code")


class Partner(httpx.AsyncBaseTransport):
    """A transport that gives each expected request its response, once.

    Any other request raises `AssertionError`, and `check` raises it again.
    """

    def __init__(self) -> None:
        #: The requests that came, in order.
        self.requests: list[httpx.Request] = []
        self._expected: list[_Expectation] = []
        self._unexpected: list[str] = []

    def expect(
        self,
        method: str,
        url: str,
        response: PartnerResponse = None,
        *,
        given: Value = MISSING,
        status: int = 200,
    ) -> None:
        """Expect one request, and give it this response.

        `given` is the body that the request must carry; without it any body matches. JSON is itself, a
        form or a list of files an object by name, any other text a text. `status` is
        the status of a response that is given as JSON. Requests may come in any order; of equal
        ones the first expected gets the first response.
        """
        if not isinstance(response, Exception | httpx.Response):
            response = (
                httpx.Response(status)
                if response is None
                else httpx.Response(status, json=response)
            )
        self._expected.append(_Expectation(method, url, given, response))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response of an expected request."""
        await request.aread()
        # Without this, no other task could run before the response, as it can over a network.
        await asyncio.sleep(0)
        self.requests.append(request)
        for expectation in self._expected:
            if expectation.matches(request):
                self._expected.remove(expectation)
                if isinstance(expectation.response, Exception):
                    raise expectation.response
                return expectation.response
        unexpected = f"{request.method} {request.url} with {json.dumps(sent_body(request))}"
        self._unexpected.append(unexpected)
        raise UnexpectedRequestError(self._describe([unexpected]))

    def check(self) -> None:
        """Raise `AssertionError` where an unexpected request came, or an expected one did not."""
        if self._unexpected or self._expected:
            raise AssertionError(self._describe(self._unexpected))

    def _describe(self, unexpected: list[str]) -> str:
        lines = [f"unexpected: {request}" for request in unexpected]
        lines += [f"expected:   {request}" for request in self._expected] or [
            "nothing was expected"
        ]
        return "\n".join(lines)


def sent_body(request: httpx.Request) -> Json:
    """Return the body that a request carries, None where it carries none.

    JSON is itself, a form or a list of files an object by name, any other text a text.
    """
    return describe_body(request.content, request.headers)
