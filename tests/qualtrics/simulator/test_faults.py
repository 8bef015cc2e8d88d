import time
from collections import Counter
from contextlib import suppress
from email.utils import parsedate_to_datetime
from itertools import product

import pytest

from destinations.qualtrics.simulator import load_config
from destinations.qualtrics.simulator.config import FaultSettings
from destinations.qualtrics.simulator.faults import Fault, draw_fault
from destinations.qualtrics.simulator.seeding import create_world


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


CREATE = "POST /API/v3/directories/{directoryId}/contacts"
WHOAMI = "/API/v3/whoami"


def test_a_script_decides_request_by_request(client):
    client.configure(faults={"script": ["500", "ok", "503"]})
    statuses = [client.call("GET", WHOAMI).status.split()[1] for _ in range(4)]
    assert statuses == ["500", "200", "503", "200"]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("500", "500 - Internal Server Error"),
        ("503", "503 - Temporary Internal Server Error"),
        ("504", "504 - Gateway Timeout"),
    ],
)
def test_server_errors_come_in_the_envelope(client, status, text):
    client.configure(faults={"script": [status]})
    response = client.call("GET", WHOAMI)
    assert response.status.split()[1] == status
    assert response.body["meta"]["httpStatus"] == text
    assert response.body["meta"]["error"]["errorCode"] == "SIM_SERVER"


def test_a_gateways_page_is_html(client):
    client.configure(faults={"script": ["504-html"]})
    response = client.call("GET", WHOAMI)
    assert response.headers["content-type"].startswith("text/html")
    assert b"504 Gateway Timeout" in response.content


@pytest.mark.parametrize(
    ("word", "contacts"), [("504", 0), ("504-late", 1), ("503-html-late", 1), ("500", 0)]
)
def test_an_error_comes_before_or_after_the_write(client, word, contacts):
    client.configure(faults={"script": [word]})
    assert client.post("/contacts", {"extRef": "u1"}).status.split()[1] == word[:3]
    assert client.state("counts")["contacts"] == contacts


@pytest.mark.parametrize(("word", "contacts"), [("reset-before", 0), ("reset-after", 1)])
def test_a_connection_is_reset_before_or_after_the_write(client, word, contacts):
    client.configure(faults={"script": [word]})
    with pytest.raises(ConnectionResetError):
        client.post("/contacts", {"extRef": "u1"})
    assert client.state("counts")["contacts"] == contacts
    assert client.state("calls")[CREATE] == {word: 1}


def test_a_write_without_a_response_may_take_effect_late():
    clock = Clock()
    world = create_world(load_config({"faults": {"appliedLate": 3.0}}), clock)
    seen = []
    for number in range(20):
        world.late_writes.append((clock.now + number, lambda: seen.append(world.clock())))
    clock.now = 4.5
    world.apply_late_writes()
    assert seen == [0.0, 1.0, 2.0, 3.0, 4.0], "each has the time at which it was due"
    world.apply_late_writes()
    assert (len(seen), len(world.late_writes), world.clock()) == (5, 15, 4.5)


def test_the_state_shows_a_late_write_when_its_time_has_come(client):
    client.configure(faults={"script": ["504-late"], "appliedLate": 0.2})
    client.post("/contacts", {"extRef": "u1"})
    counts = []
    while 1 not in counts:
        counts.append(client.state("counts")["contacts"])
    assert counts[0] == 0


def test_faults_can_be_limited_to_routes(client):
    client.configure(faults={"statuses": {"500": 1}, "only": [CREATE]})
    assert client.call("GET", WHOAMI).status == "HTTP/1.1 200 OK"
    assert client.post("/contacts", {}).refusal[0] == 500


@pytest.mark.parametrize(
    ("faults", "outcome"),
    [
        ({"statuses": {"429": 1}}, "429"),
        ({"statuses": {"500": 1}}, "500"),
        ({"resetBefore": 1}, "reset-before"),
        ({"resetAfter": 1}, "reset-after"),
    ],
)
def test_a_probability_of_one_affects_every_request(client, faults, outcome):
    client.configure(faults=faults)
    with suppress(ConnectionResetError):
        client.call("GET", WHOAMI)
    assert client.state("calls") == {f"GET {WHOAMI}": {outcome: 1}}


def test_random_faults_have_the_configured_probabilities():
    settings = FaultSettings(
        statuses={"429": 0.1, "503": 0.2}, html=0.5, late=0.5, reset_before=0.1
    )
    random = create_world(load_config({"seed": 7}), time.time).random
    found = Counter(draw_fault(settings, random) for _ in range(10_000))
    assert found[Fault(429)] == pytest.approx(1000, abs=120)
    assert found[Fault(None)] == pytest.approx(1000, abs=120)
    for html, late in product((True, False), repeat=2):
        assert found[Fault(503, has_html_body=html, is_late=late)] == pytest.approx(500, abs=90)
    assert found[None] == pytest.approx(6000, abs=200)


@pytest.mark.parametrize(("form", "present"), [("seconds", True), ("date", True), ("none", False)])
def test_retry_after_comes_in_seconds_as_a_date_or_not_at_all(client, form, present):
    client.configure(
        faults={"script": ["429"], "retryAfterSeconds": 30}, errors={"retryAfter": form}
    )
    response = client.call("GET", WHOAMI)
    assert response.status.startswith("HTTP/1.1 429 ")
    assert response.body["meta"]["error"]["errorCode"] == "SIM_TOO_MANY_REQUESTS"
    found = response.headers.get("retry-after")
    assert (found is not None) is present
    if form == "seconds":
        assert found == "30"
    if form == "date":
        assert 25 < parsedate_to_datetime(found.upper()).timestamp() - time.time() < 31


def test_normal_responses_have_no_rate_limit_headers(client):
    client.configure(limits={"enabled": True})
    headers = client.call("GET", WHOAMI).headers
    assert not [name for name in headers if "limit" in name or "retry" in name]


@pytest.mark.parametrize("latency", [0.15, [0.15, 0.2]])
def test_latency_is_fixed_or_a_range(client, latency):
    client.configure(latency=latency)
    started = time.monotonic()
    client.call("GET", WHOAMI)
    assert 0.15 <= time.monotonic() - started < 1


def test_a_proxied_request_takes_longer(client):
    client.configure(dataCenters={"proxiedDelay": 0.15})
    started = time.monotonic()
    client.call("GET", WHOAMI)
    straight = time.monotonic() - started
    client.call("GET", WHOAMI, Host="sjc1.qualtrics.com")
    assert time.monotonic() - started >= straight + 0.15
