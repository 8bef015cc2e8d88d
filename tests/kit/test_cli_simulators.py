"""`simulate` and `demo`, with a simulator of a few lines that is imported by its name."""

import json
import sys
from dataclasses import replace

import pytest

from tests.kit.dkit import PARTNER, dkit, instance, track

SIMULATOR = """
import json, threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

STATE = {"said": ["hi", "ho"], "counts": {"said": 2}}
served = []

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(STATE).encode())

    def log_message(self, *arguments):
        pass

def load_config(document):
    if "bad" in document:
        raise ValueError("/bad: no such switch")
    return document

def hint(config):
    return "what to know"

def serve(config, *, port=0, ready=None):
    served.append((config, port))
    if port == 1:
        raise OSError(98, "Address already in use")
    ready("http://127.0.0.1:4242")
    raise KeyboardInterrupt

@contextmanager
def background(config):
    served.append(config)
    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
"""
RECONCILIATION = """
def reconcile(results, state):
    delivered = [each for each in results if each["status"] == "delivered"]
    return [("said", len(delivered), state["counts"]["said"])]
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a fresh package with a simulator and samples, and the destination that names them."""
    name = f"sim_{tmp_path.name}"
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    (folder / "__init__.py").write_text(SIMULATOR)
    secret = {"token": {"$secret": "PARTNER_TOKEN"}}
    (folder / "instance.json").write_text(json.dumps(instance(settings=secret)))
    (folder / "simulator.json").write_text('{"tokens": ["$PARTNER_TOKEN"]}')
    events = [*track("hi", "ho", "never"), {"type": "page"}, "oops"]
    (folder / "events.jsonl").write_text("\n".join(map(json.dumps, events)))
    yield folder
    for each in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[each]


@pytest.fixture
def partner(package):
    return replace(PARTNER, simulator=package.name, samples=f"{package.name}:")


def test_a_simulator_says_where_it_is_and_how_to_reach_it(partner):
    ran = dkit("simulate", "partner", "--port", 5, destinations=[partner])
    assert ran.code == 0
    assert "http://127.0.0.1:4242; Ctrl-C ends it" in ran.out
    assert "It knows:         what to know" in ran.out
    assert "--connect-to '*.partner.example=http://127.0.0.1:4242'" in ran.out
    assert sys.modules[partner.simulator].served == [({}, 5)]


def test_a_simulator_says_so_in_json_and_takes_a_configuration(partner, tmp_path):
    (tmp_path / "c.toml").write_text("latency = 1\n")
    options = ("--config", tmp_path / "c.toml", "--json")
    ran = dkit("simulate", "partner", *options, destinations=[partner])
    assert ran.json == {
        "url": "http://127.0.0.1:4242",
        "hint": "what to know",
        "connectTo": ["*.partner.example=http://127.0.0.1:4242"],
    }
    assert sys.modules[partner.simulator].served == [({"latency": 1}, 0)]


def test_a_bad_configuration_and_a_taken_port_are_misuse(partner, tmp_path):
    (tmp_path / "c.json").write_text('{"bad": 1}')
    ran = dkit("simulate", "partner", "--config", tmp_path / "c.json", destinations=[partner])
    assert (ran.code, ran.err) == (2, f"dkit: {tmp_path}/c.json: /bad: no such switch\n")
    ran = dkit("simulate", "partner", "--port", 1, destinations=[partner])
    assert (ran.code, ran.err) == (2, "dkit: cannot listen on port 1: Address already in use\n")


@pytest.mark.parametrize("port", ["70000", "x"])
def test_a_port_that_is_none_is_misuse(partner, port):
    assert dkit("simulate", "partner", "--port", port, destinations=[partner]).code == 2


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_a_destination_without_a_simulator_is_misuse(command):
    ran = dkit(command, "partner")
    assert ran.code == 2
    assert "actions-partner has no " in ran.err


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_what_a_simulator_lacks_is_named_with_the_line_that_installs_it(command, package, partner):
    (package / "__init__.py").write_text(
        "raise ModuleNotFoundError('no', name='starlette.routing')"
    )
    ran = dkit(command, "partner", destinations=[partner])
    assert ran.code == 2
    assert "pip install 'destination-kit[simulator]'" in ran.err


def test_a_simulator_that_cannot_be_imported_is_a_fault(package, partner):
    (package / "__init__.py").write_text("import no_such_module_at_all")
    ran = dkit("simulate", "partner", destinations=[partner])
    assert ran.code == 1
    assert f"ModuleNotFoundError: a fault in {package.name} (__init__.py, line 1)" in ran.err


def test_the_demo_tells_of_each_event_and_compares(package, partner):
    (package / "reconciliation.py").write_text(RECONCILIATION)
    ran = dkit("demo", destinations=[partner])
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "5 sample events went to a simulated Partner on this machine.",
        "",
        "line  type   who  what   outcome",
        "----  -----  ---  -----  ---------------------------",
        "   1  track       hi     Talk: delivered",
        "   2  track       ho     Talk: delivered",
        "   3  track       never  Talk: failed, NO_SUCH_THING",
        "   4  page               no subscription wants it",
        "   5                     failed: INVALID_EVENT",
        "",
        "Why events failed",
        "  line 3: no such thing",
        "  line 5: an event is a JSON object",
        "",
        "      the results say  the partner holds  compared",
        "----  ---------------  -----------------  --------",
        "said                2                  2  =",
    ]


def test_the_demo_fails_where_both_sides_differ(package, partner):
    (package / "reconciliation.py").write_text(RECONCILIATION.replace("len(delivered)", "7"))
    ran = dkit("demo", destinations=[partner])
    assert ran.code == 1
    assert ran.out.splitlines()[-1].split() == ["said", "7", "2", "differs"]
    compared = dkit("demo", "--json", destinations=[partner]).json
    assert compared["ok"] is False
    assert compared["compared"] == [{"what": "said", "results": 7, "partner": 2}]


def test_the_demo_without_a_reconciliation_shows_what_the_partner_holds(partner):
    ran = dkit("demo", "partner", destinations=[partner])
    assert ran.code == 0
    assert ran.out.splitlines()[-2:] == ["said                    2", "counts                  1"]


def test_the_demo_fails_where_the_partner_refuses_the_credentials(package, partner):
    (package / "events.jsonl").write_text(json.dumps(track("refuse")[0]))
    assert dkit("demo", "partner", destinations=[partner]).code == 1


def test_the_demos_secrets_are_made_up_and_told_to_the_simulator(partner):
    tokens = []
    for _ in range(2):
        ran = dkit("demo", "partner", destinations=[partner])
        [token] = sys.modules[partner.simulator].served[-1]["tokens"]
        assert token not in ran.out + ran.err
        tokens.append(token)
    assert len(set(tokens)) == 2
    assert min(map(len, tokens)) > 16


def test_a_demo_of_nothing_in_particular_needs_exactly_one_candidate(partner):
    ran = dkit("demo", destinations=[PARTNER])
    assert (ran.code, ran.err) == (
        2,
        "dkit: name a destination with a simulator and samples: none\n",
    )
    both = [partner, replace(partner, slug="other")]
    assert "actions-partner, other" in dkit("demo", destinations=both).err
