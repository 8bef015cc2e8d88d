"""Webhooks of other routers: bodies as their documents show them, and what proves the sender."""

import gzip
import hmac
import json

import pytest

from destination_host.queue import Status
from host.tests.running import document, running

# https://www.twilio.com/docs/segment/connections/spec/common and the default of the Webhooks action,
# which sends the event as Segment has it.
SEGMENT = {
    "anonymousId": "507f191e810c19729de860ea",
    "context": {"ip": "8.8.8.8", "library": {"name": "analytics.js", "version": "2.11.1"}},
    "event": "Report Submitted",
    "integrations": {},
    "messageId": "022bb90c-bbac-11e4-8dfc-aa07a5b093db",
    "originalTimestamp": "2015-02-23T22:28:55.111Z",
    "properties": {"title": "Übersicht"},
    "receivedAt": "2015-02-23T22:28:55.387Z",
    "sentAt": "2015-02-23T22:28:55.111Z",
    "timestamp": "2015-02-23T22:28:55.300Z",
    "type": "track",
    "userId": "97980cfea0067",
    "version": 1.1,
}
RUDDER = {
    "anonymousId": "anon_id",
    "channel": "web",
    "context": {"library": {"name": "RudderLabs JavaScript SDK"}, "traits": {"email": "a@b.c"}},
    "integrations": {"All": True},
    "messageId": "e6ab2c5e-2cda-34a9-a962-e2f67df18bca",
    "originalTimestamp": "2020-04-17T14:42:44.724Z",
    "receivedAt": "2020-04-17T20:12:44.758+05:30",
    "request_ip": "[::1]:53513",
    "sentAt": "2020-04-17T14:42:44.724Z",
    "timestamp": "2020-04-17T20:12:44.758+05:30",
    "type": "identify",
    "userId": "user-1",
}
PERSON = {"id": "p-1", "name": "Ann", "url": "https://x", "properties": {"email": "a@b.c"}}


def posthog(name, **properties):
    event = {
        "uuid": f"uuid-{name}",
        "event": name,
        "distinct_id": "user-1",
        "properties": properties,
        "elements_chain": "",
        "timestamp": "2024-01-02T03:04:05.000Z",
        "url": "https://x/events",
    }
    return {"event": event, "person": PERSON}


def config(sender, **more):
    webhook = {"sender": sender, "secret": {"$secret": "APP_KEY"}}
    sources = {
        "hook": {"webhook": webhook, "destinations": ["partner"]},
        "web": {"writeKeys": [{"$secret": "WEB_KEY"}]},
    }
    return document(sources=sources, **more)


KEY = "k-app"


