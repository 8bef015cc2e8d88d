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
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from destinations.qualtrics.simulator import app, background, hint, load_config, running, serve
from destinations.qualtrics.workflows import check_workflow_url

ONE = "POOL_000000000000001"
TRIGGER = "/inbound-event/v1/events/json/triggers"


def test_the_state_shows_requests_and_their_effects(client):
    contact = client.create(extRef="u1")
    client.post("/mailinglists/CG_000000000000001/contacts", {"extRef": "u1"})
    entry = {
        "contactId": contact,
        "mailingListId": "CG_000000000000001",
        "transactionDate": "2026-01-01 00:00:00",
    }
    client.post("/transactions", {"a": entry})
    client.call("POST", TRIGGER, {"event": "x"})
    client.get("/contacts/CID_unknown")
    client.call("GET", "/nowhere")
    state = client.call("GET", "/_sim/state").body
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
    assert [shown["contactId"] for shown in state["contacts"][ONE]] == [contact]
    assert [shown["contactId"] for shown in state["transactions"][ONE]] == [contact]
    assert state["mailingLists"][ONE]["CG_000000000000001"]["contacts"] == [contact]
    assert state["workflowRuns"] == [{"path": TRIGGER, "user": None, "payload": {"event": "x"}}]


def test_a_request_can_select_one_part_of_the_state(client):
    assert list(client.call("GET", "/_sim/state?part=counts").body) == ["counts"]


def test_control_routes_need_no_token_and_accept_any_host(client):
    assert client.call("GET", "/_sim/state", X_API_TOKEN=None, Host="x").status == "HTTP/1.1 200 OK"


def test_a_reset_deletes_all_data_and_restores_the_configuration(client):
    client.configure(search={"lag": 60})
    client.create(extRef="u1")
    client.call("POST", "/_sim/reset")
    assert client.state("counts")["calls"] == 0
    client.create(extRef="u1")
    source = {"filter": {"filterType": "extRef", "comparison": "eq", "value": "u1"}}
    assert len(client.post("/contacts/search", source).result["elements"]) == 1


def test_a_configuration_change_keeps_contacts(client):
    contact = client.create(extRef="u1")
    client.configure(search={"lag": 1})
    assert client.contact(contact)["extRef"] == "u1"


@pytest.mark.parametrize(
    ("body", "pointer"), [({"search": {"lag": "x"}}, "/search/lag"), ([], ""), ("x", "")]
)
def test_an_invalid_configuration_change_is_refused_with_a_json_pointer(client, body, pointer):
    response = client.call("POST", "/_sim/config", body)
    assert response.status == "HTTP/1.1 400 Bad Request"
    assert response.body["pointer"] == pointer
    assert client.create(extRef="u1")


def test_a_configuration_change_must_be_json(client):
    response = client.send("POST /_sim/config HTTP/1.1\nHost: x\n\n{")
    assert response.status == "HTTP/1.1 400 Bad Request"


def test_null_restores_the_default_of_an_option(client):
    client.configure(workflow={"status": 202})
    client.configure(workflow={"status": None})
    assert client.call("POST", TRIGGER, {}).status == "HTTP/1.1 200 OK"


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


def test_the_configuration_can_have_initial_contacts(connect):
    with background(load_config(PEOPLE)) as url:
        client = connect(url)
        first, second = client.state("contacts")[ONE]
        assert first["embeddedData"] == {"n": "1.0", "b": "true"}
        assert list(first["mailingListMembership"]) == ["CG_x"]
        assert second["directoryUnsubscribed"] is True
        source = {"filter": {"filterType": "extRef", "comparison": "eq", "value": "u1"}}
        assert len(client.post("/contacts/search", source).result["elements"]) == 1
        assert client.call("GET", "/API/v3/directories").result["elements"][0]["name"] is None
        error = client.post("/contacts", {"phone": 1}).body["meta"]["error"]
        assert error == {"errorMessage": "phone must be a string."}


