"""The programs of docs/hosts.md go through mishaps on real engines, and lose no event.

Every event is counted after the mishap: it is at the partner, or among the dead letters.
"""

import json
import shutil
import signal
import time

import pytest

from tests.contracts.documents import text_of
from tests.contracts.hosts import (
    DOCUMENT,
    GoRouter,
    NodeRouter,
    Partner,
    Program,
    Stream,
    Tasks,
    Web,
    Worker,
    nats_server,
    redis_server,
    wait_until,
)

pytestmark = pytest.mark.slow

ALONE = {"program": Program, "stream": Stream, "web": Web}
ROUTERS = {"router-node": NodeRouter, "router-go": GoRouter}
NEEDS = {
    "router-node": pytest.mark.skipif(not shutil.which("node"), reason="needs Node"),
    "router-go": pytest.mark.skipif(
        not shutil.which("go"), reason="needs Go: apt-get install golang-go"
    ),
}
ENGINES = {"worker": (Worker, nats_server), "tasks": (Tasks, redis_server)}
WORKFLOW = "POST /inbound-event/{path}"


def person(number, **traits):
    event = {"type": "identify", "userId": f"u-{number}", "traits": traits}
    return json.dumps(event, ensure_ascii=False).encode()


def order(number):
    return json.dumps({"type": "track", "event": "Order", "userId": f"o-{number}"}).encode()


def ids(prefix, count):
    return {f"{prefix}-{number}" for number in range(count)}


@pytest.fixture
def partner():
    partner = Partner()
    yield partner
    partner.close()


@pytest.fixture
def host(request, tmp_path, partner):
    """Return the started program of this name, on its real engine."""
    if request.param in ENGINES:
        kind, open_engine = ENGINES[request.param]
        (tmp_path / "engine").mkdir()
        with open_engine(tmp_path / "engine") as url:
            host = kind(tmp_path, partner, url)
            host.start()
            yield host
            host.close()
    else:
        host = {**ALONE, **ROUTERS}[request.param](tmp_path, partner)
        host.start()
        yield host
        host.close()


def hosts(*names):
    """Run a test with each of these programs, by default all; those with an engine are marked."""
    params = [
        pytest.param(
            name,
            marks=[
                *([pytest.mark.broker] if name in ENGINES or name in ROUTERS else []),
                *([NEEDS[name]] if name in NEEDS else []),
            ],
        )
        for name in names or (*ALONE, *ENGINES, *ROUTERS)
    ]
    return pytest.mark.parametrize("host", params, indirect=True)


def assert_all_received(partner, host, expected, seconds=60.0):
    complete = wait_until(lambda: expected <= set(partner.received()), seconds)
    missing = expected - set(partner.received())
    assert complete, f"{len(missing)} of {len(expected)} missing\n{host.log.read_text()[-4000:]}"


def has_failed(host, remedy, count, seconds):
    """Wait until so many attempts have failed; the log of the stream does not show them."""
    if host.name == "stream":
        time.sleep(seconds)
    else:
        assert wait_until(lambda: host.count_failures(remedy) >= count), host.log.read_text()[
            -4000:
        ]


@hosts()
def test_events_outlive_an_expired_token(host, partner):
    partner.change(tokens={"simulated-token": None, "another-token": "UR_000000000000001"})
    host.deliver(*map(person, range(100)))
    has_failed(host, "settings", 100, 4)
    assert partner.received() == []
    assert host.dead_letters() == []
    partner.change(tokens={"simulated-token": "UR_000000000000001", "another-token": None})
    host.restart()
    assert_all_received(partner, host, ids("u", 100))
    assert host.dead_letters() == []


@pytest.mark.broker  # it waits
@hosts()
def test_events_outlive_a_partner_that_is_down(host, partner):
    partner.down()
    host.deliver(*map(person, range(5)))
    has_failed(host, "wait", 5 * 10, 8)
    partner.up()
    assert_all_received(partner, host, ids("u", 5))
    assert host.dead_letters() == []


@hosts("program", "stream", "web", "worker")
def test_gzip_is_unpacked(host, partner):
    host.deliver_gzip(*map(person, range(20)))
    assert_all_received(partner, host, ids("u", 20))
    assert host.dead_letters() == []


