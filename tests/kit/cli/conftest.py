"""A partner with a simulator and samples, in a package of its own."""

import json
import sys
from dataclasses import replace

import pytest

from tests.kit.dkit import PARTNER, instance, track

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
    for module in [module for module in sys.modules if module.partition(".")[0] == name]:
        del sys.modules[module]


@pytest.fixture
def partner(package):
    return replace(PARTNER, simulator=package.name, samples=f"{package.name}:")
