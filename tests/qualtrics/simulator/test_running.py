import ast
import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from destinations.qualtrics.simulator import app, background, hint, load_config, running, serve
from destinations.qualtrics.workflows import check_workflow_url

ONE = "POOL_000000000000001"
TRIGGER = "/inbound-event/v1/events/json/triggers"


def test_the_state_shows_what_came_of_the_calls(line):
    contact = line.create(extRef="u1")
    line.post("/mailinglists/CG_000000000000001/contacts", {"extRef": "u1"})
    entry = {
        "contactId": contact,
        "mailingListId": "CG_000000000000001",
        "transactionDate": "2026-01-01 00:00:00",
    }
    line.post("/transactions", {"a": entry})
    line.call("POST", TRIGGER, {"event": "x"})
    line.get("/contacts/CID_nobody")
    line.call("GET", "/nowhere")
    state = line.call("GET", "/_sim/state").body
    contacts = "/API/v3/directories/{directoryId}/contacts"
    assert state["counts"] == {"contacts": 1, "transactions": 1, "workflowRuns": 1, "calls": 6}
    assert state["calls"] == {
        f"POST {contacts}": {"200": 1},
        "POST /API/v3/directories/{directoryId}/mailinglists/{mailingListId}/contacts": {"200": 1},
        "POST /API/v3/directories/{directoryId}/transactions": {"200": 1},
        "POST /inbound-event/{path}": {"200": 1},
        f"GET {contacts}/{{contactId}}": {"404": 1},
        "GET (unknown)": {"404": 1},
    }
    assert [each["contactId"] for each in state["contacts"][ONE]] == [contact]
    assert [each["contactId"] for each in state["transactions"][ONE]] == [contact]
    assert state["mailingLists"][ONE]["CG_000000000000001"]["contacts"] == [contact]
    assert state["workflowRuns"] == [{"path": TRIGGER, "user": None, "payload": {"event": "x"}}]


def test_one_part_of_the_state_can_be_asked_for(line):
    assert list(line.call("GET", "/_sim/state?part=counts").body) == ["counts"]


def test_controls_need_no_token_and_any_host(line):
    assert line.call("GET", "/_sim/state", X_API_TOKEN=None, Host="x").status == "HTTP/1.1 200 OK"


def test_a_reset_forgets_everything_including_changed_switches(line):
    line.configure(search={"lag": 60})
    line.create(extRef="u1")
    line.call("POST", "/_sim/reset")
    assert line.state("counts")["calls"] == 0
    line.create(extRef="u1")
    source = {"filter": {"filterType": "extRef", "comparison": "eq", "value": "u1"}}
    assert len(line.post("/contacts/search", source).result["elements"]) == 1


def test_a_changed_switch_leaves_contacts_alone(line):
    contact = line.create(extRef="u1")
    line.configure(search={"lag": 1})
    assert line.contact(contact)["extRef"] == "u1"


@pytest.mark.parametrize(
    ("body", "pointer"), [({"search": {"lag": "x"}}, "/search/lag"), ([], ""), ("x", "")]
)
def test_a_wrong_change_is_refused_with_its_place_and_changes_nothing(line, body, pointer):
    reply = line.call("POST", "/_sim/config", body)
    assert reply.status == "HTTP/1.1 400 Bad Request"
    assert reply.body["pointer"] == pointer
    assert line.create(extRef="u1")


def test_a_change_that_is_no_json_is_refused(line):
    reply = line.send("POST /_sim/config HTTP/1.1\nHost: x\n\n{")
    assert reply.status == "HTTP/1.1 400 Bad Request"


def test_null_takes_a_switch_back_to_its_default(line):
    line.configure(workflow={"status": 202})
    line.configure(workflow={"status": None})
    assert line.call("POST", TRIGGER, {}).status == "HTTP/1.1 200 OK"


PEOPLE = {
    "directories": {
        ONE: {
            "name": None,
            "mailingLists": {"CG_x": {"name": "Buyers"}},
            "contacts": [
                {"extRef": "u1", "embeddedData": {"n": 1.0, "b": True}, "lists": ["CG_x"]},
                {"email": "a@b.co", "unsubscribed": True},
            ],
        }
    },
    "search": {"lag": 60},
    "errors": {"validation": None},
}


def test_contacts_can_be_there_from_the_start(connect):
    with background(load_config(PEOPLE)) as url:
        line = connect(url)
        first, second = line.state("contacts")[ONE]
        assert first["embeddedData"] == {"n": "1.0", "b": "true"}
        assert list(first["mailingListMembership"]) == ["CG_x"]
        assert second["directoryUnsubscribed"] is True
        source = {"filter": {"filterType": "extRef", "comparison": "eq", "value": "u1"}}
        assert len(line.post("/contacts/search", source).result["elements"]) == 1
        assert line.call("GET", "/API/v3/directories").result["elements"][0]["name"] is None
        error = line.post("/contacts", {"phone": 1}).body["meta"]["error"]
        assert error == {"errorMessage": "phone must be a string."}


