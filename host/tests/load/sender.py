"""Senders of events: connections that post batches, and post them again until they are accepted."""

import asyncio
import base64
import json
from time import perf_counter

from host.tests.load.processes import KEY

_AUTHORIZATION = base64.b64encode(f"{KEY}:".encode()).decode()


class Connection:
    """A connection to the ingress that is opened again when it breaks."""

    def __init__(self, port, path="/v1/batch"):
        self._port = port
        self._head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"authorization: Basic {_AUTHORIZATION}\r\ncontent-length: "
        )
        self._streams = None

    async def post(self, body):
        """Return the status of the response. Raises `OSError` or `EOFError` where there is none."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
        except (OSError, EOFError):
            self.close()
            raise
        return int(head[9:12])

    def close(self):
        if self._streams:
            self._streams[1].close()
            self._streams = None


class Sender:
    """Posts batches over one connection until each is answered 200."""

    def __init__(self, port, path="/v1/batch"):
        self._connection = Connection(port, path)
        #: Seconds of each POST that was answered 200.
        self.seconds = []
        #: Posts without an answer, and those with another answer than 200.
        self.broken = self.refused = 0

    async def send(self, body, pause=0.05):
        """Post a body until it is accepted. A 4xx other than 429 raises `ValueError`."""
        while True:
            started = perf_counter()
            try:
                status = await self._connection.post(body)
            except (OSError, EOFError):
                self.broken += 1
            else:
                if status == 200:
                    self.seconds.append(perf_counter() - started)
                    return
                self.refused += 1
                if 400 <= status < 500 and status != 429:
                    raise ValueError(status)
            await asyncio.sleep(pause)

    def close(self):
        self._connection.close()


def batch(events):
    return json.dumps({"batch": events}).encode()


async def send_all(port, shares, *, before=None):
    """Send shares of events, each over a connection of its own, in batches; return the senders.

    `shares` holds iterables of batches. `before` is awaited before each POST.
    """
    senders = [Sender(port) for _ in shares]

    async def run(sender, batches):
        for events in batches:
            if before:
                await before()
            await sender.send(batch(events))
        sender.close()

    async with asyncio.TaskGroup() as group:
        for sender, batches in zip(senders, shares, strict=True):
            group.create_task(run(sender, batches))
    return senders
