"""OAuth 2: a refresh for all callers, on a real socket."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest

from destination_kit import (
    Action,
    Authentication,
    Catalog,
    Destination,
    InvalidAuthenticationError,
    MemoryStore,
    RefreshedSettings,
    RetryableError,
)
from destination_kit._secrets import Secret
from destination_kit.failed_refresh import REFRESH_INTERVAL
from destination_kit.oauth import client_credentials, refresh_token
from destination_kit.refreshed_settings import read_seconds
from destination_kit.stored_tokens import RENEWAL_MARGIN, StoredTokens
from destination_kit.token_refresh import RefreshFunctions, TokenRefresher

EVENT = {"type": "track"}
FIELDS = ("clientId", "clientSecret", "accessToken", "refreshToken")


class Partner:
    """A partner with a token endpoint, which rotates refresh tokens."""

    def __init__(self):
        self.access, self.refresh_with, self.token_status = "new-access-0", "first-refresh", 200
        self.tokens, self.delivered, self.unauthorized = [], 0, 0
        self.expiry = {}
        #: Status of each response to an event, whatever its token is; 0 for that of the token.
        self.event_status = 0

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
            tokens = {"access_token": self.access, "refresh_token": f"next-refresh-{number}"}
            return 200, {**tokens, **self.expiry}
        if headers.get("authorization") != f"Bearer {self.access}" or self.event_status == 401:
            self.unauthorized += 1
            return 401, {}
        if self.event_status:
            return self.event_status, {}
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


async def test_a_new_token_that_is_refused_too_costs_one_refresh_and_two_calls(partner):
    partner.event_status = 401
    async with open_at(configure(), partner) as live:
        failures = [(await live.send([EVENT]))[0].failures for _ in range(3)]
    assert {failed.remedy for [failed] in failures} == {"settings"}
    assert (len(partner.tokens), partner.unauthorized) == (1, 2)


async def test_a_permission_that_is_missing_stops_its_endpoint_with_a_fresh_token_too(partner):
    partner.event_status = 403
    async with open_at(configure(), partner) as live:
        first, second = [(await live.send([EVENT]))[0].failures[0].message for _ in range(2)]
    assert "403" in first
    assert first != second
    assert (len(partner.tokens), partner.unauthorized) == (1, 1)


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


async def test_a_token_that_has_expired_is_refreshed_before_the_next_calls(partner):
    partner.expiry = {"expires_in": 1}
    async with open_at(configure(), partner) as live:
        assert (await live.send([EVENT]))[0].ok
        assert (len(partner.tokens), partner.unauthorized) == (1, 1)
        await asyncio.sleep(1.05)
        partner.expiry, partner.access = {}, "revoked"
        sent = await asyncio.gather(*(live.send([EVENT]) for _ in range(50)))
        assert all(result.ok for [result] in sent)
        assert (len(partner.tokens), partner.unauthorized) == (2, 1)
        await live.send([EVENT])
    assert len(partner.tokens) == 2


async def test_instances_of_one_account_share_the_pause_after_a_failed_refresh(partner):
    partner.token_status = 503
    store = MemoryStore()
    for _ in range(3):
        async with open_at(configure(), partner, store=store) as live:
            [result] = await live.send([EVENT])
            assert (result.failures[0].remedy, result.failures[0].outcome) == ("wait", "failed")
    assert (len(partner.tokens), partner.unauthorized) == (1, 3)
    async with open_at(configure(clientSecret="another"), partner, store=store) as live:
        await live.send([EVENT])
    assert len(partner.tokens) == 2


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


class Account:
    """Instances of one account: a clock, a store, and what their refreshes return or raise."""

    def __init__(self):
        self.clock = Clock()
        self.store = MemoryStore(clock=self.clock)
        self.outcomes, self.asked = [], 0

    async def refresh(self):
        self.asked += 1
        await asyncio.sleep(0)
        outcome = self.outcomes.pop(0) if self.outcomes else {"token": f"t{self.asked}"}
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def open(self):
        settings = {"token": Secret("configured")}
        functions = RefreshFunctions(
            refresh=self.refresh,
            learn=lambda secrets: None,
            apply=lambda: None,
            redact=str,
        )
        stored = StoredTokens(self.store, "token", settings.copy())
        refresher = TokenRefresher(settings, functions, stored, self.clock)
        return refresher, settings


def lasting(token, expires_in):
    return RefreshedSettings({"token": token}, expires_in)


@pytest.mark.parametrize(
    ("expires_in", "margin"), [(3600, RENEWAL_MARGIN), (20, 2.0), (RENEWAL_MARGIN * 10, 30.0)]
)
async def test_the_next_call_refreshes_a_token_within_the_margin_of_its_end(expires_in, margin):
    account = Account()
    account.outcomes = [lasting("a", expires_in), lasting("b", 3600)]
    one, other = account.open(), account.open()
    await one[0].refresh(0)
    await other[0].prepare()
    account.clock.now += expires_in - margin - 0.5
    await asyncio.gather(*(refresher.prepare() for refresher, _ in [one, other] * 20))
    assert (account.asked, one[1]["token"], other[1]["token"]) == (1, "a", "a")
    account.clock.now += 1
    await asyncio.gather(*(refresher.prepare() for refresher, _ in [one, other] * 20))
    assert (account.asked, one[1]["token"], other[1]["token"]) == (2, "b", "b")


async def test_a_token_of_unknown_duration_is_never_refreshed_ahead():
    account = Account()
    refresher, _ = account.open()
    await refresher.refresh(0)
    account.clock.now += 10_000_000
    await refresher.prepare()
    refresher.check()
    assert account.asked == 1


async def test_a_stored_token_that_has_expired_costs_no_refused_call():
    account = Account()
    account.outcomes = [lasting("a", 3600), lasting("b", 3600)]
    await account.open()[0].refresh(0)
    account.clock.now += 5000
    refresher, settings = account.open()
    await refresher.prepare()
    assert (account.asked, settings["token"]) == (2, "b")


async def test_a_token_is_used_until_its_end_when_it_cannot_be_refreshed_ahead():
    account = Account()
    down = RetryableError("the token endpoint is down", 503)
    account.outcomes = [lasting("a", 1000), down, down, lasting("b", 1000)]
    refresher, settings = account.open()
    await refresher.refresh(0)
    account.clock.now += 980
    for _ in range(3):
        await refresher.prepare()
        refresher.check()
        refresher.accept()
    assert (account.asked, settings["token"]) == (2, "a")
    account.clock.now += 30
    await refresher.prepare()
    with pytest.raises(RetryableError, match=r"is down; the next refresh is allowed in 30 s"):
        refresher.check()
    assert account.asked == 2
    account.clock.now += 31
    await refresher.prepare()
    account.clock.now += REFRESH_INTERVAL + 1
    await refresher.prepare()
    refresher.check()
    assert (account.asked, settings["token"]) == (4, "b")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RetryableError("down", 503, code="DOWN"), RetryableError),
        (InvalidAuthenticationError("no consent"), InvalidAuthenticationError),
    ],
)
async def test_a_failed_refresh_pauses_every_instance_of_the_account(error, kind):
    account = Account()
    account.outcomes = [error]
    one, other = account.open()[0], account.open()[0]
    results = await asyncio.gather(one.refresh(0), other.refresh(0), return_exceptions=True)
    account.clock.now += 20
    late, settings = account.open()
    with pytest.raises(kind, match=r"(down|no consent); the next refresh is allowed in 40 s") as it:
        await late.refresh(0)
    assert [type(result) for result in results] == [kind, kind]
    assert (it.value.code, it.value.status) == (error.code, error.status)
    assert (account.asked, it.value.retry_after) == (1, 40)
    account.clock.now += 41
    await late.refresh(0)
    assert (account.asked, settings["token"]) == (2, "t2")


async def test_a_refused_new_token_pauses_the_other_instances_too():
    account = Account()
    one, other = account.open()[0], account.open()[0]
    await one.refresh(0)
    await one.reject(one.generation)
    await other.prepare()
    with pytest.raises(InvalidAuthenticationError, match="does not accept the refreshed"):
        await other.refresh(other.generation)
    assert account.asked == 1


async def test_a_clock_that_is_set_back_prolongs_no_pause():
    account = Account()
    account.outcomes = [RetryableError("down", 503)]
    refresher, _ = account.open()
    with pytest.raises(RetryableError):
        await refresher.refresh(0)
    account.clock.now -= 5000
    await account.store.delete("token failure")
    await refresher.refresh(0)
    assert account.asked == 2


async def test_a_store_with_another_shape_holds_no_token():
    account = Account()
    for key, value in (("token", ["x"]), ("token failure", {"message": "x", "failedAt": "soon"})):
        await account.store.set(key, value)
    refresher, settings = account.open()
    await refresher.prepare()
    assert settings["token"] == "configured"
    await refresher.refresh(0)
    assert settings["token"] == "t1"


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        *((3600, 3600), ("3600", 3600), (0.5, 0.5), (0, None), (-1, None), ("soon", None)),
        *((None, None), (True, None), ([], None), ("inf", None), ("nan", None), (10**400, None)),
    ],
)
def test_the_seconds_of_an_expiry_are_a_positive_number(expires_in, seconds):
    assert read_seconds(expires_in) == seconds
