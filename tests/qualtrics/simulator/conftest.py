"""A simulator, and a line to it on which whole requests are written as bytes."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from textwrap import dedent
from urllib.parse import urlsplit

import pytest

from destinations.qualtrics.simulator import background, load_config

DIRECTORY = "/API/v3/directories/POOL_000000000000001"


@dataclass(frozen=True)
class Reply:
    status: str
    headers: dict[str, str]
    content: bytes

    @property
    def body(self):
        return json.loads(self.content)

    @property
    def result(self):
        assert self.status == "HTTP/1.1 200 OK", self.content
        return self.body["result"]

    @property
    def refusal(self):
        return int(self.status.split()[1]), self.body["meta"]["error"]["errorMessage"]


@dataclass(frozen=True)
class Line:
    url: str

    def send(self, request: str) -> Reply:
        """Send a request as written: the head with CRLF, a length for the body if there is one."""
        head, _, body = dedent(request).lstrip("\n").partition("\n\n")
        content = body.strip().encode()
        if content and "Content-Length" not in head:
            head += f"\nContent-Length: {len(content)}"
        return self.send_bytes(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + content)

    def send_bytes(self, request: bytes) -> Reply:
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port), timeout=10) as wire:
            wire.sendall(request)
            return _read(wire)

    def call(self, method, target, body=None, **headers) -> Reply:
        content = b"" if body is None else json.dumps(body).encode()
        sent = {
            "Host": "iad1.qualtrics.com",
            "X-API-TOKEN": "simulated-token",
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"{name}: {value}\r\n" for name, value in sent.items() if value is not None]
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(lines) + "\r\n"
        return self.send_bytes(head.encode() + content)

    def get(self, target, **headers):
        return self.call("GET", DIRECTORY + target, **headers)

    def post(self, target, body, **headers):
        return self.call("POST", DIRECTORY + target, body, **headers)

    def create(self, **body):
        return self.post("/contacts", body).result["id"]

    def contact(self, contact_id):
        return self.get(f"/contacts/{contact_id}").result

    def configure(self, **switches):
        reply = self.call("POST", "/_sim/config", switches)
        assert reply.status == "HTTP/1.1 200 OK", reply.content

    def state(self, part):
        return self.call("GET", f"/_sim/state?part={part}").body[part]


def _read(wire: socket.socket) -> Reply:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(wire)
    head, _, content = received.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    while len(content) < int(headers.get("content-length", 0)):
        content += _some(wire)
    return Reply(status, headers, content)


def _some(wire: socket.socket) -> bytes:
    found = wire.recv(65536)
    if not found:
        raise EOFError("the connection ended early")
    return found


@pytest.fixture(scope="session")
def address():
    with background(load_config({})) as url:
        yield url


@pytest.fixture
def line(address):
    """A simulator as if it had just been started without configuration."""
    found = Line(address)
    found.call("POST", "/_sim/reset")
    return found


@pytest.fixture
def connect():
    """Makes a line to a simulator other than the shared one."""
    return Line
