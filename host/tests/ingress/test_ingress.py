"""The ingress on a real socket: what it takes, what it keeps, and what it refuses."""

import asyncio
import gzip
import json
import tracemalloc
import zlib

import pytest

from destination_host.ingress.bodies import decompress
from destination_host.ingress.refusals import RequestRefusedError
from destination_host.queue import Status
from host.tests.running import KEY, Partner, document, instance, running

# The header of gzip has a time, and the names of tests must not.
GZIPPED = gzip.compress(b'{"batch": []}', mtime=0)
TRACK = {"type": "track", "event": "Order Completed", "userId": "u-1"}


@pytest.mark.parametrize(
    ("path", "event_type"),
    [
        *[(path, None) for path in ("batch", "b", "import")],
        *[(path, "identify") for path in ("identify", "i")],
        *[(path, "track") for path in ("track", "t")],
        *[(path, "page") for path in ("page", "p")],
        *[(path, "screen") for path in ("screen", "s")],
        *[(path, "group") for path in ("group", "g")],
        *[(path, "alias") for path in ("alias", "a")],
    ],
)
async def test_each_path_takes_its_events(tmp_path, path, event_type):
    body = {"userId": "u-1"} if event_type else {"batch": [TRACK]}
    async with running(tmp_path) as host:
        response = await host.post(f"/v1/{path}", body)
        [event] = await host.bodies()
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert event["type"] == event_type or "track"


async def test_an_unknown_path_is_404(tmp_path):
    async with running(tmp_path) as host:
        assert (await host.post("/v1/tracks", TRACK)).status_code == 404


async def test_events_reach_the_partner_as_they_were_sent(tmp_path):
    async with running(tmp_path) as host:
        await host.send({**TRACK, "messageId": "m-1"}, {**TRACK, "messageId": "m-2"})
        rows = await host.settled(2)
        received = host.partner.received
    assert [row.status for row in rows] == [Status.DELIVERED] * 2
    assert [event["messageId"] for event in received] == ["m-1", "m-2"]
    assert all(event["event"] == "Order Completed" for event in received)


async def test_200_comes_after_the_commit(tmp_path):
    async with running(tmp_path) as host:
        host.partner.gate.clear()
        await host.send({**TRACK, "messageId": "m-1"})
        # A copy of the file and its log is what a kill would leave.
        for name in ("queue.db", "queue.db-wal"):
            (tmp_path / f"copy-{name}").write_bytes((tmp_path / name).read_bytes())
        (tmp_path / "copy-queue.db-wal").rename(tmp_path / "copy.db-wal")
        (tmp_path / "copy-queue.db").rename(tmp_path / "copy.db")
    from destination_host.queue import Filter
    from destination_host.queue.sqlite import SqliteQueue

    async with await SqliteQueue.open(tmp_path / "copy.db") as copy:
        [row] = await copy.find(Filter())
    assert row.message_id == "m-1"


async def test_the_write_key_is_read_from_the_body_and_never_kept(tmp_path):
    single = {**TRACK, "writeKey": KEY}
    batch = {"writeKey": KEY, "batch": [{**TRACK, "writeKey": KEY}, {"writeKey": KEY}]}
    async with running(tmp_path) as host:
        assert (await host.post("/v1/t", single, key=None)).status_code == 200
        assert (await host.post("/v1/b", batch, key=None)).status_code == 200
        broken = b'{"writeKey": "%s", ' % KEY.encode()
        assert (await host.post("/v1/b", broken)).status_code == 400
        bodies, rejected = await host.bodies(), await host.rejected()
    assert len(bodies) == 2
    assert len(rejected) == 2
    kept = json.dumps(bodies) + "".join(item.body.decode() for item in rejected)
    assert KEY not in kept
    for file in tmp_path.glob("queue.db*"):
        assert KEY.encode() not in file.read_bytes()


@pytest.mark.parametrize("key", ["k-websit", "k-websitee", "", "ü", None])
async def test_an_unknown_key_is_401_and_nothing_is_kept(tmp_path, key):
    async with running(tmp_path) as host:
        response = await host.post("/v1/batch", {"batch": [TRACK]}, key=key)
        assert response.status_code == 401
        assert response.json()["code"] == "INVALID_WRITE_KEY"
        assert await host.bodies() == await host.rejected() == []


