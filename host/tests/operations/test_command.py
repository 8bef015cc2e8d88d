"""`dkit queue` in processes of its own: against a running host, and on the file of a stopped one."""

import asyncio
import json
import os
import signal
import sys

import pytest

from destination_host.queue import NewEvent, Route, Settlement, Status
from destination_host.queue.records import Failure
from destination_host.queue.sqlite import SqliteQueue
from destination_kit import IntegrationError
from destination_kit.delivery import Line, read_delivery_request
from host.tests.running import Partner, document, running, write_config

DKIT = (sys.executable, "-m", "destination_kit.cli", "queue")


class Done:
    """What a process has written, and its exit code."""

    def __init__(self, process, out, err):
        self.code, self.out, self.err = process.returncode, out.decode(), err.decode()

    @property
    def json(self):
        assert self.code == 0, self.err
        return json.loads(self.out)


async def start(folder, *arguments, **environment):
    return await asyncio.create_subprocess_exec(
        *DKIT,
        *arguments,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def queue(folder, *arguments, **environment):
    process = await start(folder, *arguments, **environment)
    async with asyncio.timeout(100):
        return Done(process, *await process.communicate())


def track(number, user=None):
    return {
        "type": "track",
        "event": "n",
        "messageId": f"m-{number}",
        "userId": user or f"u-{number}",
    }


def new_event(number):
    body = json.dumps(track(number)).encode()
    return NewEvent("web", body, 1.8e9, [Route("partner", f"userId u-{number}")], f"m-{number}")


@pytest.fixture
async def folder(tmp_path):
    """A folder with the configuration of a stopped host: of five events two are dead, one waits."""
    write_config(tmp_path, document())
    async with await SqliteQueue.open(tmp_path / "queue.db") as kept:
        await kept.put([new_event(number) for number in range(5)])
        taken = await kept.take({"partner": 4})
        failure = Failure(subscription="Post", action="post", code="NO_FIELD", message="no field")
        letter = {"subscription": "Post", "action": "post", "status": "failed", "code": "NO_FIELD"}
        progress = json.dumps({"failures": [letter]}).encode()
        await kept.finish(
            [
                Settlement(
                    delivery=one.delivery,
                    status=Status.DEAD if one.delivery < 3 else Status.DELIVERED,
                    failures=[failure] if one.delivery < 3 else [],
                    progress=progress if one.delivery < 3 else b"",
                    attempt_record=b'{"at":1.0,"seconds":2.5,"results":[]}',
                )
                for one in taken
            ]
        )
    return tmp_path


async def test_the_file_of_a_stopped_host_is_shown(folder):
    status = (await queue(folder, "status", "--json")).json
    counts = status["instances"]["partner"]["deliveries"]
    assert (counts["dead"], counts["delivered"], counts["waiting"]) == (2, 2, 1)
    table = await queue(folder, "status", "--file", "queue.db")
    assert table.out.splitlines()[0].split()[:3] == ["instance", "waiting", "in"]
    listed = await queue(folder, "list", "--status", "dead", "--limit", "1")
    assert "NO_FIELD: no field" in listed.out
    assert "more: add --cursor 2" in listed.err
    second = await queue(folder, "list", "--status", "dead", "--cursor", "2", "--json")
    assert [row["delivery"] for row in second.json["deliveries"]] == [1]
    shown = await queue(folder, "show", "1")
    assert "attempt 1, 2.5 s" in shown.out
    assert '"messageId": "m-0"' in shown.out


async def test_a_replay_of_a_stopped_host_is_delivered_at_its_start(folder):
    counted = await queue(folder, "replay", "--code", "NO_FIELD")
    assert counted.out == "2 deliveries to replay\n"
    assert "add --yes" in counted.err
    assert (await queue(folder, "status", "--json")).json["unfinished"] == 1
    done = await queue(folder, "replay", "--code", "NO_FIELD", "--yes")
    assert done.out == "2 deliveries wait again\n"
    partner = Partner()
    async with running(folder, partner=partner) as host:
        await host.settled(5)
    assert sorted(event["messageId"] for event in partner.received) == ["m-0", "m-1", "m-4"]


async def test_an_export_is_a_file_for_deliver_that_only_its_owner_reads(folder):
    done = await queue(folder, "export", "--status", "dead", "--out", "dead.jsonl")
    assert done.out == "2 events in dead.jsonl\n"
    file = folder / "dead.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    lines = file.read_bytes().splitlines()
    requests = [read_delivery_request(Line(n, line)) for n, line in enumerate(lines, 1)]
    assert [(one.event["messageId"], [*one.only]) for one in requests] == [
        ("m-0", ["Post"]),
        ("m-1", ["Post"]),
    ]
    again = await queue(folder, "export", "--out", "dead.jsonl")
    assert (again.code, "dead.jsonl exists" in again.err) == (2, True)
    assert file.read_bytes().splitlines() == lines
    everything = await queue(folder, "export")
    assert len(everything.out.splitlines()) == 5


async def test_a_drop_and_a_purge_count_first(folder):
    assert (await queue(folder, "drop", "--user", "u-4")).out == "1 delivery to be dropped\n"
    dropped = await queue(folder, "drop", "--user", "u-4", "--yes", "--reason", "a test", "--json")
    assert dropped.json == {"dropped": 1}
    assert (await queue(folder, "show", "5", "--json")).json["reason"] == "a test"
    assert (await queue(folder, "purge", "--status", "dead")).out == "2 deliveries to be purged\n"
    assert (await queue(folder, "purge", "--status", "dead", "--yes", "--json")).json == {
        "purged": 2
    }
    assert (await queue(folder, "show", "1")).code == 1
    assert (await queue(folder, "status", "--json")).json["unfinished"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["list", "--status", "deed"], 2, "did you mean 'dead'"),
        (["list", "--since", "yesterday"], 2, "neither a time"),
        (["replay", "--yes"], 2, "name a filter"),
        (["drop", "--yes"], 2, "name a filter"),
        (["show", "99"], 1, "there is no delivery 99"),
        (["status", "--config", "none.json"], 2, "--config, --url or --file"),
        (["status", "--file", "none.db"], 1, "there is no queue file none.db"),
        (["status", "--url", "http://127.0.0.1:1"], 1, "no host answers"),
    ],
)
async def test_what_is_wrong_is_named(folder, arguments, code, message):
    done = await queue(folder, *arguments)
    assert (done.code, done.out) == (code, "")
    assert message in done.err


