"""Attacks on connections: bytes that no request asked for never become another person's answer."""

import asyncio
import json
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from destination_kit.http import Client, HttpxTransport, RequestPolicy
from destination_kit.http.transports.aiohttp import AiohttpTransport
from destination_kit.http.transports.interface import NoResponseError
from tests.kit.http.certificate import PEM

pytestmark = pytest.mark.attack

REQUESTS = 6
FLOOD = b"HTTP/1.1 102 Processing\r\n\r\n"


def answer(number: int, status: str = "200 OK", headers: str = "", version: str = "1.1") -> bytes:
    """Return a response that names the request it belongs to."""
    body = json.dumps({"n": number})
    return f"HTTP/{version} {status}\r\n{headers}content-length: {len(body)}\r\n\r\n{body}".encode()


def chunked(number: int, extension: str = "", trailer: str = "") -> bytes:
    """Return the same response in chunks."""
    body = json.dumps({"n": number})
    head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    return f"{head}{len(body):x}{extension}\r\n{body}\r\n0\r\n{trailer}\r\n".encode()


def bare(status: str, headers: str = "") -> bytes:
    """Return a response without a body."""
    return f"HTTP/1.1 {status}\r\n{headers}\r\n".encode()


def padded(number: int, size: int) -> bytes:
    """Return a response of so many bytes."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 00000\r\n\r\n"
    body = json.dumps({"n": number}).encode().ljust(size - len(head))
    return head.replace(b"00000", b"%05d" % len(body)) + body


WRONG = answer(-1)
Script = Callable[[int], Sequence[bytes | float]]
"""number of a request -> what the server does: bytes that it sends, seconds that it waits."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One way to make a client read what it did not ask for."""

    script: Script
    method: str = "GET"
    #: Seconds between two requests of the client.
    gap: float = 0.0
    tls: bool = False
    #: Whether the server answers as soon as it has the head of a request.
    is_hasty: bool = False
    #: How many of the requests must get their own answer.
    right: int = REQUESTS
    #: Seconds of a request.
    timeout: float = 2.0
    #: Whether it did no harm before, over either library.
    held_before: bool = False


