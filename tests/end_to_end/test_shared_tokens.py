"""Two processes of `dkit deliver` with one `--store`, one account and one token endpoint."""

import json
import os
import subprocess
import threading
import time

import pytest

from tests.end_to_end.conftest import DKIT, environment_with, serving

PLUGIN = """
from destination_kit import Action, Authentication, Destination, hookimpl
from destination_kit.oauth import refresh_token

SECRETS = ("clientId", "clientSecret", "accessToken", "refreshToken")


async def perform(context, payload):
    return await context.http.post("https://api.partner.example/events", json={})


@hookimpl
def register_destinations():
    secret = {"type": "string", "format": "password"}
    return [
        Destination(
            slug="tokens",
            name="Tokens",
            settings={"type": "object", "properties": dict.fromkeys(SECRETS, secret)},
            authentication=Authentication(
                scheme="oauth2", refresh=refresh_token("https://api.partner.example/token")
            ),
            hosts=("*.partner.example",),
            extend_request=lambda settings: {"authorization": settings["accessToken"]},
            actions={"do": Action(title="Do", trigger='type = "track"', perform=perform)},
        )
    ]
"""
PROCESSES = 2
EVENTS = 5


class Partner:
    """A partner that refuses the first request of each process at the same moment."""

    def __init__(self, token_status):
        self.token_status = token_status
        self.refreshes, self.delivered = [], 0
        self.everyone_waits = threading.Barrier(PROCESSES)
        self.guard = threading.Lock()

    def answer(self, path, authorization, _body):
        if path == "/token":
            with self.guard:
                self.refreshes.append(authorization)
            # Long enough for the other process to come, if no lock holds it.
            time.sleep(0.5)
            return self.token_status, {"access_token": "valid"}
        if authorization != "valid":
            self.everyone_waits.wait(30)
            return 401, {}
        with self.guard:
            self.delivered += 1
        return 200, {}


@pytest.fixture
def partner(request):
    partner = Partner(request.param)
    with serving(partner.answer) as partner.url:
        yield partner


@pytest.fixture
def deliveries(tmp_path):
    """Return a partner -> the results of processes that deliver at the same time."""
    settings = {name: f"first-{name}" for name in ("clientId", "clientSecret", "refreshToken")}
    subscription = {"action": "do", "mapping": {}}
    document = {"destination": "tokens", "settings": settings | {"accessToken": "expired"}}
    environment = environment_with(PLUGIN, tmp_path / "site")
    instance, events = tmp_path / "instance.json", tmp_path / "events.jsonl"
    instance.write_text(json.dumps(document | {"subscriptions": [subscription]}))
    events.write_text('{"type": "track", "userId": "ada"}\n' * EVENTS)

    def deliver(partner):
        results = [tmp_path / f"results-{number}.jsonl" for number in range(PROCESSES)]
        # One event at a time, so that each process is refused once.
        options = ("--store", tmp_path / "store", "--concurrency", 1, "-q")
        connect = ("--connect-to", f"*.partner.example={partner.url}")
        runs = [
            subprocess.Popen(
                [*map(str, (*DKIT, "deliver", instance, events, *options, *connect)),
                 "--results", str(path), "--dead-letters", f"{path}.dead"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for path in results
        ]  # fmt: skip
        outputs = [run.communicate(timeout=60)[0] for run in runs]
        records = [json.loads(line) for path in results for line in path.read_text().splitlines()]
        return records, [run.returncode for run in runs], "".join(outputs)

    return deliver


@pytest.mark.skipif(os.name == "nt", reason="Windows has no locks of files")
@pytest.mark.parametrize("partner", [200], indirect=True)
def test_two_processes_with_one_store_refresh_a_token_once(partner, deliveries):
    records, codes, output = deliveries(partner)
    assert codes == [0] * PROCESSES, output
    assert [record["status"] for record in records] == ["delivered"] * EVENTS * PROCESSES
    assert (len(partner.refreshes), partner.delivered) == (1, EVENTS * PROCESSES)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no locks of files")
@pytest.mark.parametrize("partner", [400], indirect=True)
def test_a_refresh_that_fails_for_one_process_is_not_repeated_by_the_other(partner, deliveries):
    records, codes, output = deliveries(partner)
    assert codes == [1] * PROCESSES, output
    assert {record["status"] for record in records} == {"open"}
    codes = {result["code"] for record in records for result in record["results"]}
    assert codes == {"INVALID_AUTHENTICATION"}
    assert (len(partner.refreshes), partner.delivered) == (1, 0)