def test_the_same_seed_makes_the_same_ids(connect):
    def first_id(seed):
        with background(load_config({"seed": seed})) as url:
            return connect(url).create(extRef="u1")

    assert first_id(1) == first_id(1) != first_id(2)


async def test_running_does_not_block_the_event_loop(connect):
    async with running(load_config({})) as url:
        response = await asyncio.to_thread(connect(url).call, "GET", "/API/v3/whoami")
    assert response.status == "HTTP/1.1 200 OK"
    with pytest.raises(ConnectionRefusedError):
        connect(url).call("GET", "/API/v3/whoami")


async def test_running_stops_the_server_when_the_caller_fails(connect):
    with pytest.raises(ZeroDivisionError):
        async with running(load_config({})) as url:
            _ = 1 / 0
    with pytest.raises(ConnectionRefusedError):
        connect(url).call("GET", "/API/v3/whoami")


def test_the_server_listens_on_loopback_at_the_given_port():
    with background(load_config({})) as url:
        port = int(url.rpartition(":")[2])
    with background(load_config({}), port=port) as again:
        assert again == f"http://127.0.0.1:{port}"


def test_serve_runs_until_ctrl_c(connect):
    statuses = []

    def call_and_interrupt(url):
        statuses.append(connect(url).call("GET", "/API/v3/whoami").status)
        os.kill(os.getpid(), signal.SIGINT)

    def ready(url):
        threading.Thread(target=call_and_interrupt, args=[url]).start()

    serve(load_config({}), ready=ready)
    assert statuses == ["HTTP/1.1 200 OK"]


def test_serve_needs_no_ready_callback():
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    assert serve(load_config({})) is None


def test_responses_on_one_connection_are_not_delayed(client):
    address = urlsplit(client.url)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    started = time.monotonic()
    for _ in range(50):
        connection.request("GET", "/API/v3/whoami", headers={"X-API-TOKEN": "simulated-token"})
        assert connection.getresponse().read()
    connection.close()
    assert time.monotonic() - started < 1.5  # a delayed ACK for each answer would make it 2


PACKAGE = "destinations.qualtrics.simulator"
FOLDER = Path(find_spec(PACKAGE).origin).parent


def test_the_simulator_shares_no_code_with_the_client():
    allowed = (PACKAGE, "starlette", "uvicorn")
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in getattr(node, "names", [])]
            imported = [node.module] if isinstance(node, ast.ImportFrom) else names
            for name in imported if isinstance(node, ast.Import | ast.ImportFrom) else ():
                top = name.partition(".")[0]
                assert name.startswith(allowed) or top in sys.stdlib_module_names, (path, name)


def test_the_modules_of_the_simulator_import_each_other_without_circles():
    imports = {}
    for path in FOLDER.rglob("*.py"):
        module = ".".join([PACKAGE, *path.relative_to(FOLDER).with_suffix("").parts])
        imports[module] = {
            name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        }
    TopologicalSorter(imports).prepare()  # raises CycleError


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly_on_a_signal(connect, number):
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


def test_a_client_that_disconnects_causes_no_traceback(connect):
    code = (
        "from destinations.qualtrics.simulator import load_config, serve\n"
        "serve(load_config({}), ready=lambda url: print(url, flush=True))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True)
    url = process.stdout.readline().strip()
    address = urlsplit(url)
    for target in (TRIGGER, "/_sim/config"):
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            head = (
                f"POST {target} HTTP/1.1\r\nHost: iad1.qualtrics.com\r\nContent-Length: 9\r\n\r\n"
            )
            connection.sendall(head.encode() + b"{")
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
        response = connect(address).call("POST", f"{url.path}?{url.query}", {}, Host=url.netloc)
    assert response.status == "HTTP/1.1 200 OK"


def test_the_application_can_be_mounted_elsewhere():
    assert [route.path for route in app(load_config({})).routes][:3] == [
        "/_sim/state",
        "/_sim/config",
        "/_sim/reset",
    ]