ATTEMPTS = {
    "a second answer in the same packet": Attempt(script=lambda n: [answer(n) + WRONG]),
    "three answers in the same packet": Attempt(script=lambda n: [answer(n) + WRONG + WRONG]),
    "a second answer in a packet of its own": Attempt(
        script=lambda n: [answer(n), 0.005, WRONG], gap=0.05
    ),
    "a second answer byte by byte on the idle connection": Attempt(
        script=lambda n: [answer(n), *(bytes([byte]) for byte in WRONG)],
        gap=0.05,
    ),
    "a chunked answer before the second": Attempt(script=lambda n: [chunked(n) + WRONG]),
    "a second answer in chunks": Attempt(script=lambda n: [answer(n) + chunked(-1)]),
    "two chunked answers": Attempt(script=lambda n: [chunked(n) + chunked(-1)]),
    "the beginning of a second answer, its rest after the next request": Attempt(
        script=lambda n: (
            [answer(n) + b"HTTP/1.1 200 OK\r\nx: "]
            if n % 2 == 0
            else [b"y\r\ncontent-length: 9\r\n\r\n" + b'{"n": -1}']
        ),
        right=REQUESTS // 2,
    ),
    "a header that swallows the head of the next answer": Attempt(
        script=lambda n: (
            [answer(n) + b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nx: "]
            if n % 2 == 0
            else [b'\r\n\r\n{"n": -1}' + answer(n)]
        ),
        right=REQUESTS // 2,
    ),
    "a second answer after line breaks": Attempt(
        script=lambda n: [answer(n) + b"\r\n\r\n" + WRONG]
    ),
    "line breaks alone, the answer in the next packet": Attempt(
        script=lambda n: [answer(n) + b"\r\n", 0.005, WRONG], gap=0.05
    ),
    "a second answer with bare line feeds": Attempt(
        script=lambda n: [answer(n) + WRONG.replace(b"\r\n", b"\n")]
    ),
    "an answer below 200 after the answer": Attempt(script=lambda n: [answer(n) + FLOOD + WRONG]),
    "204 with a whole answer as its body": Attempt(
        script=lambda n: [bare("204 No Content") + WRONG if n % 2 else answer(n)],
        right=REQUESTS // 2,
    ),
    "204 whose content-length counts a body": Attempt(
        script=lambda n: [answer(-1, "204 No Content") + WRONG if n % 2 else answer(n)],
        right=REQUESTS // 2,
    ),
    "304 with a whole answer as its body": Attempt(
        script=lambda n: [bare("304 Not Modified") + WRONG if n % 2 else answer(n)],
        right=REQUESTS // 2,
    ),
    "HEAD with a whole answer as its body": Attempt(
        script=lambda n: [bare("200 OK", "content-length: 60\r\n") + WRONG],
        method="HEAD",
        right=0,
        held_before=True,
    ),
    "content-length 0 before an answer": Attempt(
        script=lambda n: [bare("200 OK", "content-length: 0\r\n") + WRONG],
        right=0,
    ),
    "a redirect before the answer of its target": Attempt(
        script=lambda n: [
            bare("302 Found", "location: /2\r\ncontent-length: 0\r\n") + WRONG
            if n % 2
            else answer(n)
        ],
        right=REQUESTS // 2,
    ),
    "an error before its true answer": Attempt(
        script=lambda n: [answer(n, "503 Service Unavailable") + WRONG]
    ),
    "HTTP/1.0 with keep-alive": Attempt(
        script=lambda n: [answer(n, headers="connection: keep-alive\r\n", version="1.0") + WRONG],
        held_before=True,
    ),
    "trailers that look like an answer": Attempt(
        script=lambda n: [chunked(n, trailer="x: 1\r\n\r\n" + WRONG.decode())],
    ),
    "a chunk extension that looks like an answer": Attempt(
        script=lambda n: [chunked(n, extension=';x="HTTP/1.1 200 OK"') + WRONG],
    ),
    "a second last chunk": Attempt(
        script=lambda n: [chunked(n) + b"0\r\n\r\n" + WRONG],
        right=0,
        held_before=True,
    ),
    "an answer as long as a read, before the second": Attempt(
        script=lambda n: [padded(n, 65_536) + WRONG]
    ),
    "an answer as long as two reads, before the second": Attempt(
        script=lambda n: [padded(n, 131_072 - 60_000) + b"", padded(-1, 65_536)],
        gap=0.05,
        held_before=True,
    ),
    "an answer after the head of a request": Attempt(
        script=lambda n: [answer(n)],
        method="POST",
        is_hasty=True,
        gap=0.05,
        held_before=True,
    ),
    "two answers, one after the head and one after the body": Attempt(
        script=lambda n: [answer(n), 0.005, WRONG],
        method="POST",
        is_hasty=True,
        gap=0.05,
    ),
    "408 on the idle connection": Attempt(
        script=lambda n: [answer(n), 0.005, answer(-1, "408 Request Timeout")],
        gap=0.05,
    ),
    "a flood of answers below 200": Attempt(
        script=lambda n: [FLOOD * 20_000 + answer(n)],
        right=0,
        timeout=10.0,
        held_before=True,
    ),
    "a switch of protocols that was not asked for": Attempt(
        script=lambda n: [bare("101 Switching Protocols", "upgrade: x\r\n") + WRONG],
        right=0,
        held_before=True,
    ),
    "a length and chunks": Attempt(
        script=lambda n: [
            b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n"
            + chunked(n).partition(b"\r\n\r\n")[2]
            + WRONG
        ],
        right=0,
    ),
    "two lengths": Attempt(
        script=lambda n: [answer(n, headers="content-length: 0\r\n") + WRONG],
        right=0,
        held_before=True,
    ),
    "204 with a body in chunks": Attempt(
        script=lambda n: [
            bare("204 No Content", "transfer-encoding: chunked\r\n")
            + chunked(-1).partition(b"\r\n\r\n")[2]
            + WRONG
            if n % 2
            else answer(n)
        ],
        right=REQUESTS // 2,
    ),
    "HEAD with a body in chunks": Attempt(
        script=lambda n: [chunked(n), 0.005, WRONG],
        method="HEAD",
        right=0,
        gap=0.05,
        held_before=True,
    ),
    "205 with a whole answer as its body": Attempt(
        script=lambda n: [bare("205 Reset Content") + WRONG if n % 2 else answer(n)],
        right=0,
        timeout=0.3,
        held_before=True,
    ),
    "early hints before each of two answers": Attempt(
        script=lambda n: [
            bare("103 Early Hints", "link: </x>\r\n") + answer(n) + bare("103 Early Hints") + WRONG
        ]
    ),
    "an early hint alone after the answer": Attempt(
        script=lambda n: [answer(n) + bare("103 Early Hints")],
        held_before=True,
    ),
    "one byte after the answer": Attempt(
        script=lambda n: [answer(n) + WRONG[:1] if n % 2 == 0 else WRONG[1:]],
        right=REQUESTS // 2,
    ),
    # aiohttp refuses the first answer with such a byte after it.
    "a blank before an answer": Attempt(
        script=lambda n: [answer(n) + b" ", 0.005, WRONG],
        gap=0.05,
        right=0,
        held_before=True,
    ),
    "an answer that ends the connection": Attempt(
        script=lambda n: [answer(n, headers="connection: close\r\n") + WRONG],
        right=0,
        held_before=True,
    ),
    "an answer without a length": Attempt(
        script=lambda n: [bare("200 OK") + b'{"n": -1}' + WRONG],
        right=0,
        timeout=0.3,
        held_before=True,
    ),
    "more than a read after the answer": Attempt(
        script=lambda n: [answer(n) + WRONG * 5_000],
        gap=0.02,
        held_before=True,
    ),
    "TLS: chunks before a second answer": Attempt(
        script=lambda n: [chunked(n) + chunked(-1)], tls=True
    ),
    "TLS: half a record after the answer, the rest later": Attempt(
        script=lambda n: [answer(n) + padded(-1, 40_000)], tls=True, gap=0.02
    ),
    "TLS: 204 with an answer as its body": Attempt(
        script=lambda n: [bare("204 No Content") + WRONG if n % 2 else answer(n)],
        right=REQUESTS // 2,
        tls=True,
    ),
    "TLS: a second answer in the same record": Attempt(
        script=lambda n: [answer(n) + WRONG], tls=True
    ),
    "TLS: a second answer in the next record": Attempt(
        script=lambda n: [answer(n), WRONG], tls=True, gap=0.05
    ),
    "TLS: a second answer after the records of a long one": Attempt(
        script=lambda n: [padded(n, 65_536) + WRONG], tls=True, gap=0.02
    ),
}


class Server:
    """Server that follows a script on each connection."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._tasks = set()
        self.connections = 0

    async def serve(self, reader, writer):
        """Serve one connection until it ends."""
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if not self._attempt.is_hasty:
                    await reader.readexactly(_length_of(head))
                number = int(head.split(b" ")[1].rpartition(b"/")[2])
                for step in self._attempt.script(number):
                    if isinstance(step, float):
                        await asyncio.sleep(step)
                    else:
                        writer.write(step)
                        await writer.drain()
                if self._attempt.is_hasty:
                    await reader.readexactly(_length_of(head))
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # the client has closed it, or the test is over
        finally:
            writer.transport.abort()

    async def aclose(self):
        """End what is still served."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _length_of(head: bytes) -> int:
    return int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0] or 0)


