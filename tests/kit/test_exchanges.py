"""The requests of a delivery beside its result, with secrets masked."""

import asyncio
import json
from dataclasses import replace

import httpx
import pytest

from destination_kit import Action, Authentication, BatchLimits, Catalog, Destination
from destination_kit.delivery import RetryPolicy, attempt_delivery
from destination_kit.exchange_recorder import MAX_BODY, MOST_EXCHANGES

TOKEN = "s3cret-token-0123456789"
SETTINGS = {"type": "object", "properties": {"token": {"type": "string", "writeOnly": True}}}
FIELDS = {
    "type": "object",
    "properties": {
        "user": {"type": "string"},
        "password": {"type": "string", "format": "password", "writeOnly": True},
    },
}
URL = "https://a.partner.example/users/7?key=1"


async def post(context, payload):
    await context.http.post(URL, json=payload)


def configure(perform=post, action=None, **changes):
    built = Action(title="Do", trigger='type = "track"', fields=FIELDS, perform=perform)
    destination = Destination(
        slug="test",
        name="Test",
        settings=SETTINGS,
        hosts=("*.partner.example",),
        extend_request=lambda settings: {"authorization": settings["token"]},
        actions={"do": replace(built, **(action or {}))},
    )
    mapping = {"user": {"@path": "$.userId"}, "password": {"@path": "$.password"}}
    document = {
        "destination": "test",
        "settings": {"token": TOKEN},
        "subscriptions": [{"action": "do", "mapping": mapping}],
    }
    return Catalog.of(replace(destination, **changes)).configure(document)


def event(user="u-1", **more):
    return {"type": "track", "userId": user, **more}


def answering(*responses):
    """Return a transport that gives these responses in turn, the last one again and again."""
    left = list(responses)

    def answer(_request):
        response = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(response, Exception):
            raise response
        return response

    return httpx.MockTransport(answer)


async def exchanges_of(instance, transport, *events, **options):
    async with instance.open(transport=transport) as live:
        results = await live.send(events or [event()], exchanges=True, **options)
    return [result.results[0].exchanges for result in results]


async def test_an_exchange_shows_the_request_and_the_start_of_the_response():
    response = httpx.Response(202, json={"meta": {"requestId": "r-1"}, "text": "ü"})
    [[exchange]] = await exchanges_of(configure(), answering(response))
    assert (exchange.method, exchange.url) == ("POST", "https://a.partner.example/users/7")
    assert (exchange.status, exchange.request_id, exchange.error) == (202, "r-1", "")
    assert json.loads(exchange.body) == {"meta": {"requestId": "r-1"}, "text": "ü"}
    assert exchange.seconds >= 0


@pytest.mark.parametrize("header", ["X-Request-Id", "request-id", "X-Correlation-ID"])
async def test_the_request_id_of_a_header_comes_first(header):
    response = httpx.Response(200, headers={header: "h-1"}, json={"requestId": "b-1"})
    [[exchange]] = await exchanges_of(configure(), answering(response))
    assert exchange.request_id == "h-1"


async def test_a_caller_who_asks_for_no_exchanges_gets_none():
    async with configure().open(transport=answering(httpx.Response(200))) as live:
        [result] = await live.send([event()])
    assert result.results[0].exchanges == ()


async def test_secrets_of_the_settings_and_of_the_payload_are_masked_everywhere():
    async def perform(context, payload):
        await context.http.post(f"https://a.partner.example/{payload['password']}/x")

    text = f"{TOKEN} and pa55word-of-ann {'x' * MAX_BODY}"
    response = httpx.Response(200, text=text, headers={"request-id": "pa55word-of-ann"})
    secret = event(password="pa55word-of-ann")
    [[exchange]] = await exchanges_of(configure(perform), answering(response), secret)
    shown = f"{exchange.url} {exchange.endpoint} {exchange.body} {exchange.request_id}"
    assert "pa55word" not in shown
    assert TOKEN not in shown
    assert exchange.url == "https://a.partner.example/[secret]/x"
    assert exchange.body.startswith("[secret] and [secret] xxx")
    assert len(exchange.body) == MAX_BODY


async def test_half_a_surrogate_pair_can_be_stored():
    response = httpx.Response(200, content=b'{"text": "\\ud800"}')
    [[exchange]] = await exchanges_of(configure(), answering(response))
    assert exchange.body.encode() == b'{"text": "?"}'


