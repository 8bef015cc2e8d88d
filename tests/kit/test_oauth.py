"""OAuth 2: a refresh for all callers, on a real socket."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest

from destination_kit import Action, Authentication, Catalog, Destination, MemoryStore
from destination_kit.oauth import client_credentials, refresh_token

EVENT = {"type": "track"}
FIELDS = ("clientId", "clientSecret", "accessToken", "refreshToken")


class Partner:
    """A partner with a token endpoint, which rotates refresh tokens."""

    def __init__(self):
        self.access, self.refresh_with, self.token_status = "new-access-0", "first-refresh", 200
        self.tokens, self.delivered, self.unauthorized, self.seen = [], 0, 0, []

    async def serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status, answer = self.answer(lines[0].split()[1], headers, body)
                content = json.dumps(answer).encode()
                writer.write(
                    f"HTTP/1.1 {status} X\r\ncontent-length: {len(content)}\r\n\r\n".encode()
                    + content
                )
        except asyncio.IncompleteReadError:
            writer.close()

    def answer(self, path, headers, body):
        if path == "/token":
            form = parse_qs(body.decode())
            self.tokens.append((form, headers.get("authorization", "")))
            if self.token_status != 200:
                return self.token_status, {"error": "invalid_grant"}
            number = len(self.tokens)
            self.access = f"new-access-{number}"
            return 200, {"access_token": self.access, "refresh_token": f"next-refresh-{number}"}
        if headers.get("authorization") != f"Bearer {self.access}":
            self.unauthorized += 1
            return 401, {}
        self.delivered += 1
        return 200, {"echo": headers["authorization"]}


@pytest.fixture
async def partner():
    partner = Partner()
    async with await asyncio.start_server(partner.serve, "127.0.0.1", 0) as server:
        partner.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield partner


async def perform(context, payload):
    return await context.http.post("https://api.partner.example/events", json={})


def configure(refresh=None, **settings):
    destination = Destination(
        slug="tokens",
        name="Tokens",
        settings={
            "type": "object",
            "properties": {name: {"type": "string", "format": "password"} for name in FIELDS},
        },
        authentication=Authentication(
            scheme="oauth2", refresh=refresh or refresh_token("https://api.partner.example/token")
        ),
        hosts=("*.partner.example",),
        extend_request=lambda settings: {"authorization": f"Bearer {settings['accessToken']}"},
        actions={"do": Action(title="Do", trigger='type = "track"', perform=perform)},
    )
    values = {
        "clientId": "client-id",
        "clientSecret": "client-secret",
        "accessToken": "expired-access",
        "refreshToken": "first-refresh",
    }
    document = {
        "destination": "tokens",
        "settings": {**values, **settings},
        "subscriptions": [{"action": "do", "mapping": {}}],
    }
    return Catalog.of(destination).configure(document)


def open_at(instance, partner, **options):
    return instance.open(connect_to={"*.partner.example": partner.url}, **options)


async def test_a_hundred_refused_calls_cost_one_refresh_and_are_all_delivered(partner):
    store, instance = MemoryStore(), configure()
    async with open_at(instance, partner, store=store) as live:
        sent = await asyncio.gather(*(live.send([EVENT]) for _ in range(100)))
        assert live.plan.settings["refreshToken"] == "next-refresh-1"
    assert [result.ok for [result] in sent] == [True] * 100
    assert (len(partner.tokens), partner.delivered) == (1, 100)
    [(form, authorization)] = partner.tokens
    assert form == {"grant_type": ["refresh_token"], "refresh_token": ["first-refresh"]}
    assert authorization.startswith("Basic ")
    [response] = {json.dumps(result.results[0].result.response) for [result] in sent}
    assert "new-access" not in response
    assert instance.redact("expired-access new-access-1 next-refresh-1").count("[secret]") == 3
    async with open_at(configure(), partner, store=store) as live:
        assert (await live.send([EVENT]))[0].ok
    assert len(partner.tokens) == 1
    async with open_at(configure(refreshToken="mended-refresh"), partner, store=store) as live:
        assert (await live.send([EVENT]))[0].ok
    assert partner.tokens[-1][0]["refresh_token"] == ["mended-refresh"]


async def test_a_refused_refresh_keeps_the_events_and_is_not_repeated_at_once(partner):
    partner.token_status = 400
    async with open_at(configure(), partner) as live:
        sent = await asyncio.gather(*(live.send([EVENT]) for _ in range(20)))
        sent.append(await live.send([EVENT]))
    failed = [result.failures[0] for [result] in sent]
    assert {(each.code, each.remedy) for each in failed} == {("INVALID_AUTHENTICATION", "settings")}
    assert (len(partner.tokens), partner.unauthorized) == (1, 20)


async def test_a_token_endpoint_that_is_down_is_a_matter_of_waiting(partner):
    partner.token_status = 503
    async with open_at(configure(), partner) as live:
        [result] = await live.send([EVENT])
    [failed] = result.failures
    assert (failed.remedy, failed.outcome) == ("wait", "failed")


async def test_a_client_asks_with_its_own_credentials_in_the_body(partner):
    refresh = client_credentials("https://api.partner.example/token", auth="body")
    async with open_at(configure(refresh), partner) as live:
        assert (await live.send([EVENT]))[0].ok
    [(form, authorization)] = partner.tokens
    assert authorization == ""
    assert form["client_secret"] == ["client-secret"]