@pytest.fixture(params=["httpx", "aiohttp", "a host's httpx"])
def library(request):
    return request.param


@pytest.fixture
def certificate(tmp_path, monkeypatch) -> Path:
    """Return the file of a certificate that the client trusts."""
    path = tmp_path / "certificate.pem"
    path.write_text(PEM)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


async def numbers_received(
    attempt: Attempt, library: str, certificate: Path, *, at_once: int = 1
) -> list[object]:
    """Send requests, so many at a time; return the number that each response names, else None."""
    server = Server(attempt)
    context = None
    if attempt.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    transport = open_transport(library, certificate)
    policy = RequestPolicy(connect_to={"api.acme.example": f"http://127.0.0.1:{port}"})
    client = Client(policy, transport=transport)
    try:

        async def send(number):
            options = {"timeout": attempt.timeout, "check": False, "json": {}}
            url = f"https://api.acme.example/{number}"
            request = client.prepare(attempt.method, url, options)
            target = f"{'https' if attempt.tls else 'http'}://127.0.0.1:{port}/{number}"
            return await _number_in_response(transport, request, target)

        received = []
        for number in range(0, REQUESTS, at_once):
            received += await asyncio.gather(*map(send, range(number, number + at_once)))
            await asyncio.sleep(attempt.gap)
        return received
    finally:
        await client.aclose()
        listening.close()
        await server.aclose()