def batched(perform_batch, count=3):
    return configure(action={"perform_batch": perform_batch, "batch": BatchLimits(count=count)})


async def post_all(context, payloads):
    await context.http.post("https://a.partner.example/all", json=list(payloads))
    return [None] * len(payloads)


async def test_the_events_of_a_batch_share_its_exchanges():
    instance = batched(post_all)
    events = [event(f"u-{number}") for number in range(3)]
    first, second, third = await exchanges_of(instance, answering(httpx.Response(200)), *events)
    assert [exchange.url for exchange in first] == ["https://a.partner.example/all"]
    assert first == second == third


async def test_of_a_shared_batch_only_the_call_that_asked_gets_exchanges():
    async with batched(post_all, 2).open(transport=answering(httpx.Response(200))) as live:
        [asked], [other] = await asyncio.gather(
            live.send([event("u-1")], exchanges=True), live.send([event("u-2")])
        )
    assert len(asked.results[0].exchanges) == 1
    assert other.results[0].exchanges == ()


async def test_a_request_that_the_client_repeats_is_two_exchanges():
    async def read(context, payload):
        await context.http.get("https://a.partner.example/x")

    broken = httpx.ReadError("broken")
    [[first, second]] = await exchanges_of(configure(read), answering(broken, httpx.Response(200)))
    assert (first.status, first.error) == (None, "CONNECTION_FAILED")
    assert (second.status, second.error) == (200, "")


async def test_the_request_after_a_refreshed_token_is_an_exchange_too():
    async def refresh(context):
        return {"token": "another-token-0123456789"}

    instance = configure(authentication=Authentication(scheme="oauth2", refresh=refresh))
    transport = answering(httpx.Response(401), httpx.Response(200))
    [exchanges] = await exchanges_of(instance, transport)
    assert [exchange.status for exchange in exchanges] == [401, 200]


async def test_a_request_that_the_circuit_breaker_holds_back_has_no_status():
    async with configure().open(transport=answering(httpx.Response(403))) as live:
        [refused] = await live.send([event()], exchanges=True)
        [held_back] = await live.send([event()], exchanges=True)
    [asked], [unsent] = refused.results[0].exchanges, held_back.results[0].exchanges
    assert (asked.status, unsent.status, unsent.error) == (403, None, "FORBIDDEN")
    assert asked.endpoint == unsent.endpoint == "POST https://a.partner.example/users/7"


async def test_an_endpoint_whose_key_has_a_query_is_shown_by_a_digest():
    async def perform(context, payload):
        await context.http.post(f"https://a.partner.example/x?token={payload['user']}")

    instance = configure(perform, endpoint_key=lambda method, url: f"{method} {url}")
    transport = answering(httpx.Response(200))
    [[one], [other], [same]] = await exchanges_of(
        instance, transport, event("u-1"), event("u-2"), event("u-1")
    )
    assert one.endpoint == same.endpoint != other.endpoint
    assert one.endpoint.startswith("POST https://a.partner.example/x ")
    assert "u-1" not in one.endpoint


async def test_a_request_in_flight_at_the_deadline_is_shown():
    async def wait(_request):
        await asyncio.Event().wait()

    [[exchange]] = await exchanges_of(configure(), httpx.MockTransport(wait), deadline=0.2)
    assert (exchange.status, exchange.error) == (None, "CANCELLED")


async def test_the_last_hundred_exchanges_are_kept():
    async def read_pages(context, payload):
        for page in range(MOST_EXCHANGES + 5):
            await context.http.get(f"https://a.partner.example/{page}")

    [exchanges] = await exchanges_of(configure(read_pages), answering(httpx.Response(200)))
    assert len(exchanges) == MOST_EXCHANGES
    assert exchanges[-1].url == f"https://a.partner.example/{MOST_EXCHANGES + 4}"


async def test_an_attempt_of_a_queue_has_them_too():
    async with configure().open(transport=answering(httpx.Response(500))) as live:
        attempt = await attempt_delivery(live, event(), RetryPolicy(), exchanges=True)
    [result] = attempt.result.results
    assert [exchange.status for exchange in result.exchanges] == [500]
    assert "exchanges" not in json.dumps(attempt.retry)