async def test_a_running_host_is_asked_over_its_administration(tmp_path):
    partner = Partner()
    partner.error = IntegrationError("no such field", "NO_FIELD", 400)
    config = document()
    config["listen"]["administration"]["token"] = {"$secret": "TOKEN"}
    async with running(tmp_path, config, partner=partner) as host:
        await host.send(*map(track, range(3)))
        await host.settled(3)
        partner.error = None
        url = ("--url", host.host.urls["administration"])
        refused = await queue(tmp_path, "status", *url)
        assert (refused.code, "token" in refused.err) == (2, True)
        done = await queue(
            tmp_path, "replay", "--all", "--yes", "--json", *url, DKIT_HOST_TOKEN="t-admin"
        )
        assert (done.json["state"], done.json["replayed"]) == ("finished", 3)
        await host.settled(3)
        locked = await queue(tmp_path, "status", "--file", "queue.db")
    assert (locked.code, "another process has opened the queue" in locked.err) == (1, True)
    assert len(partner.received) == 3


async def test_ctrl_c_stops_a_replay_and_leaves_the_rest(tmp_path):
    partner = Partner()
    partner.error = IntegrationError("no such field", "NO_FIELD", 400)
    async with running(tmp_path, partner=partner) as host:
        await host.send(*map(track, range(50)))
        await host.settled(50)
        partner.error = None
        url = host.host.urls["administration"]
        process = await start(tmp_path, "replay", "--all", "--yes", "--rate", "1", "--url", url)
        await asyncio.wait_for(partner.accepted.wait(), 60)
        await asyncio.sleep(0.7)
        process.send_signal(signal.SIGINT)
        done = Done(process, *await process.communicate())
        rows = await host.settled(50)
    dead = sum(row.status is Status.DEAD for row in rows)
    assert (done.code, "the replay was cancelled" in done.err) == (1, True)
    assert 0 < dead < 50
    moved = 50 - dead
    assert done.out == f"{moved} {'delivery' if moved == 1 else 'deliveries'} wait again\n"


async def test_a_configuration_leads_to_its_host(tmp_path):
    async with running(tmp_path) as host:
        config = document()
        config["listen"]["administration"]["port"] = int(
            host.host.urls["administration"].rpartition(":")[2]
        )
        (tmp_path / "other.json").write_text(json.dumps(config), encoding="utf-8")
        await host.send(track(1))
        await host.settled()
        status = await queue(tmp_path, "status", "--config", "other.json", "--json")
    assert status.json["instances"]["partner"]["deliveries"]["delivered"] == 1