def open_transport(library: str, certificate: Path):
    if library == "aiohttp":
        return AiohttpTransport()
    if library == "httpx":
        return HttpxTransport()
    context = ssl.create_default_context(cafile=certificate)
    limits = httpx.Limits(max_connections=3)
    return HttpxTransport(httpx.AsyncHTTPTransport(verify=context, limits=limits))


async def _number_in_response(transport, request, url: str) -> object:
    headers = {**request.headers, "host": "api.acme.example"}
    try:
        async with asyncio.timeout(request.timeout):
            response = await transport(request, url, headers)
        return json.loads(response.content)["n"]
    except (NoResponseError, TimeoutError, ValueError, TypeError):
        return None


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_each_request_gets_its_own_answer_or_none(name, library, certificate):
    attempt = ATTEMPTS[name]
    received = await numbers_received(attempt, library, certificate)
    wrong = [number for index, number in enumerate(received) if number not in {index, None}]
    assert not wrong
    assert sum(number is not None for number in received) >= attempt.right


@pytest.mark.parametrize("at_once", [2, 6])
@pytest.mark.parametrize(
    "name",
    [
        "a second answer in the same packet",
        "two chunked answers",
        "204 with a whole answer as its body",
        "TLS: a second answer in the same record",
    ],
)
async def test_requests_that_share_a_pool_get_their_own_answers_or_none(
    name, library, certificate, at_once
):
    attempt = ATTEMPTS[name]
    received = await numbers_received(attempt, library, certificate, at_once=at_once)
    assert not [number for index, number in enumerate(received) if number not in {index, None}]
    assert sum(number is not None for number in received) >= attempt.right


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize(
    "script", [lambda n: [answer(n)], lambda n: [chunked(n)]], ids=["length", "chunks"]
)
async def test_a_clean_connection_is_used_again(script, tls, library, certificate, monkeypatch):
    servers = []
    monkeypatch.setattr(
        "tests.attacks.test_connections.Server",
        lambda attempt, made=Server: servers.append(made(attempt)) or servers[-1],
    )
    received = await numbers_received(
        Attempt(script=script, tls=tls, gap=0.01), library, certificate
    )
    assert received == list(range(REQUESTS))
    assert servers[0].connections == 1


def test_at_most_half_of_the_attempts_held_before():
    assert len(ATTEMPTS) >= 35
    assert sum(attempt.held_before for attempt in ATTEMPTS.values()) <= len(ATTEMPTS) / 2
