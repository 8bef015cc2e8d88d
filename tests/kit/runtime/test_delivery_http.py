"""The client of a delivery records writes and ends with it."""

import asyncio

import httpx
import pytest

from destination_kit import Action, Catalog, Destination, HTTPError, TransportError
from tests.kit.runtime.odd_destination import EVENT, open_odd, send_one
from tests.kit.runtime.performing import TRACK, performing


@pytest.mark.parametrize(("method", "outcome"), [("POST", "unknown"), ("GET", "failed")])
async def test_only_a_write_that_has_left_leaves_doubt(configured, httpx_mock, method, outcome):
    httpx_mock.add_response()

    async def perform(context, payload):
        await context.http.request(method, "https://a.example.com/")
        raise KeyError(method)

    async with configured(performing(perform)).open() as live:
        [result] = await live.send([TRACK])
    assert result.results[0].result.outcome == outcome


async def test_requests_that_perform_leaves_running_end_with_their_delivery(caplog):
    all_asked, asked, ended = asyncio.Event(), [], []

    async def never(request):
        asked.append(request)
        if len(asked) == 3:
            all_asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(request)

    async def perform(context, payload):
        perform.left = [
            asyncio.create_task(context.http.get("https://odd.example/")) for _ in range(3)
        ]
        await all_asked.wait()
        return "done"

    assert (await send_one(open_odd(perform, httpx.MockTransport(never)))).response == "done"
    assert len(ended) == 3
    assert all(task.cancelled() for task in perform.left)
    assert "do left 3 requests behind" in caplog.text


def late_writer():
    """Return a perform that ignores its cancellation, waits a little, and then writes."""
    seen = []

    async def perform(context, payload):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.3)
        try:
            await context.http.post("https://odd.example/", json={})
        except TransportError as error:
            seen.append((error.code, error.retryable, error.outcome_unknown))

    return perform, seen


async def test_no_request_leaves_once_the_result_is_final(caplog):
    perform, seen = late_writer()
    asked = []
    live = open_odd(perform, httpx.MockTransport(asked.append))
    async with live:
        [outcome] = await live.send([EVENT], deadline=0.01)
        assert outcome.failures[0].outcome == "failed"
        await asyncio.sleep(0.6)
    assert seen == [("SELF_TIMEOUT", True, False)]
    assert "POST https://odd.example/ was not sent: its delivery was over" in caplog.text
    assert asked == []


HOOK = "https://hooks.partner.example/services/T0123456/B0123456/s3cret0123456789"


@pytest.mark.parametrize("batching", [True, False])
async def test_perform_reads_no_secret_of_its_payload_in_an_exception_of_the_kit(batching):
    seen = []

    async def perform(context, payload):
        try:
            return await context.http.post(payload["hook"], json=payload)
        except HTTPError as error:
            seen.append((str(error), error.body))
            raise

    async def perform_batch(context, payloads):
        return [await perform(context, payload) for payload in payloads]

    fields = {"type": "object", "properties": {"hook": {"type": "string", "writeOnly": True}}}
    action = Action(
        title="Do",
        trigger='type = "track"',
        fields=fields,
        perform=perform,
        perform_batch=perform_batch,
    )
    destination = Destination(slug="test", name="Test", actions={"do": action})
    subscription = {"action": "do", "mapping": {"hook": HOOK}}
    instance = Catalog.of(destination).configure(
        {"destination": "test", "subscriptions": [subscription]}
    )
    refuse = httpx.MockTransport(lambda request: httpx.Response(404, content=request.content))
    async with instance.open(refuse, batching=batching) as live:
        await live.send([TRACK])
    assert seen == [("POST [secret] answered 404", {"hook": "[secret]"})]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (HOOK, "POST [secret] answered 404"),
        ("https://api.partner.example/v1", "POST https://api.partner.example/v1 answered 404"),
        (
            "https://api.partner.example/api-2024/customer-events/",
            "POST https://api.partner.example/api-2024/customer-events/ answered 404",
        ),
    ],
)
async def test_the_path_of_a_settings_url_is_masked_where_it_may_be_a_token(url, shown):
    seen = []

    async def perform(context, payload):
        try:
            await context.http.post(context.settings["url"])
        except HTTPError as error:
            seen.append(str(error))

    settings = {"type": "object", "properties": {"url": {"type": "string", "format": "uri"}}}
    instance = Catalog.of(performing(perform, settings=settings)).configure(
        {
            "destination": "test",
            "settings": {"url": url},
            "subscriptions": [{"action": "do", "mapping": {}}],
        }
    )
    refuse = httpx.MockTransport(lambda _: httpx.Response(404))
    async with instance.open(refuse) as live:
        await live.send([TRACK])
    assert seen == [shown]
