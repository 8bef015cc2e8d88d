"""Recording proxy: it stands between a client and a server, and keeps what passes over the socket."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

_PER_CONNECTION = {"connection", "transfer-encoding", "content-length"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its response, as they passed over the socket."""

    method: str
    target: str
    #: Headers by name in lower case.
    headers: Mapping[str, str]
    body: bytes
    status: int
    content_type: str
    content: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def request(self) -> dict:
        """The request as `contract.find_violations` reads it."""
        query = dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))
        body = {"body": json.loads(self.body)} if self.body else {}
        return {"header": self.headers, **({"query": query} if query else {}), **body}

    @property
    def response(self) -> dict:
        """The response as `contract.find_violations` reads it."""
        return {"body": json.loads(self.content)} if self.content else {}


@contextmanager
def recorded(server_url: str) -> Iterator[tuple[str, list[Exchange]]]:
    """Yield the URL of a proxy in front of a server, and the exchanges that have passed so far."""
    exchanges: list[Exchange] = []
    address = urlsplit(server_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            length = self.headers.get("content-length")
            body = self.rfile.read(int(length or 0))
            upstream = HTTPConnection(address.hostname, address.port, timeout=10)
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body)
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            exchanges.append(
                Exchange(
                    method=self.command,
                    target=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=body,
                    status=answer.status,
                    content_type=answer.getheader("content-type", ""),
                    content=content,
                )
            )
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _PER_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _forward  # noqa: N815 - names of the base class

        def log_message(self, *_) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", exchanges
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
