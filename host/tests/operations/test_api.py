"""The API of the queue, on the sockets of a running host."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx

from destination_host.queue import Status
from destination_kit import IntegrationError, InvalidAuthenticationError
from destination_kit.delivery import Line, read_delivery_request
from host.tests.running import Partner, document, running

REFUSED = IntegrationError("no such field", "NO_FIELD", 400)


def track(number, user=None, **more):
    return {
        "type": "track",
        "event": "n",
        "messageId": f"m-{number}",
        "userId": user or f"u-{number}",
        **more,
    }


class Api:
    """A client of the administration of a host."""

    def __init__(self, host, client):
        self.host, self.client = host, client

    async def get(self, path="", answers=200, **params):
        response = await self.client.get(f"/api/queue{path}", params=params)
        assert response.status_code == answers, response.text
        return response.json()

    async def post(self, path, answers=200, **body):
        response = await self.client.post(f"/api/queue{path}", json=body)
        assert response.status_code == answers, response.text
        return response.json()

    async def replay(self, **body):
        """Replay, and return the replay when it has ended."""
        begun = await self.post("/replays", 201, **body)
        return await self.ended(begun["replay"])

    async def ended(self, number):
        async with asyncio.timeout(60):
            while True:
                found = await self.get(f"/replays/{number}")
                if found["state"] != "running":
                    return found
                await asyncio.sleep(0.02)


@asynccontextmanager
async def serving(folder, *events, error=None, config=None):
    """Yield the API of a host whose partner has accepted or refused these events."""
    partner = Partner()
    partner.error = error
    async with running(folder, config, partner=partner) as host:
        if events:
            await host.send(*events)
            await host.settled(len(events))
        partner.error = None
        async with httpx.AsyncClient(base_url=host.host.urls["administration"]) as client:
            yield Api(host, client)


async def test_the_status_has_the_figures_of_each_instance(tmp_path):
    async with serving(tmp_path, track(1), track(2), error=REFUSED) as api:
        await api.host.send(track(3))
        await api.host.settled(3)
        status = await api.get()
    deliveries = status["instances"]["partner"]["deliveries"]
    assert (deliveries["dead"], deliveries["delivered"], deliveries["waiting"]) == (2, 1, 0)
    assert status["usedBytes"] > 0
    assert status["replays"] == []


async def test_lists_are_read_page_by_page(tmp_path):
    async with serving(tmp_path, *map(track, range(5))) as api:
        pages = [await api.get("/deliveries", limit=2)]
        while pages[-1]["next"]:
            pages.append(await api.get("/deliveries", limit=2, cursor=pages[-1]["next"]))
    numbers = [[row["delivery"] for row in page["deliveries"]] for page in pages]
    assert numbers == [[5, 4], [3, 2], [1]]


async def test_a_list_has_what_a_filter_matches(tmp_path):
    async with serving(tmp_path, track(1), track(2), error=REFUSED) as api:
        await api.host.send(track(3))
        await api.host.settled(3)
        dead = await api.get("/deliveries", status="dead", code="NO_FIELD", instance="partner")
        user = await api.get("/deliveries", user="u-3")
        message = await api.get("/deliveries", messageId="m-2")
        old = await api.get("/deliveries", until="1h")
        counts = await api.get("/count", status="dead")
    assert [row["delivery"] for row in dead["deliveries"]] == [2, 1]
    [failure] = dead["deliveries"][0]["failures"]
    assert (failure["action"], failure["message"]) == ("post", "no such field")
    [row] = user["deliveries"]
    assert (row["messageId"], row["user"], row["status"]) == ("m-3", "userId u-3", "delivered")
    assert [row["delivery"] for row in message["deliveries"]] == [2]
    assert old["deliveries"] == []
    assert (counts["total"], counts["deliveries"]["dead"]) == (2, 2)


async def test_a_delivery_is_shown_with_its_event_and_attempts(tmp_path):
    async with serving(tmp_path, track(1), error=REFUSED) as api:
        shown = await api.get("/deliveries/1")
        missing = await api.get("/deliveries/99", 404)
    assert shown["event"]["messageId"] == "m-1"
    [record] = shown["records"]
    assert (record["attempt"], record["results"][0]["code"]) == (1, "NO_FIELD")
    assert "there is no delivery 99" in missing["error"]


async def test_a_parked_delivery_names_what_has_to_be_mended(tmp_path):
    expired = InvalidAuthenticationError("expired")
    async with serving(tmp_path, track(1), error=expired) as api:
        [row] = (await api.get("/deliveries", status="parked"))["deliveries"]
    assert (row["parkedIn"], row["reason"]) == ("instance", "")


async def test_rejected_items_are_listed_with_their_reasons(tmp_path):
    async with serving(tmp_path) as api:
        await api.host.send(*("no object" for _ in range(3)))
        first = await api.get("/rejected", limit=2)
        second = await api.get("/rejected", limit=2, cursor=first["next"])
    assert [len(page["rejected"]) for page in (first, second)] == [2, 1]
    assert second["next"] is None
    assert first["rejected"][0]["source"] == "web"
    assert first["rejected"][0]["reason"]


async def test_a_replay_is_counted_first_and_then_delivers(tmp_path):
    async with serving(tmp_path, *map(track, range(30)), error=REFUSED) as api:
        wanted = {"filter": {"status": "dead", "code": ["NO_FIELD"]}}
        counted = await api.post("/replays", **wanted, dryRun=True)
        assert counted == {"replayed": 30, "overtaken": 0, "dryRun": True}
        assert api.host.partner.received == []
        done = await api.replay(**wanted, rate=10_000)
        assert (done["state"], done["replayed"], done["matching"]) == ("finished", 30, 30)
        rows = await api.host.settled(30)
    assert {row.status for row in rows} == {Status.DELIVERED}
    assert len(api.host.partner.received) == 30


async def test_a_replay_has_its_rate_and_can_be_cancelled(tmp_path):
    async with serving(tmp_path, *map(track, range(30)), error=REFUSED) as api:
        begun = await api.post("/replays", 201, filter={"status": "dead"}, rate=1)
        await asyncio.wait_for(api.host.partner.accepted.wait(), 30)
        assert len((await api.get())["replays"]) == 1
        cancelled = (await api.client.delete(f"/api/queue/replays/{begun['replay']}")).json()
        moved = cancelled["replayed"]
        left = await api.get("/count", status="dead")
    assert cancelled["state"] == "cancelled"
    assert 1 <= moved < 30
    assert left["total"] == 30 - moved


async def test_an_event_older_than_one_already_delivered_is_counted_and_left_alone(tmp_path):
    async with serving(tmp_path, track(1, "ann"), track(2, "bob"), error=REFUSED) as api:
        await api.host.send(track(3, "ann"))
        await api.host.settled(3)
        dead = {"filter": {"status": "dead"}}
        counted = await api.post("/replays", **dead, dryRun=True)
        assert (counted["replayed"], counted["overtaken"]) == (1, 1)
        done = await api.replay(**dead)
        assert (done["replayed"], done["overtaken"]) == (1, 1)
        everything = await api.post("/replays", **dead, overwrite=True, dryRun=True)
        assert (everything["replayed"], everything["overtaken"]) == (1, 0)
        await api.replay(**dead, overwrite=True)
        await api.host.settled(3)
    assert [event["messageId"] for event in api.host.partner.received] == ["m-3", "m-2", "m-1"]


async def test_a_drop_is_counted_first_and_has_its_reason(tmp_path):
    expired = InvalidAuthenticationError("expired")
    async with serving(tmp_path, track(1), error=expired) as api:
        wanted = {"filter": {"user": "u-1"}}
        assert await api.post("/drop", **wanted, dryRun=True) == {"dropped": 1, "dryRun": True}
        assert await api.post("/drop", **wanted, reason="a test") == {"dropped": 1}
        shown = await api.get("/deliveries/1")
    assert (shown["status"], shown["reason"]) == ("skipped", "a test")


async def test_a_purge_removes_what_matches_and_repetitions_stay_known(tmp_path):
    async with serving(tmp_path, track(1), track(2)) as api:
        wanted = {"filter": {"user": "u-1"}}
        assert await api.post("/purge", **wanted, dryRun=True) == {"purged": 1, "dryRun": True}
        assert await api.post("/purge", **wanted) == {"purged": 1}
        await api.get("/deliveries/1", 404)
        await api.host.send(track(1))
        assert (await api.get("/count"))["total"] == 1
        assert await api.post("/purge") == {"purged": 0}  # what the retention ends
    assert [event["messageId"] for event in api.host.partner.received] == ["m-1", "m-2"]


async def test_an_export_has_lines_that_deliver_takes(tmp_path):
    number = 1234567890123456789012345
    async with serving(tmp_path, track(1, properties={"n": number}), error=REFUSED) as api:
        await api.host.send(track(2))
        await api.host.settled(2)
        response = await api.client.get("/api/queue/export")
        page = await api.client.get("/api/queue/export", params={"limit": 1})
        rest = await api.client.get("/api/queue/export", params={"limit": 1, "cursor": 1})
    dead, delivered = response.content.splitlines()
    assert page.content == dead + b"\n"
    assert (page.headers["dkit-next"], rest.content) == ("1", delivered + b"\n")
    assert json.loads(dead)["event"]["properties"]["n"] == number
    request = read_delivery_request(Line(1, dead))
    assert (request.event["messageId"], [*request.only]) == ("m-1", ["Post"])
    assert read_delivery_request(Line(1, delivered)).only is None


async def test_mistakes_are_named_with_their_parameter(tmp_path):
    async with serving(tmp_path) as api:
        refused = [
            await api.get("/deliveries", 400, stauts="dead"),
            await api.get("/deliveries", 400, limit="0"),
            await api.get("/deliveries", 400, cursor="x"),
            await api.post("/replays", 400, filter={"status": ["deed"]}),
            await api.post("/replays", 400, filter={}),
            await api.post("/replays", 400, all=True, rate=0),
            await api.post("/replays", 400, all=True, mapping="later"),
            await api.post("/drop", 400),
            await api.post("/drop", 400, filter={"user": True}),
            await api.post("/purge", 400, fliter={}),
        ]
        form = await api.client.post("/api/queue/drop", content=b'{"all": true}')
        broken = await api.client.post(
            "/api/queue/drop", content=b"{", headers={"content-type": "application/json"}
        )
    assert [one["parameter"] for one in refused] == [
        *("stauts", "limit", "cursor", "status", "filter", "rate", "mapping", "filter"),
        *("user", "fliter"),
    ]
    assert form.status_code == 415
    assert (broken.status_code, broken.json()["parameter"]) == (400, "body")


async def test_the_token_guards_the_queue(tmp_path):
    config = document()
    config["listen"]["administration"]["token"] = {"$secret": "TOKEN"}
    async with serving(tmp_path, config=config) as api:
        await api.get("", 401)
        answer = await api.client.get("/api/queue", headers={"Authorization": "Bearer t-admin"})
    assert answer.status_code == 200
