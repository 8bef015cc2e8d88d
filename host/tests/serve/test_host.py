"""A running host: reload, stop, health and the guard of the administration."""

import asyncio

import httpx
import pytest

from destination_host.queue import Status
from destination_host.serve.listeners import ListenError
from destination_kit import ConfigurationError, InvalidAuthenticationError
from host.tests.running import Partner, document, instance, running, scrape, write_config


def track(number):
    return {"type": "track", "event": "n", "messageId": f"m-{number}", "userId": f"u-{number % 7}"}


async def test_a_new_configuration_holds_without_losing_an_event(tmp_path):
    async with running(tmp_path) as host:
        stopped = asyncio.Event()

        async def send_all():
            number = 0
            while not stopped.is_set():
                await host.send(track(number))
                number += 1
            return number

        sending = asyncio.create_task(send_all())
        for version in range(5):
            changed = document(destinations={"partner": instance(), f"extra-{version}": instance()})
            changed["sources"]["web"]["destinations"] = ["partner"]
            write_config(tmp_path, changed)
            await host.host.reload()
            await asyncio.sleep(0.05)
        stopped.set()
        sent = await sending
        rows = await host.settled(sent)
        received = [event["messageId"] for event in host.partner.received]
    assert {row.status for row in rows} == {Status.DELIVERED}
    assert sorted(received) == sorted(f"m-{number}" for number in range(sent))


async def test_new_keys_sources_and_limits_hold_after_a_reload(tmp_path):
    async with running(tmp_path) as host:
        changed = document(limits={"freeBytes": 0, "eventBytes": 1024})
        changed["sources"] = {
            "app": {"writeKeys": [{"$secret": "APP_KEY"}], "destinations": ["partner"]}
        }
        write_config(tmp_path, changed)
        await host.host.reload()
        assert (await host.post("/v1/t", track(1))).status_code == 401
        assert (await host.post("/v1/t", track(1), key="k-app")).status_code == 200
        assert (await host.post("/v1/t", {"event": "x" * 2000}, key="k-app")).status_code == 200
        [row] = await host.settled()
        assert row.source == "app"
        [item] = await host.rejected()
        assert "larger than 1,024 bytes" in item.reason


async def test_a_bad_configuration_is_refused_and_the_old_one_goes_on(tmp_path):
    async with running(tmp_path) as host:
        write_config(tmp_path, document(sources={}))
        with pytest.raises(ConfigurationError):
            await host.host.reload()
        await host.send(track(1))
        [row] = await host.settled()
    assert row.status is Status.DELIVERED


async def test_a_delivery_in_flight_ends_with_the_old_instance(tmp_path):
    async with running(tmp_path) as host:
        host.partner.gate.clear()
        await host.send(track(1))
        await asyncio.wait_for(host.partner.started.wait(), 30)
        await host.host.reload()
        host.partner.gate.set()
        [row] = await host.settled()
    assert (row.status, row.attempts) == (Status.DELIVERED, 1)


async def test_what_waits_at_a_stop_is_delivered_by_the_next_start(tmp_path):
    partner = Partner()
    async with running(tmp_path, partner=partner) as host:
        host.partner.gate.clear()
        await host.send(*map(track, range(500)))
    async with running(tmp_path, partner=partner) as host:
        rows = await host.settled(500)
    assert {row.status for row in rows} == {Status.DELIVERED}
    assert {event["messageId"] for event in partner.received} == {f"m-{n}" for n in range(500)}


async def test_a_taken_address_is_named_with_its_option(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    async with running(other) as host:
        config = document()
        config["listen"]["ingress"]["port"] = host.client.base_url.port
        with pytest.raises(ListenError, match=r"\(listen.ingress\): Address already in use"):
            async with running(tmp_path, config):
                pass


async def ask(host, path, **options):
    async with httpx.AsyncClient(base_url=host.host.urls["administration"]) as client:
        return await client.get(path, **options)


async def test_health_and_readiness(tmp_path):
    async with running(tmp_path) as host:
        assert (await ask(host, "/health")).json() == {"status": "alive"}
        ready = await ask(host, "/ready")
        assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})


async def test_a_host_beyond_a_limit_is_alive_and_not_ready(tmp_path):
    async with running(tmp_path, document(limits={"freeBytes": 10**15})) as host:
        assert (await ask(host, "/health")).status_code == 200
        ready = await ask(host, "/ready")
    assert ready.status_code == 503
    assert "limits.freeBytes" in ready.json()["reasons"][0]


async def test_the_administration_of_this_machine_answers_to_its_own_names_only(tmp_path):
    async with running(tmp_path) as host:
        rebound = await ask(host, "/health", headers={"Host": "evil.example"})
        local = await ask(host, "/health", headers={"Host": "localhost"})
    assert (rebound.status_code, local.status_code) == (400, 200)