async def test_a_broken_basic_header_is_401(tmp_path):
    async with running(tmp_path) as host:
        headers = {"Authorization": "Basic %%%"}
        response = await host.post("/v1/t", TRACK, key=None, headers=headers)
        assert response.status_code == 401


async def test_an_unknown_key_can_be_answered_200_with_the_body_kept_as_rejected(tmp_path):
    config = document()
    config["listen"]["ingress"]["unknownWriteKeys"] = "keep"
    async with running(tmp_path, config) as host:
        response = await host.post("/v1/t", {**TRACK, "writeKey": "wrong"}, key=None)
        assert (response.status_code, response.json()) == (200, {"success": True})
        assert await host.bodies() == []
        [item] = await host.rejected()
    assert (item.source, item.code) == ("", "INVALID_WRITE_KEY")
    assert json.loads(item.body) == TRACK


async def test_unknown_keys_are_rate_limited_and_known_ones_are_not(tmp_path):
    config = document(limits={"freeBytes": 0, "unknownKeysPerMinute": 2})
    async with running(tmp_path, config) as host:
        statuses = [(await host.post("/v1/t", TRACK, key="no")).status_code for _ in range(3)]
        last = await host.post("/v1/t", TRACK, key="no")
        assert statuses == [401, 401, 429]
        assert 0 < int(last.headers["Retry-After"]) <= 60
        assert (await host.post("/v1/t", TRACK)).status_code == 200


def raw_deflate(content):
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(content) + stream.flush()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
    ],
)
async def test_compressed_bodies_are_read(tmp_path, encoding, compress):
    content = compress(json.dumps({"batch": [TRACK]}).encode())
    headers = {"Content-Encoding": encoding} if encoding else {}
    async with running(tmp_path) as host:
        assert (await host.post("/v1/batch", content, headers=headers)).status_code == 200
        assert len(await host.bodies()) == 1


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", GZIPPED[:-1], 400),
        ("gzip", GZIPPED + b"more", 400),
        ("gzip", b"plain", 400),
        ("gzip", b"", 400),
        ("deflate", b"", 400),
        ("br", b"{}", 415),
        ("gzip", gzip.compress(b" " * 600_000, mtime=0), 413),
        ("deflate", zlib.compress(b" " * 100_000_000), 413),
        ("identity", b" " * 600_000, 413),
        ("identity", b" " * 10_000_000, 413),
    ],
)
async def test_bodies_that_cannot_be_read_are_refused(tmp_path, encoding, body, status):
    async with running(tmp_path) as host:
        headers = {"Content-Encoding": encoding}
        response = await host.post("/v1/batch", body, headers=headers)
        assert response.status_code == status
        assert response.json()["success"] is False
        assert (await host.post("/v1/batch", {"batch": [TRACK]})).status_code == 200


def test_a_body_that_grows_without_end_takes_no_memory_beyond_the_limit():
    bomb = gzip.compress(b" " * 100_000_000, mtime=0)
    tracemalloc.start()
    try:
        with pytest.raises(RequestRefusedError, match="larger than 512,000 bytes"):
            decompress(bomb, "gzip", 512_000)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


async def test_a_body_of_exactly_500_kb_is_taken(tmp_path):
    body = json.dumps({"batch": [TRACK]}).encode()
    async with running(tmp_path) as host:
        assert (await host.post("/v1/b", body.ljust(512_000))).status_code == 200
        assert (await host.post("/v1/b", body.ljust(512_001))).status_code == 413


async def test_a_body_that_does_not_end_in_time_is_408(tmp_path):
    config = document(limits={"freeBytes": 0, "bodyTimeout": "1s"})
    async with running(tmp_path, config) as host:
        url = host.client.base_url
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"POST /v1/t HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        response = await asyncio.wait_for(reader.read(), 30)
        writer.close()
    assert response.startswith(b"HTTP/1.1 408")
    assert b'"BODY_TIMEOUT"' in response


async def test_one_bad_item_never_fails_its_batch(tmp_path):
    good = {**TRACK, "messageId": "good"}
    deep = json.loads("[" * 101 + "]" * 101)
    bad = [
        5,
        None,
        [],
        {},
        {"type": "delete", "userId": "u-1"},
        {"type": ["track"]},
        {**TRACK, "properties": {"text": "x" * 32_768}},
        {**TRACK, "properties": deep},
    ]
    async with running(tmp_path) as host:
        await host.send(*bad, good)
        [event] = await host.bodies()
        rejected = await host.rejected()
    assert event["messageId"] == "good"
    assert [json.loads(item.body) for item in reversed(rejected)] == bad
    reasons = [item.reason for item in reversed(rejected)]
    assert reasons[0] == "an event is a JSON object"
    assert "'delete' is none of alias, group" in reasons[4]
    assert "larger than 32,768 bytes" in reasons[6]
    assert "deeper than 100 levels" in reasons[7]
    assert {(item.source, item.code) for item in rejected} == {("web", "INVALID_EVENT")}


