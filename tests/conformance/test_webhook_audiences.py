"""The port of Webhook Audiences: what is easier to see in a few lines, and batches by audience."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from destination_kit import AudienceDetails, Catalog, IntegrationError
from tests.conformance.exchanges import run
from tests.conformance.exchanges.script import ScriptedPartner

PORT = run.load_port(run.ROOT / "tests/plugins/webhook_audiences/exchanges.py")
URL = "https://hooks.example.com/audiences"
SETTINGS = {"sharedSecret": "s3cret", "createAudienceUrl": URL, "getAudienceUrl": f"{URL}/get"}
VIP = AudienceDetails(name="VIP", external_id="ext-1", settings={"extras": '{"list": "a"}'})


def answering(body):
    answer = {"status": 200, "headers": {"content-type": "application/json"}, "body": body}
    return ScriptedPartner([{"method": "POST", "path": "", "answers": [answer]}])


def configure(settings=SETTINGS, *subscriptions):
    slug = PORT.destination.slug
    document = {"destination": slug, "settings": settings, "subscriptions": [*subscriptions]}
    return Catalog.of(PORT.destination).configure(document)


@pytest.mark.parametrize(
    ("operation", "url", "body"),
    [
        ("create_audience", URL, {"list": "a", "audienceName": "VIP"}),
        ("get_audience", f"{URL}/get", {"list": "a", "externalId": "ext-1"}),
    ],
)
async def test_an_audience_is_created_and_found(operation, url, body):
    partner = answering('{"externalId": "ext-1"}')
    async with configure().open(partner) as live:
        assert await getattr(live, operation)(VIP) == "ext-1"
    [request] = partner.requests
    assert (request.url, json.loads(request.body)) == (url, body)


@pytest.mark.parametrize("body", ["{}", "no JSON", "[]", '{"externalId": ""}'])
async def test_an_answer_without_an_id_is_an_error(body):
    async with configure().open(answering(body)) as live:
        with pytest.raises(IntegrationError, match="no externalId"):
            await live.create_audience(VIP)


async def test_without_a_url_no_audience_is_created():
    async with configure({}).open(answering("{}")) as live:
        with pytest.raises(IntegrationError, match="createAudienceUrl is missing"):
            await live.create_audience(VIP)


async def test_a_batch_holds_one_audience_and_its_whole_body_is_signed():
    partner = answering("{}")
    subscription = {
        "action": "send",
        "trigger": 'type = "track"',
        "mapping": {"url": URL, "method": "POST", "data": {"@path": "$.properties"}},
    }
    events = [
        {
            "type": "track",
            "properties": {"n": number},
            "context": {
                "personas": {
                    "external_audience_id": f"ext-{number % 2}",
                    "audience_settings": {"extras": f'{{"list": {number % 2}}}'},
                }
            },
        }
        for number in range(4)
    ]
    async with configure(SETTINGS, subscription).open(partner) as live:
        results = await live.send(events)
    assert all(result.ok for result in results)
    assert [json.loads(request.body) for request in partner.requests] == [
        [{"n": 0, "list": 0}, {"n": 2, "list": 0}],
        [{"n": 1, "list": 1}, {"n": 3, "list": 1}],
    ]
    for request in partner.requests:
        expected = hmac.new(b"s3cret", request.body.encode(), hashlib.sha1).hexdigest()
        assert request.token == expected
