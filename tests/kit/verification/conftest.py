"""A verification of a partner that a test scripts."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from destination_kit import Catalog
from destination_kit.verification import (
    Check,
    Made,
    SessionOptions,
    Verification,
    anything,
    exactly,
    verify,
)
from tests.kit.dkit import PARTNER, TOKEN

API = "https://api.partner.example"


@dataclass
class Script:
    """The partner's responses by call, and the calls that it has got."""

    responses: dict[str, tuple[int, object]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    url: str = ""

    def respond(self, call):
        self.calls.append(call)
        return self.responses.get(call, (200, {"ok": True}))


def make_handler(script):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _respond(self):
            length = int(self.headers.get("content-length", 0))
            self.rfile.read(length)
            status, body = script.respond(f"{self.command} {self.path}")
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _respond  # noqa: N815 - the names are those of http.server

        def log_message(self, *arguments):
            pass

    return Handler


@pytest.fixture
def script():
    script = Script()
    server = HTTPServer(("127.0.0.1", 0), make_handler(script))
    script.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield script
    server.shutdown()
    server.server_close()


async def color(session):
    response = await session.context.http.get(f"{API}/color", check=False)
    return response.body["color"]


async def write(session):
    session.made.append(Made(remedy="delete the thing"))
    await session.context.http.post(f"{API}/things", json={"mark": session.run_id})
    return True


async def nothing(_session):
    pass


async def remove(session):
    for made in list(session.made):
        await session.context.http.delete(f"{API}/things")
        session.made.remove(made)


def check(name, run, **changes):
    usual = {
        "fact": "A fact.",
        "question": "Is it so?",
        "expected": anything(),
        "switch": f"options.{name}",
        "calls": 2,
    }
    return Check(name=name, run=run, **{**usual, **changes})


CHECKS = (
    check("color", color, expected=exactly("red")),
    check("thing", write, expected=exactly(value=True), writes="a thing"),
)
VERIFICATION = Verification(checks=CHECKS, prepare=nothing, clean_up=remove)


@pytest.fixture
def run(script):
    """Return a function: checks -> the outcome of their run against the script."""

    async def run_checks(*checks, **options):
        instance = Catalog.of(PARTNER).configure(
            {"destination": PARTNER.slug, "settings": {"token": TOKEN}, "subscriptions": []}
        )
        verification = replace(VERIFICATION, checks=checks or CHECKS, **options.pop("parts", {}))
        usual = {
            "run_id": "dkit-verify-00ff00ff",
            "max_calls": 100,
            "connect_to": {"*.partner.example": script.url},
        }
        return await verify(instance, verification, SessionOptions(**{**usual, **options}))

    return run_checks
