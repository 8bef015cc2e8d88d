"""Requests through a proxy of the environment, on real sockets."""

import asyncio
import logging
import ssl
from base64 import b64encode
from contextlib import asynccontextmanager

import pytest

from destination_kit import Action, Destination, TransportError
from destination_kit.http import Client, RequestPolicy
from destination_kit.http.transports.httpx import _LogSafe
from tests.kit.http.certificate import PEM

URL = "https://api.acme.example/things?key=hidden"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
NAMES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")


class Network:
    """A proxy, and a partner behind it that only the proxy reaches."""

    #: The answer to a CONNECT; None hangs up, "" never answers.
    connect_answer = ESTABLISHED
    #: The answer to a request; None hangs up, "" never answers.
    partner_answer = OK

    def __init__(self, certificate):
        self.certificate = certificate
        self.connects = []
        self.requests = []
        self._tasks = set()

    @asynccontextmanager
    async def run(self):
        """Serve the proxy and the partner; `port` is that of the proxy."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate)
        partner = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=context)
        self._partner_port = partner.sockets[0].getsockname()[1]
        proxy = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = proxy.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            proxy.close()
            partner.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0] or 0)
                self.requests.append(head + await reader.readexactly(length))
                await self._write(writer, self.partner_answer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _connect(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            self.connects.append(await reader.readuntil(b"\r\n\r\n"))
            await self._write(writer, self.connect_answer)
            if self.connect_answer == ESTABLISHED:
                upstream = await asyncio.open_connection("127.0.0.1", self._partner_port)
                await asyncio.gather(_pipe(reader, upstream[1]), _pipe(upstream[0], writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _write(self, writer, answer):
        if answer is None:
            raise ConnectionError
        if not answer:
            await asyncio.Event().wait()
        writer.write(answer)
        await writer.drain()


async def _pipe(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
    finally:
        writer.transport.abort()


@pytest.fixture
async def network(monkeypatch, tmp_path):
    certificate = tmp_path / "certificate.pem"
    certificate.write_text(PEM)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    network = Network(certificate)
    async with network.run():
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{network.port}")
        yield network


async def post(count=1, seconds=10.0):
    client = Client(RequestPolicy(hosts=("api.acme.example",)))
    try:
        for _ in range(count):
            answer = await client.post(URL, json={"a": 1}, timeout=seconds)
        return answer
    finally:
        await client.aclose()


async def fail(**options):
    """Return the error of a write; what it shows is no secret."""
    with pytest.raises(TransportError) as caught:
        await post(**options)
    error = caught.value
    assert error.retryable
    assert "hidden" not in str(error)
    return error


async def test_a_request_goes_through_the_proxy_and_keeps_its_tunnel(network):
    assert (await post(count=2)).body == {}
    [connect] = network.connects
    assert connect.startswith(b"CONNECT api.acme.example:443 HTTP/1.1\r\n")
    assert b"roxy-" not in connect
    assert len(network.requests) == 2
    assert network.requests[0].startswith(b"POST /things?key=hidden HTTP/1.1\r\n")
    assert b"roxy" not in network.requests[0]


@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy"])
async def test_all_proxy_is_the_proxy_where_there_is_no_other(network, monkeypatch, variable):
    monkeypatch.delenv("HTTPS_PROXY")
    monkeypatch.setenv(variable, f"127.0.0.1:{network.port}")
    await post()
    assert len(network.connects) == 1


async def test_what_is_read_at_the_opening_holds_for_every_request(network, monkeypatch):
    client = Client(RequestPolicy(hosts=("api.acme.example",)))
    for name, value in (("HTTPS_PROXY", "htp://"), ("NO_PROXY", "*"), ("SSL_CERT_FILE", "/no")):
        monkeypatch.setenv(name, value)
    assert (await client.get(URL)).status == 200
    await client.aclose()


ODD = ["hunter2#x", "hunter2/x", "p@hunter2", "50%hunter2", "hunter2:x", "huntér2", "%23hunter2"]


@pytest.mark.parametrize("password", ODD)
@pytest.mark.parametrize("place", ["password", "user name"])
async def test_user_name_and_password_reach_the_proxy_and_no_message(
    network, monkeypatch, password, place
):
    spelled = "".join(f"%{byte:02X}" for byte in password.encode())
    pair = ("alice", password) if place == "password" else (password.replace(":", ""), "")
    userinfo = f"alice:{spelled}" if place == "password" else spelled.replace("%3A", "")
    monkeypatch.setenv("HTTPS_PROXY", f"http://{userinfo}@127.0.0.1:{network.port}")
    header = b64encode(":".join(pair).encode()).decode()
    quoted = f"{userinfo} {':'.join(pair)} {header}".encode()
    network.connect_answer = b"HTTP/1.1 407 " + quoted + b"\r\ncontent-length: 0\r\n\r\n"
    error = await fail()
    assert f"proxy-authorization: basic {header}".lower().encode() in network.connects[0].lower()
    assert "hunt" not in str(error)
    assert header not in str(error)
    assert spelled not in str(error)


async def test_no_log_shows_user_name_and_password(network, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HTTPS_PROXY", f"http://alice:hunter2@127.0.0.1:{network.port}")
    await post()
    assert "CONNECT" in caplog.text
    assert "hunter2" not in caplog.text
    for text in ("alice", "hunter2"):  # httpcore logs these bytes for a SOCKS proxy
        assert (_LogSafe(text).encode(), repr(_LogSafe(text).encode())) == (
            text.encode(),
            "'[secret]'",
        )


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
            "it answered 407 Proxy Authentication Required",
        ),
        (
            b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 3\r\n\r\nno!",
            "it answered 502 Bad Gateway",
        ),
        (b"HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n", "it answered 403 Forbidden"),
        (
            b"HTTP/1.1 302 Found\r\nlocation: https://login.example/?t=1\r\n\r\n",
            "it answered 302 Found",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nThis is no TLS.", ""),
        (b"HTTP/1.1 999 hunter2\r\ncontent-length: 0\r\n\r\n", "it answered 999"),
        (b"220 mail.example ESMTP\r\n", "it closed the connection, or its answer is not HTTP"),
        (b"HTTP/1.1 200", "it closed the connection, or its answer is not HTTP"),
        (None, "it closed the connection, or its answer is not HTTP"),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_leaves_nothing_in_doubt(network, answer, reason):
    network.connect_answer = answer
    error = await fail(seconds=2.0)
    assert not error.outcome_unknown
    through = f"could not connect through the proxy 127.0.0.1:{network.port} of HTTPS_PROXY: "
    assert f"POST https://api.acme.example/things?… {through}{reason}" in str(error)
    assert error.remedy == ("settings" if reason.endswith(("Required", "Forbidden")) else None)
    assert (len(network.connects), network.requests) == (1, [])


async def test_a_proxy_that_never_answers_leaves_nothing_in_doubt(network):
    network.connect_answer = b""
    error = await fail(seconds=0.3)
    assert (error.code, error.outcome_unknown) == ("REQUEST_TIMEOUT", False)
    assert str(error).endswith("of HTTPS_PROXY: no connection in time")


async def test_a_proxy_that_refuses_the_connection_leaves_nothing_in_doubt(network, monkeypatch):
    async with Network(network.certificate).run():
        pass
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    error = await fail()
    assert (error.code, error.outcome_unknown) == ("CONNECTION_FAILED", False)
    assert f"the proxy 127.0.0.1:{port} of HTTPS_PROXY: " in str(error)


async def test_a_partner_whose_certificate_is_not_trusted_gets_nothing(network, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    error = await fail()
    assert not error.outcome_unknown
    assert "through the proxy" in str(error)
    assert "CERTIFICATE_VERIFY_FAILED" in str(error)
    assert network.requests == []


@pytest.mark.parametrize("answer", [None, b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"])
async def test_a_write_that_left_through_the_tunnel_is_in_doubt_as_without_one(network, answer):
    network.partner_answer = answer
    error = await fail(seconds=2.0 if answer == b"" else 10.0)
    assert error.outcome_unknown
    assert "through the proxy" not in str(error)
    assert len(network.requests) == 1


async def test_the_time_to_connect_does_not_cut_a_request_that_has_left(network, monkeypatch):
    monkeypatch.setattr("destination_kit.http.transports.httpx.CONNECT_SHARE", 0.1)

    async def answer_late(writer, answer, write=network._write):  # noqa: SLF001 - the partner is slow
        await asyncio.sleep(1.2 if answer is network.partner_answer else 0)
        await write(writer, answer)

    network._write = answer_late  # noqa: SLF001 - the partner is slow
    assert (await post(seconds=10.0)).status == 200


@pytest.fixture
def acme(configured):
    """Return a function that configures a partner whose action posts, or does as given."""

    async def post_payload(context, payload):
        return await context.http.post(URL, json=payload)

    def configure(perform=post_payload):
        partner = Destination(
            slug="actions-acme",
            name="Acme",
            settings={"type": "object"},
            hosts=("api.acme.example",),
            actions={"say": Action(title="Say", fields={"type": "object"}, perform=perform)},
        )
        say = {"name": "Say", "action": "say", "trigger": 'type = "track"', "mapping": {}}
        return configured(partner, say)

    return configure


@pytest.mark.parametrize(("waits", "outcome"), [("proxy", "failed"), ("partner", "unknown")])
async def test_a_deadline_leaves_in_doubt_only_what_the_proxy_let_through(
    network, acme, waits, outcome
):
    setattr(network, "connect_answer" if waits == "proxy" else "partner_answer", b"")
    async with acme().open() as live:
        [result] = await live.send([{"type": "track"}], deadline=2.0)
    [failed] = result.failures
    assert (failed.code, failed.outcome) == ("SELF_TIMEOUT", outcome)
    assert len(network.requests) == (waits == "partner")


async def test_a_request_that_the_proxy_lets_through_after_the_deadline_does_not_leave(
    network, acme
):
    connecting, ended, errors = asyncio.Event(), asyncio.Event(), []

    async def connect_late(writer, answer, write=network._write):  # noqa: SLF001 - the proxy is slow
        await connecting.wait()
        await write(writer, answer)

    async def perform(context, payload):
        request = asyncio.ensure_future(context.http.post(URL, json=payload))
        request.add_done_callback(lambda done: (errors.append(done.exception()), ended.set()))
        try:
            await asyncio.shield(request)
        except asyncio.CancelledError:
            connecting.set()
            await asyncio.wait([request])
            raise

    network._write = connect_late  # noqa: SLF001 - the proxy is slow
    async with acme(perform).open() as live:
        [result] = await live.send([{"type": "track"}], deadline=0.3)
        await ended.wait()
    assert [failed.outcome for failed in result.failures] == ["failed"]
    assert "the result of this delivery is final" in str(errors[0])
    assert network.requests == []


async def test_an_event_behind_a_broken_proxy_failed_and_can_be_sent_again(network, acme):
    network.connect_answer = None
    async with acme().open() as live:
        [broken] = await live.send([{"type": "track"}])
        network.connect_answer = b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n"
        [[refused]] = [result.failures for result in await live.send([{"type": "track"}])]
        network.connect_answer = ESTABLISHED
        [mended] = await live.send([{"type": "track"}])
    [failed] = broken.failures
    assert (failed.code, failed.outcome, failed.remedy) == ("CONNECTION_FAILED", "failed", "wait")
    assert (refused.code, refused.outcome) == ("CONNECTION_FAILED", "failed")
    assert (refused.remedy, refused.retry_after) == ("settings", 60)
    assert mended.ok