def dump(value):
    """Return what `JSON.stringify` would: no spaces, and no escapes beyond ASCII."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def sign(content, secret=KEY):
    return hmac.new(secret.encode(), content, "sha1").hexdigest()


async def post(host, body, path="/v1/webhook/hook", **headers):
    return await host.client.post(path, content=body, headers=headers)


@pytest.mark.parametrize("sender", ["segment", "customerio"])
@pytest.mark.parametrize("header", ["X-Signature", "X-Segment-Signature"])
async def test_a_signed_event_reaches_the_partner(tmp_path, sender, header):
    body = dump(SEGMENT)
    async with running(tmp_path, config(sender)) as host:
        response = await post(host, body, **{header: sign(body)})
        [row] = await host.settled()
        [event] = host.partner.received
    assert response.json() == {"success": True}
    assert (row.status, row.source, row.message_id) == (
        Status.DELIVERED,
        "hook",
        SEGMENT["messageId"],
    )
    assert event | {"receivedAt": 0} == SEGMENT | {"receivedAt": 0}


async def test_a_batch_signed_as_a_whole_is_taken(tmp_path):
    body = dump([{**SEGMENT, "messageId": str(n)} for n in range(30)])
    async with running(tmp_path, config("segment")) as host:
        assert (await post(host, body, **{"X-Segment-Signature": sign(body)})).status_code == 200
        assert len(await host.settled(30)) == 30


async def test_a_batch_whose_first_event_alone_is_signed_is_refused_in_words_and_kept(tmp_path):
    batch = [SEGMENT, {**SEGMENT, "userId": "forged"}]
    async with running(tmp_path, config("segment")) as host:
        response = await post(host, dump(batch), **{"X-Signature": sign(dump(SEGMENT))})
        [item] = await host.rejected()
        assert await host.bodies() == []
    assert (response.status_code, response.json()["code"]) == (401, "PARTLY_SIGNED")
    assert "Use X-Segment-Signature Header" in response.json()["message"]
    assert (item.source, item.code, json.loads(item.body)) == ("hook", "PARTLY_SIGNED", batch)


def forged():
    body = dump(SEGMENT)
    yield body, {}
    yield body, {"X-Signature": ""}
    yield body, {"X-Signature": sign(body, "other")}
    yield body + b" ", {"X-Signature": sign(body)}
    yield dump(dict(reversed(SEGMENT.items()))), {"X-Signature": sign(body)}
    yield body, {"X-Signature": sign(body), "X-Segment-Signature": "0"}
    yield body, {"Authorization": f"Bearer {KEY}"}
    yield dump([SEGMENT]), {"X-Signature": sign(body, "other")}
    yield b"[" * 5000, {"X-Signature": "0"}


@pytest.mark.parametrize(("body", "headers"), [*forged()], ids=map(str, range(9)))
async def test_a_forged_request_is_401_and_leaves_nothing(tmp_path, body, headers):
    async with running(tmp_path, config("segment")) as host:
        response = await post(host, body, **headers)
        assert (response.status_code, response.json()["code"]) == (401, "INVALID_SIGNATURE")
        assert await host.bodies() == await host.rejected() == []


@pytest.mark.parametrize("name", ["none", "web"])
async def test_a_source_without_a_webhook_is_401_as_any_forged_request(tmp_path, name):
    body = dump(SEGMENT)
    async with running(tmp_path, config("segment")) as host:
        response = await post(host, body, f"/v1/webhook/{name}", **{"X-Signature": sign(body)})
    assert (response.status_code, response.json()["code"]) == (401, "INVALID_SIGNATURE")


async def test_a_compressed_body_is_signed_before_it_is_compressed(tmp_path):
    body = dump(SEGMENT)
    headers = {"X-Signature": sign(body), "Content-Encoding": "gzip"}
    async with running(tmp_path, config("segment")) as host:
        assert (await post(host, gzip.compress(body), **headers)).status_code == 200


async def test_guesses_are_rate_limited(tmp_path):
    limits = {"freeBytes": 0, "unknownKeysPerMinute": 1}
    async with running(tmp_path, config("segment", limits=limits)) as host:
        statuses = [(await post(host, b"{}")).status_code for _ in range(2)]
    assert statuses == [401, 429]


@pytest.mark.parametrize("sender", ["rudderstack", "posthog"])
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer k-ap", "Basic k-app", "k-app"])
async def test_without_the_token_of_the_source_it_is_401(tmp_path, sender, header):
    async with running(tmp_path, config(sender)) as host:
        response = await post(host, dump(RUDDER), Authorization=header)
        assert response.status_code == 401
        assert await host.bodies() == []


async def test_events_of_rudderstack_reach_the_partner(tmp_path):
    async with running(tmp_path, config("rudderstack")) as host:
        response = await post(host, dump(RUDDER), Authorization=f"Bearer {KEY}")
        await host.settled()
        [event] = host.partner.received
    assert response.status_code == 200
    assert event | {"receivedAt": 0} == RUDDER | {"receivedAt": 0}


async def test_events_of_posthog_are_translated(tmp_path):
    sent = [
        posthog("order paid", total=5),
        posthog("$identify", **{"$set": {"plan": "pro"}}),
        posthog("$pageview", title="Home", **{"$current_url": "https://x/home"}),
        posthog("$screen", **{"$screen_name": "Cart"}),
        posthog("$groupidentify", **{"$group_key": "g-1", "$group_set": {"name": "Acme"}}),
        posthog("$create_alias", alias="old"),
    ]
    async with running(tmp_path, config("posthog")) as host:
        for body in sent:
            assert (await post(host, dump(body), Authorization=f"Bearer {KEY}")).status_code == 200
        await host.settled(6)
        bodies = await host.bodies()
    track, identify, page, screen, group, alias = bodies
    assert {event["userId"] for event in bodies} == {"user-1"}
    assert {event["timestamp"] for event in bodies} == {"2024-01-02T03:04:05.000Z"}
    assert (track["type"], track["event"], track["properties"]) == (
        "track",
        "order paid",
        {"total": 5},
    )
    assert track["messageId"] == "uuid-order paid"
    assert track["context"]["traits"] == {"email": "a@b.c"}
    assert (identify["type"], identify["traits"]) == ("identify", {"email": "a@b.c", "plan": "pro"})
    assert (page["type"], page["name"], page["properties"]["url"]) == (
        "page",
        "Home",
        "https://x/home",
    )
    assert (screen["type"], screen["name"]) == ("screen", "Cart")
    assert (group["type"], group["groupId"], group["traits"]) == ("group", "g-1", {"name": "Acme"})
    assert (alias["type"], alias["previousId"]) == ("alias", "old")


async def test_what_is_no_event_of_posthog_is_kept_with_its_reason(tmp_path):
    async with running(tmp_path, config("posthog")) as host:
        for body in ({"event": 5}, {"hello": 1}, 5):
            assert (await post(host, dump(body), Authorization=f"Bearer {KEY}")).status_code == 200
        assert len(await host.rejected()) == 3
        assert (await post(host, b"{", Authorization=f"Bearer {KEY}")).status_code == 400
        assert (await host.rejected())[0].code == "INVALID_BODY"


async def test_a_webhook_may_be_larger_than_a_batch_of_the_ingress(tmp_path):
    filler = {**SEGMENT, "properties": {"text": "x" * 30_000}}
    body = dump([{**filler, "messageId": str(n)} for n in range(40)])
    limits = {"freeBytes": 0, "webhookBytes": len(body)}
    async with running(tmp_path, config("segment", limits=limits)) as host:
        assert (await post(host, body, **{"X-Segment-Signature": sign(body)})).status_code == 200
        longer = body + b" "
        response = await post(host, longer, **{"X-Segment-Signature": sign(longer)})
        assert response.status_code == 413