async def test_half_surrogate_long_id_and_nan_are_matters_of_their_items(tmp_path):
    body = (
        rb'{"batch": [{"type": "track", "event": "half \ud83d", "userId": 1},'
        rb'{"type": "track", "event": "long", "userId": 1234567890123456789012345},'
        rb'{"type": "track", "event": "nan", "properties": {"n": NaN}},'
        rb'{"type": "track", "event": "huge", "properties": {"n": 1e999}},'
        rb'{"type": "track", "event": "digits", "properties": {"n": ' + b"9" * 5000 + b"}},"
        rb'{"type": "track", "event": "deep", "properties": ' + b"[" * 5000 + b"]" * 5000 + b"},"
        rb'{"type": "track", "event": "last"}]}'
    )
    async with running(tmp_path) as host:
        assert (await host.post("/v1/batch", body)).status_code == 200
        events, rejected = await host.bodies(), await host.rejected()
    assert [event["event"] for event in events] == ["half \ud83d", "long", "last"]
    assert events[1]["userId"] == 1234567890123456789012345
    reasons = [item.reason for item in reversed(rejected)]
    assert ["NaN" in reason for reason in reasons] == [True, True, True, False]
    assert "deeper than 100 levels" in reasons[3]


@pytest.mark.parametrize(
    "digits", ["1234567890123456789012345", "9223372036854775808", "-1" + "0" * 18]
)
async def test_an_integer_of_over_18_digits_keeps_each_of_them(tmp_path, digits):
    body = b'{"batch": [{"type": "page", "userId": %s}]}' % digits.encode()
    async with running(tmp_path) as host:
        assert (await host.post("/v1/batch", body)).status_code == 200
        [event] = await host.bodies()
    assert event["userId"] == int(digits)


async def test_nan_half_surrogate_and_long_id_in_one_item_reject_it_alone(tmp_path):
    body = rb'{"batch": [{"type": "page", "name": "\ud800", "userId": 1234567890123456789012345, "properties": {"n": NaN}}, {"type": "page"}]}'
    async with running(tmp_path) as host:
        assert (await host.post("/v1/batch", body)).status_code == 200
        assert len(await host.bodies()) == 1
        [item] = await host.rejected()
    assert b"1234567890123456789012345" in item.body
    assert b"NaN" in item.body


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"5", b'{"batch": 5}', b"{}", b"\xff", b"[" * 100_000]
)
async def test_a_body_without_events_is_400_and_kept_as_rejected(tmp_path, body):
    async with running(tmp_path) as host:
        response = await host.post("/v1/batch", body)
        [item] = await host.rejected()
    assert response.status_code == 400
    assert response.json()["code"] == item.code == "INVALID_BODY"
    assert item.reason == response.json()["message"]


async def test_an_empty_batch_is_taken(tmp_path):
    async with running(tmp_path) as host:
        await host.send()


async def test_many_bad_items_share_a_row_and_none_is_lost(tmp_path):
    async with running(tmp_path) as host:
        await host.send(*range(1000))
        rejected = await host.rejected()
    assert len(rejected) == 100
    assert json.loads(rejected[0].body) == [*range(99, 1000)]
    assert "901 further items" in rejected[0].reason


@pytest.mark.parametrize("first", ["5", 5])
async def test_a_repetition_is_kept_once_also_with_a_number_as_id(tmp_path, first):
    async with running(tmp_path) as host:
        await host.send({**TRACK, "messageId": first}, {**TRACK, "messageId": "5"})
        await host.send({**TRACK, "messageId": 5})
        assert [row.message_id for row in await host.settled()] == ["5"]


async def test_ids_may_be_null_or_absent_and_an_event_without_a_message_id_gets_one(tmp_path):
    async with running(tmp_path) as host:
        await host.send(
            {"type": "track", "event": "a", "userId": None, "anonymousId": None, "messageId": None},
            {"type": "page"},
            {"type": "page"},
        )
        rows = await host.settled(3)
    assert len({row.message_id for row in rows}) == 3
    assert {row.order_key for row in rows} == {None}