@pytest.mark.parametrize(
    ("header", "status"),
    [("Bearer t-admin", 404), ("bearer t-admin", 404), ("Bearer t-admi", 401), ("", 401)],
)
async def test_a_token_guards_everything_but_health_and_readiness(tmp_path, header, status):
    config = document()
    config["listen"]["administration"]["token"] = {"$secret": "TOKEN"}
    async with running(tmp_path, config) as host:
        assert (await ask(host, "/api/x", headers={"Authorization": header})).status_code == status
        assert (await ask(host, "/health")).status_code == 200
        assert (await ask(host, "/ready")).status_code == 200


async def test_the_page_is_open_without_its_token_and_no_path_below_it_leads_further(tmp_path):
    config = document()
    config["listen"]["administration"]["token"] = {"$secret": "TOKEN"}
    async with running(tmp_path, config) as host:
        assert (await ask(host, "/")).status_code != 401
        for path in ("/assets/../api/instances", "/assets/%2e%2e/api/instances", "/assetsx"):
            assert (await ask(host, path)).status_code in (401, 404)
        for path in ("/api/instances", "/api/destinations", "/metrics", "//api/instances"):
            assert (await ask(host, path)).status_code == 401


async def reload(host, content_type="application/json"):
    async with httpx.AsyncClient(base_url=host.host.urls["administration"]) as client:
        return await client.post("/api/reload", headers={"Content-Type": content_type})


async def test_the_api_reloads_the_configuration(tmp_path):
    async with running(tmp_path) as host:
        changed = document()
        changed["sources"]["web"]["writeKeys"] = [{"$secret": "APP_KEY"}]
        write_config(tmp_path, changed)
        assert (await reload(host)).json() == {"reloaded": True}
        assert (await host.post("/v1/t", track(1))).status_code == 401
        assert (await host.post("/v1/t", track(1), key="k-app")).status_code == 200


async def test_the_api_names_the_problems_of_a_bad_configuration(tmp_path):
    async with running(tmp_path) as host:
        write_config(tmp_path, document(limits={"x": 1}))
        refused = await reload(host)
        host.path.write_text("{", encoding="utf-8")
        broken = await reload(host)
        await host.send(track(1))
    assert refused.status_code == broken.status_code == 422
    assert [problem["path"] for problem in refused.json()["problems"]] == ["/limits/x"]
    assert "host.json cannot be read" in broken.json()["error"]


async def test_a_page_of_another_origin_cannot_reload(tmp_path):
    async with running(tmp_path) as host:
        assert (await reload(host, "text/plain")).status_code == 415


async def test_a_replaced_instance_tries_parked_events_again_at_once(tmp_path):
    refusing = Partner()
    refusing.error = InvalidAuthenticationError("expired")
    async with running(tmp_path, partner=refusing) as host:
        await host.send(track(1))
        assert [row.status for row in await host.settled()] == [Status.PARKED]
        refusing.error = None
        await host.host.reload()
        await asyncio.wait_for(refusing.accepted.wait(), 30)


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.time = 1_800_000_000.0

    def __call__(self):
        return self.time


async def post_until(host, status):
    """Send an event until it gets this status; return the response."""
    async with asyncio.timeout(60):
        while True:
            response = await host.post("/v1/t", track(9))
            if response.status_code == status:
                return response
            await asyncio.sleep(0.05)


async def wait_for_metric(host, line):
    async with asyncio.timeout(60):
        while True:
            if line in (await scrape(host)).splitlines():
                return
            await asyncio.sleep(0.05)


async def test_events_are_refused_while_the_oldest_delivery_is_overdue_and_taken_after_it(tmp_path):
    clock = Clock()
    limits = {"freeBytes": 0, "inFlight": 1, "overdue": "1h"}
    async with running(tmp_path, document(limits=limits), clock=clock) as host:
        host.partner.gate.clear()
        await host.send(track(1), track(2))  # of two users: the second one is due, and waits
        await asyncio.wait_for(host.partner.started.wait(), 30)
        clock.time += 3599
        await wait_for_metric(host, 'dkit_queue_oldest_seconds{instance="partner"} 3599.0')
        assert (await host.post("/v1/t", track(3))).status_code == 200
        clock.time += 3601
        response = await post_until(host, 429)
        ready = await ask(host, "/ready")
        assert response.json()["code"] == "OVERLOADED"
        assert "overdue (limits.overdue)" in response.json()["message"]
        assert int(response.headers["Retry-After"]) > 0
        assert ready.status_code == 503
        [reason] = ready.json()["reasons"]
        assert reason == "the oldest delivery is 7,200 s overdue (limits.overdue)"
        assert (await ask(host, "/health")).status_code == 200
        host.partner.gate.set()
        await post_until(host, 200)
        assert (await ask(host, "/ready")).status_code == 200


async def test_a_parked_delivery_makes_no_host_overdue(tmp_path):
    clock, refusing = Clock(), Partner()
    refusing.error = InvalidAuthenticationError("expired")
    async with running(tmp_path, partner=refusing, clock=clock) as host:
        await host.send(track(1))
        await host.settled()
        clock.time += 86_400
        await wait_for_metric(host, "dkit_delivery_attempts_total 2.0")  # the probe
        await wait_for_metric(host, 'dkit_queue_deliveries{instance="partner",state="parked"} 1.0')
        assert (await ask(host, "/ready")).status_code == 200
