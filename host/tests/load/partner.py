"""A partner on loopback that keeps what it accepts in order, and answers as it is asked to."""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from time import monotonic

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

ACCEPT = (200, "")
CLOSE = "close"
GARBAGE = "garbage"


class Partner:
    """What the partner has accepted; `answer(event, attempt)` chooses each response.

    A response is (status, headers), `CLOSE`, `GARBAGE`, or a number: the seconds before it accepts.
    """

    def __init__(self, answer=lambda _event, _attempt: ACCEPT):
        self.answer = answer
        #: (messageId, user, number, time) of each event that was answered 200, in order.
        self.accepted = []
        #: Calls so far, accepted or not.
        self.calls = 0
        self._attempts = {}

    def choose(self, body):
        """Return the seconds to wait, and the response to an event."""
        event = json.loads(body)
        self.calls += 1
        attempt = self._attempts[event["messageId"]] = self._attempts.get(event["messageId"], 0) + 1
        response = self.answer(event, attempt)
        pause, response = (response, ACCEPT) if isinstance(response, float) else (0.0, response)
        return pause, event, response

    def accept(self, event):
        number = event.get("properties", {}).get("number", 0)
        self.accepted.append((event["messageId"], event["userId"], number, monotonic()))


class _Protocol(asyncio.Protocol):
    def __init__(self, partner):
        self._partner = partner
        self._buffer = b""

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        data = self._buffer + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(data[:end])
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(data) < whole:
                break
            pause, event, response = self._partner.choose(data[end + 4 : whole])
            if pause:
                loop = asyncio.get_running_loop()
                loop.call_later(pause, self._respond, event, response)
            else:
                self._respond(event, response)
            data = data[whole:]
        self._buffer = data

    def _respond(self, event, response):
        # A partner that has an event keeps it, also if the host is killed before the response.
        if response[0] == 200:
            self._partner.accept(event)
        if self._transport.is_closing():
            return
        if response == CLOSE:
            self._transport.close()
            return
        if response == GARBAGE:
            self._transport.write(b"220 this is no HTTP\r\n")
            self._transport.close()
            return
        status, headers = response
        head = f"HTTP/1.1 {status} X\r\n{headers}content-length: 2\r\n"
        self._transport.write(f"{head}content-type: application/json\r\n\r\n{{}}".encode())


@asynccontextmanager
async def listening(partner):
    """The URL of a partner that listens meanwhile."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Protocol(partner), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