def test_the_same_seed_makes_the_same_ids(connect):
    def first_id(seed):
        with background(load_config({"seed": seed})) as url:
            return connect(url).create(extRef="u1")

    assert first_id(1) == first_id(1) != first_id(2)


async def test_an_event_loop_can_run_it_beside_itself(connect):
    async with running(load_config({})) as url:
        reply = await asyncio.to_thread(connect(url).call, "GET", "/API/v3/whoami")
    assert reply.status == "HTTP/1.1 200 OK"
    with pytest.raises(ConnectionRefusedError):
        connect(url).call("GET", "/API/v3/whoami")


async def test_it_stops_when_the_caller_fails(connect):
    with pytest.raises(ZeroDivisionError):
        async with running(load_config({})) as url:
            _ = 1 / 0
    with pytest.raises(ConnectionRefusedError):
        connect(url).call("GET", "/API/v3/whoami")


def test_it_only_listens_on_loopback_at_the_port_asked_for():
    with background(load_config({})) as url:
        port = int(url.rpartition(":")[2])
    with background(load_config({}), port=port) as again:
        assert again == f"http://127.0.0.1:{port}"


def test_serving_lasts_until_ctrl_c(connect):
    statuses = []

    def call_and_interrupt(url):
        statuses.append(connect(url).call("GET", "/API/v3/whoami").status)
        os.kill(os.getpid(), signal.SIGINT)

    def ready(url):
        threading.Thread(target=call_and_interrupt, args=[url]).start()

    serve(load_config({}), ready=ready)
    assert statuses == ["HTTP/1.1 200 OK"]


def test_serving_needs_nobody_who_waits_for_the_address():
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    assert serve(load_config({})) is None


def test_answers_on_one_connection_do_not_wait_for_each_other(line):
    address = urlsplit(line.url)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    started = time.monotonic()
    for _ in range(50):
        connection.request("GET", "/API/v3/whoami", headers={"X-API-TOKEN": "simulated-token"})
        assert connection.getresponse().read()
    connection.close()
    assert time.monotonic() - started < 1.5  # a delayed ACK for each answer would make it 2


def test_the_simulator_shares_no_code_with_the_client():
    folder = Path(find_spec("destinations.qualtrics.simulator").origin).parent
    allowed = ("destinations.qualtrics.simulator", "starlette", "uvicorn")
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in getattr(node, "names", [])]
            imported = [node.module] if isinstance(node, ast.ImportFrom) else names
            for name in imported if isinstance(node, ast.Import | ast.ImportFrom) else ():
                top = name.partition(".")[0]
                assert name.startswith(allowed) or top in sys.stdlib_module_names, (path, name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_cleanly_when_it_is_interrupted(connect, number):
    code = (
        "from destinations.qualtrics.simulator import load_config, serve\n"
        "serve(load_config({}), ready=lambda url: print(url, flush=True))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True)
    url = process.stdout.readline().strip()
    assert connect(url).call("GET", "/API/v3/whoami").status == "HTTP/1.1 200 OK"
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    assert errors == ""
    assert process.returncode == (0 if number == signal.SIGINT else -signal.SIGTERM)


def test_a_client_that_goes_away_leaves_no_traceback(connect):
    code = (
        "from destinations.qualtrics.simulator import load_config, serve\n"
        "serve(load_config({}), ready=lambda url: print(url, flush=True))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True)
    url = process.stdout.readline().strip()
    address = urlsplit(url)
    for target in (TRIGGER, "/_sim/config"):
        with socket.create_connection((address.hostname, address.port), timeout=10) as wire:
            head = (
                f"POST {target} HTTP/1.1\r\nHost: iad1.qualtrics.com\r\nContent-Length: 9\r\n\r\n"
            )
            wire.sendall(head.encode() + b"{")
            time.sleep(0.1)
    assert connect(url).call("GET", "/API/v3/whoami").status == "HTTP/1.1 200 OK"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10)[1] == ""


@pytest.mark.parametrize("switches", [{}, {"workflow": {"urlTokens": ["u-5"]}}])
def test_the_hint_names_a_workflow_url_that_works(connect, switches):
    config = load_config(switches)
    url = urlsplit(hint(config).rpartition("workflow URL ")[2])
    check_workflow_url(url.geturl())
    with background(config) as address:
        reply = connect(address).call("POST", f"{url.path}?{url.query}", {}, Host=url.netloc)
    assert reply.status == "HTTP/1.1 200 OK"


def test_the_application_can_be_mounted_elsewhere():
    assert [route.path for route in app(load_config({})).routes][:3] == [
        "/_sim/state",
        "/_sim/config",
        "/_sim/reset",
    ]
