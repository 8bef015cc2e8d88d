"""Partner on loopback that responds to Qualtrics' calls at once, and counts them.

    python -m tests.bench.partner

It prints its URL and serves until SIGTERM. `GET /stats` returns the counts since the last
`GET /stats`.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

_HEAD = re.compile(rb"([A-Z]+) ([^ ?]+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_META: Mapping[str, str] = {"httpStatus": "200 - OK", "requestId": "r-1"}


def _result_response(result: object) -> bytes:
    body = json.dumps({"result": result, "meta": _META}, separators=(",", ":")).encode()
    return _response(body)


def _response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


_CONTACT = _result_response({"id": "CID_1"})
_NO_CONTACTS = _result_response({"elements": [], "nextPage": None})


class Partner(asyncio.Protocol):
    """Protocol of one connection. All connections share a counter."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._buffer = b""
        self._is_counted = False

    def connection_made(self, transport: Any) -> None:
        """Store the transport for the responses."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Respond to every request that is complete."""
        data = self._buffer + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head = data[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(data) < whole:
                break
            reply = self._reply(head, data[end + 4 : whole])
            if _CLOSE.search(head):
                self._transport.write(reply.replace(b"\r\n", b"\r\nconnection: close\r\n", 1))
                self._transport.close()
            else:
                self._transport.write(reply)
            data = data[whole:]
        self._buffer = data

    def _reply(self, head: bytes, body: bytes) -> bytes:
        request = _HEAD.match(head)
        method, path = request.groups() if request else (b"", b"")
        if path == b"/stats":
            counts = dict(self._counts)
            self._counts.clear()
            return _response(json.dumps(counts).encode())
        self._counts["requests"] += 1
        self._counts["connections"] += not self._is_counted
        self._is_counted = True
        if method == b"POST" and path.endswith(b"/transactions"):
            entries = json.loads(body)
            self._counts["transactions"] += len(entries)
            created = {name: {"id": "CTR_1"} for name in entries}
            return _result_response({"createdTransactions": created, "unprocessedTransactions": {}})
        if method == b"POST" and path.endswith(b"/contacts"):
            return _CONTACT
        return _NO_CONTACTS


@contextmanager
def background() -> Iterator[str]:
    """Run a partner in a separate process; yield its URL."""
    command = (sys.executable, "-m", "tests.bench.partner")
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            yield str(process.stdout and process.stdout.readline().strip())
        finally:
            process.terminate()


def stats(url: str) -> Counter[str]:
    """Return the partner's counts since the last call."""
    with urlopen(f"{url}/stats") as answer:  # noqa: S310 - our own server
        return Counter(json.load(answer))


async def _serve() -> None:
    counts: Counter[str] = Counter()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: Partner(counts), "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()


def main() -> None:
    """Serve, on uvloop where it is installed."""
    try:
        from uvloop import new_event_loop as factory
    except ImportError:
        factory = asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve())


if __name__ == "__main__":
    main()
