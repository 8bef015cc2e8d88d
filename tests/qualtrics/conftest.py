"""A partner with queued responses, a clock, and identities."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx
import pytest

from destination_kit import Context
from destination_kit.http import Client, HttpxTransport, RequestPolicy
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.contact_cache import ContactCache
from destinations.qualtrics.contact_identity import identify_contact
from destinations.qualtrics.settings import credential_headers

TOKEN = "tok-0123456789"
RECEIVED_AT = datetime(2026, 3, 2, 9, 30, 15, 999_999, tzinfo=UTC)


@dataclass
class Partner:
    """Qualtrics with queued responses, and an error when they run out."""

    settings: dict = field(default_factory=lambda: {"apiToken": TOKEN, "datacenter": "iad1"})
    responses: deque = field(default_factory=deque)
    requests: list[httpx.Request] = field(default_factory=list)
    cache: ContactCache = field(default_factory=ContactCache)

    def queue_results(self, *results, status=200):
        """Queue 2xx responses with these results, or refusals with these errors."""
        for result in results:
            meta = {"httpStatus": f"{status}", "requestId": "req-1", "notice": None}
            error = {} if status < 300 else {"error": result}
            body = {"meta": {**meta, **error}} | ({"result": result} if status < 300 else {})
            self.queue_responses(httpx.Response(status, json=body))

    def queue_responses(self, *responses):
        """Queue responses, functions request -> response, or exceptions to raise."""
        self.responses.extend(responses)

    async def _handle(self, request):
        await asyncio.sleep(0)  # other tasks run meanwhile, as during a call over a network
        self.requests.append(request)
        response = self.responses.popleft()
        if isinstance(response, Exception):
            raise response
        return response(request) if callable(response) else response

    @property
    def context(self):
        known = {"apiToken": "", **self.settings}
        policy = RequestPolicy(
            hosts=QUALTRICS.hosts, headers=credential_headers(known), secrets=(TOKEN,)
        )
        client = Client(policy, transport=HttpxTransport(httpx.MockTransport(self._handle)))
        return Context(
            settings=self.settings, http=client, received_at=RECEIVED_AT, shared_state=self.cache
        )

    @property
    def calls(self):
        """Every request so far as `METHOD URL`."""
        return [f"{request.method} {request.url}" for request in self.requests]

    def body(self, index):
        """Return the JSON of one request."""
        return json.loads(self.requests[index].content)

    @property
    def bodies(self):
        """The JSON of every request so far."""
        return [json.loads(request.content) for request in self.requests]


@pytest.fixture
def partner():
    return Partner()


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_identity(partner):
    """Return a function: identifiers -> their identity, for the partner's token or another one."""

    def make(*, anonymous_id=None, api_key="tok-1", directory="POOL_1", **identifiers):
        settings = {**partner.settings, "apiToken": api_key}
        context = replace(partner.context, settings=settings, anonymous_id=anonymous_id)
        return identify_contact(context, directory, identifiers)

    return make