@hosts()
def test_an_invalid_event_costs_itself_alone(host, partner):
    nonsense = [b"[1]", b'"text"'] if host.name == "web" else [b"7", b"{"]
    host.deliver(person(0), *nonsense, person(7, email=["no", "text"]), person(1))
    assert_all_received(partner, host, ids("u", 2))
    assert wait_until(lambda: len(host.dead_letters()) == 3), host.dead_letters()
    events = [letter["event"]["userId"] for letter in host.dead_letters() if "event" in letter]
    texts = sorted(letter["text"] for letter in host.dead_letters() if "text" in letter)
    assert (events, texts) == (["u-7"], sorted(text.decode() for text in nonsense))


@hosts()
def test_a_line_separator_inside_an_event_ends_no_line(host, partner):
    host.deliver(person(0, firstName="a\u2028b\u0085c"), person(1))
    assert_all_received(partner, host, ids("u", 2))
    names = {contact["extRef"]: contact["firstName"] for contact in partner.contacts()}
    assert names == {"u-0": "a\u2028b\u0085c", "u-1": None}
    assert host.dead_letters() == []


@pytest.mark.broker  # it waits
@hosts()
def test_good_events_pass_500_that_fail(host, partner):
    partner.change(faults={"statuses": {"503": 1.0}, "only": [WORKFLOW]})
    host.deliver(*map(order, range(500)), *map(person, range(20)))
    assert_all_received(partner, host, ids("u", 20))
    assert not set(partner.received()) & ids("o", 500)
    partner.change(faults=None)
    assert_all_received(partner, host, ids("u", 20) | ids("o", 500), 120.0)
    assert host.dead_letters() == []


@hosts()
def test_a_dead_letter_can_be_sent_again(host, partner):
    partner.change(faults={"statuses": {"400": 1.0}, "only": [WORKFLOW]})
    host.deliver(*map(order, range(3)), person(0))
    assert wait_until(lambda: len(host.dead_letters()) == 3), host.log.read_text()
    partner.change(faults=None)
    host.replay()
    assert_all_received(partner, host, ids("o", 3) | ids("u", 1))


@hosts("stream", "web", "worker", "tasks", *ROUTERS)
def test_events_outlive_a_killed_program(host, partner):
    count = 400 if host.name == "web" else 60  # it sends up to 200 at once
    partner.change(latency=0.3)
    host.deliver(*map(order, range(count)))
    assert wait_until(lambda: len(partner.received()) > 10)
    host.stop(signal.SIGKILL)
    assert len(partner.received()) < count
    partner.change(latency=0.0)
    host.restart()
    assert_all_received(partner, host, ids("o", count), 90.0)


MISHAPS = {
    "the token has expired, and is mended later": test_events_outlive_an_expired_token,
    "the partner is down, for ten attempts": test_events_outlive_a_partner_that_is_down,
    "gzip": test_gzip_is_unpacked,
    "one event of several is invalid": test_an_invalid_event_costs_itself_alone,
    "U+2028 inside an event": test_a_line_separator_inside_an_event_ends_no_line,
    "500 failing events before good ones": test_good_events_pass_500_that_fail,
    "a dead letter is sent again": test_a_dead_letter_can_be_sent_again,
    "the program is killed": test_events_outlive_a_killed_program,
}


def file_of(name):
    kinds = {**ALONE, **ROUTERS} | {name: kind for name, (kind, _) in ENGINES.items()}
    return kinds[name].file


def test_the_table_of_the_document_says_which_program_goes_through_what():
    table = text_of(DOCUMENT).partition("| mishap |")[2].partition("\n\n")[0]
    header, _, *rows = (line.strip("| ").split(" | ") for line in table.splitlines())
    shown = {
        row[0]: {name for name, cell in zip(header, row[1:], strict=True) if cell[:3] == "yes"}
        for row in rows
    }
    assert shown == {
        mishap: {file_of(param.values[0]) for param in mark.args[1]}
        for mishap, test in MISHAPS.items()
        for mark in test.pytestmark
        if mark.name == "parametrize"
    }
