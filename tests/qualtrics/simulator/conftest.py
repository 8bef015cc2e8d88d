"""A simulator, and a client that writes whole requests to a socket as bytes."""

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
class Response:
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
class Client:
    url: str

    def send(self, request: str) -> Response:
        """Send a request as written, with CRLF in the head and the length of a body."""
        head, _, body = dedent(request).lstrip("\n").partition("\n\n")
        content = body.strip().encode()
        if content and "Content-Length" not in head:
            head += f"\nContent-Length: {len(content)}"
        return self.send_bytes(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + content)

    def send_bytes(self, request: bytes) -> Response:
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            connection.sendall(request)
            return _read_response(connection)

    def call(self, method, target, body=None, **headers) -> Response:
        content = b"" if body is None else json.dumps(body).encode()
        all_headers = {
            "Host": "iad1.qualtrics.com",
            "X-API-TOKEN": "simulated-token",
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"{name}: {value}\r\n" for name, value in all_headers.items() if value is not None]
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


def _read_response(connection: socket.socket) -> Response:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, content = received.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    while len(content) < int(headers.get("content-length", 0)):
        content += _receive(connection)
    return Response(status, headers, content)


def _receive(connection: socket.socket) -> bytes:
    chunk = connection.recv(65536)
    if not chunk:
        raise EOFError("the connection ended early")
    return chunk


@pytest.fixture(scope="session")
def address():
    with background(load_config({})) as url:
        yield url


@pytest.fixture
def client(address):
    """A client of a simulator that has just been reset to the default configuration."""
    simulator_client = Client(address)
    simulator_client.call("POST", "/_sim/reset")
    return simulator_client


@pytest.fixture
def connect():
    """Create a client of a simulator other than the shared one."""
    return Client