async def test_times_are_corrected_by_the_skew_of_the_sender(tmp_path):
    from datetime import datetime, timedelta

    event = {**TRACK, "timestamp": "2001-01-01T00:00:05.000Z"}
    async with running(tmp_path) as host:
        await host.send(
            event,
            {**event, "sentAt": "2001-01-01T00:00:06Z"},
            {**event, "originalTimestamp": "2000-01-01T00:00:00Z"},
            {**event, "timestamp": "yesterday"},
            TRACK,
            sentAt="2001-01-01T00:00:15.000Z",
        )
        await host.send(event)
        bodies = await host.bodies()
    received = [datetime.fromisoformat(body["receivedAt"]) for body in bodies]
    before = [
        at - datetime.fromisoformat(b["timestamp"]) for at, b in zip(received, bodies, strict=True)
    ]
    assert before[0] == timedelta(seconds=10)
    assert before[1] == timedelta(seconds=1)
    assert bodies[2]["timestamp"] == "2001-01-01T00:00:05.000Z"
    assert before[3] == before[4] == timedelta(0)
    assert bodies[5]["timestamp"] == "2001-01-01T00:00:05.000Z"
    originals = [body.get("originalTimestamp") for body in bodies]
    assert originals == [event["timestamp"]] * 2 + [
        "2000-01-01T00:00:00Z",
        "yesterday",
        None,
        event["timestamp"],
    ]
    assert bodies[0]["sentAt"] == "2001-01-01T00:00:15.000Z"


async def test_context_and_integrations_of_a_batch_hold_for_its_items(tmp_path):
    async with running(tmp_path) as host:
        await host.send(
            {**TRACK, "context": {"ip": "1.1.1.1"}, "integrations": None},
            {**TRACK, "context": "odd"},
            context={"ip": "9.9.9.9", "locale": "de"},
            integrations={"Other": False},
        )
        first, second = await host.bodies()
    assert first["context"] == {"ip": "1.1.1.1", "locale": "de"}
    assert first["integrations"] == {"Other": False}
    assert second["context"] == "odd"


async def test_pages_of_other_origins_may_send(tmp_path):
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    async with running(tmp_path) as host:
        asked = await host.client.options("/v1/t", headers=headers)
        sent = await host.post("/v1/t", TRACK, headers={"Origin": "https://shop.example"})
        refused = await host.post(
            "/v1/t", TRACK, key="no", headers={"Origin": "https://shop.example"}
        )
    assert asked.status_code == 200
    assert "authorization" in asked.headers["access-control-allow-headers"].lower()
    for response in (asked, sent, refused):
        assert response.headers["access-control-allow-origin"] == "*"


async def test_only_listed_origins_may_read_the_response(tmp_path):
    config = document()
    config["listen"]["ingress"]["origins"] = ["https://shop.example"]
    async with running(tmp_path, config) as host:
        own = await host.post("/v1/t", TRACK, headers={"Origin": "https://shop.example"})
        other = await host.post("/v1/t", TRACK, headers={"Origin": "https://evil.example"})
    assert own.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in other.headers


async def answer_other_than(host, status):
    """Send events until the response has another status; return it."""
    async with asyncio.timeout(30):
        while True:
            response = await host.post("/v1/t", TRACK)
            if response.status_code != status:
                return response
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [({"unfinished": 1}, "deliveries are unfinished"), ({"freeBytes": 10**15}, "bytes left")],
)
async def test_beyond_a_limit_of_the_queue_events_are_429(tmp_path, limit, reason):
    config = document(limits={"freeBytes": 0, **limit})
    partner = Partner()
    partner.gate.clear()
    async with running(tmp_path, config, partner) as host:
        if "unfinished" in limit:
            await host.send(TRACK)
        response = await answer_other_than(host, 200)
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) > 0
        assert reason in response.json()["message"]
        partner.gate.set()
        if "unfinished" in limit:
            assert (await answer_other_than(host, 429)).status_code == 200


async def test_a_large_slow_batch_of_one_sender_leaves_turns_to_others(tmp_path):
    config = document(destinations={"partner": instance(trigger='event = "none"')})
    async with running(tmp_path, config) as host:
        large = asyncio.create_task(host.send(*[{"type": "page"}] * 20_000))
        await host.send(TRACK)
        await large
