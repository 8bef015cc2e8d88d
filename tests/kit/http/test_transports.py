"""Both transports keep the same promises, against real sockets."""

import asyncio
import gzip
from contextlib import asynccontextmanager
from hashlib import sha256

import pytest

from destination_kit import HTTPError, IntegrationError, InvalidAuthenticationError, TransportError
from destination_kit.definitions import EMPTY
from destination_kit.http import Client, RequestPolicy
from destination_kit.http.transports.aiohttp import AiohttpTransport
from destination_kit.http.transports.httpx import HttpxTransport
from destination_kit.http.transports.interface import MAX_RESPONSE_BYTES

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nset-cookie: a=1\r\nX-Two: a\r\nX-Two: b\r\n\r\n{}"


URL = "https://api.acme.example/a%2Fb?q=%20"


@pytest.fixture(params=[HttpxTransport, AiohttpTransport])
def over(request):
    return request.param


class Server:
    """Answers each connection's requests in turn; None hangs up, "" never answers."""

    def __init__(self, answers):
        self._answers = answers
        self._serving = set()
        self._over = asyncio.Event()
        self.heard = []
        self.connections = 0

    async def serve(self, reader, writer):
        """Serve one connection until it ends."""
        self._serving.add(asyncio.current_task())
        self.connections += 1
        try:
            for answer in self._answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0] or 0)
                self.heard.append((head, await reader.readexactly(length)))
                if answer is None:
                    break
                if not answer:
                    await self._over.wait()
                writer.write(answer)
        except asyncio.IncompleteReadError:
            pass  # the client has closed it
        finally:
            writer.transport.abort() if answer is None else writer.close()
            self._serving.discard(asyncio.current_task())

    async def aclose(self):
        """End what is still served."""
        self._over.set()
        await asyncio.gather(*self._serving, return_exceptions=True)


@asynccontextmanager
async def connected(over, answers, *, port=None, params=EMPTY):
    """Give a client and the server that it is connected to."""
    ours = Server(answers)
    server = await asyncio.start_server(ours.serve, "127.0.0.1", 0)
    target = f"http://127.0.0.1:{port or server.sockets[0].getsockname()[1]}"
    policy = RequestPolicy(
        headers={"x-api-token": "t0ken"},
        params=params,
        secrets=tuple(params.values()),
        hosts=("api.acme.example",),
        connect_to={"api.acme.example": target},
    )
    client = Client(policy, transport=over())
    try:
        yield client, ours
    finally:
        await client.aclose()
        server.close()
        await ours.aclose()


async def test_a_request_arrives_as_it_was_given(over):
    async with connected(over, [OK, OK]) as (client, server):
        answer = await client.post(URL, json={"a": "é"})
        await client.get(URL)
    assert (answer.status, answer.body, answer.headers["x-two"]) == (200, {}, "a, b")
    (head, body), (again, nothing) = server.heard
    assert head.startswith(b"POST /a%2Fb?q=%20 HTTP/1.1\r\n")
    lines = {line.lower() for line in head.split(b"\r\n")}
    assert {
        b"host: api.acme.example",
        b"x-api-token: t0ken",
        b"content-type: application/json",
        b"user-agent: destination-kit",
        b"accept: application/json",
        b"accept-encoding: identity",
    } <= lines
    assert body == '{"a":"é"}'.encode()
    assert b"cookie" not in again.lower()
    assert (b"content-type" not in again.lower(), nothing) == (True, b"")


def compressed(content, status="200 OK", headers=""):
    packed = gzip.compress(content)
    head = f"HTTP/1.1 {status}\r\ncontent-encoding: gzip\r\n{headers}content-length: {len(packed)}"
    return f"{head}\r\n\r\n".encode() + packed


async def test_a_response_is_not_decompressed_unless_the_request_asks_for_it(over):
    async with connected(over, [compressed(b'{"a": 1}')] * 2) as (client, _):
        with pytest.raises(
            TransportError, match="coding 'gzip', which was not asked for"
        ) as raised:
            await client.post(URL, json={})
        answer = await client.get(URL, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert (raised.value.received_status, raised.value.outcome_unknown) == (200, True)
    assert answer.body == {"a": 1}


async def test_a_compressed_error_keeps_its_status_and_its_retry_after(over):
    refusal = compressed(b"later", "429 Too Many Requests", "retry-after: 7\r\n")
    async with connected(over, [refusal]) as (client, _):
        answer = await client.get(URL, check=False)
    assert (answer.status, answer.retry_after, answer.body) == (429, 7.0, None)


@pytest.mark.parametrize("size", [MAX_RESPONSE_BYTES + 1, 50 * MAX_RESPONSE_BYTES])
async def test_a_compressed_response_has_the_same_size_limit(over, size):
    async with connected(over, [compressed(b" " * size)]) as (client, _):
        with pytest.raises(TransportError, match="more than 10,000,000 bytes"):
            await client.get(URL, headers={"accept-encoding": "gzip"})


async def test_a_redirect_is_a_response(over):
    moved = b"HTTP/1.1 302 Found\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n"
    async with connected(over, [moved]) as (client, server):
        answer = await client.get(URL, check=False)
    assert (answer.status, len(server.heard)) == (302, 1)


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_write_whose_connection_broke_is_not_repeated(over, method):
    async with connected(over, [OK, None]) as (client, server):
        await client.request(method, URL, json={})
        with pytest.raises(TransportError) as told:
            await client.request(method, URL, json={})
    assert (told.value.code, told.value.outcome_unknown) == ("CONNECTION_FAILED", True)
    assert len(server.heard) == 2


async def test_a_request_that_was_cancelled_costs_no_other_its_connection(over):
    async with connected(over, [OK] * 100) as (client, _):
        await client.get(URL)
        for steps in range(25):
            writing = asyncio.create_task(client.post(URL, json={}))
            for _ in range(steps):
                await asyncio.sleep(0)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            assert (await client.get(URL, timeout=5)).status == 200


async def test_no_error_shows_the_query(over):
    async with connected(over, [b"nonsense\r\n\r\n", b"nonsense\r\n\r\n"]) as (client, _):
        with pytest.raises(TransportError) as told:
            await client.post("https://api.acme.example?email=ann@x.example", json={})
    assert "ann" not in str(told.value)


async def test_headers_may_be_long_and_odd(over):
    odd = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-long: %s\r\nx-odd: \xe9\r\n\r\n{}"
    async with connected(over, [odd % (b"y" * 9000)]) as (client, _):
        answer = await client.get(URL)
    assert len(answer.headers["x-long"]) == 9000
    assert answer.headers["x-odd"].encode()


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
async def test_a_destination_cannot_set_the_length_of_a_body(over, name):
    async with connected(over, []) as (client, server):
        with pytest.raises(IntegrationError, match=name):
            await client.post(URL, json={"a": 1}, headers={name: "3"})
    assert not server.heard


async def test_a_request_without_a_connection_has_changed_nothing(over):
    async with connected(over, [], port=9) as (client, _):
        with pytest.raises(TransportError, match="could not connect") as told:
            await client.post(URL, json={})
    assert (told.value.code, told.value.outcome_unknown) == ("CONNECTION_FAILED", False)


async def test_a_write_without_a_response_in_time_may_have_been_done(over):
    async with connected(over, [b""]) as (client, _):
        with pytest.raises(TransportError, match=r"no response within 0\.2 s") as told:
            await client.post(URL, json={}, timeout=0.2)
    assert (told.value.code, told.value.outcome_unknown) == ("REQUEST_TIMEOUT", True)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_RESPONSE_BYTES + 1),
    ],
    ids=["cut", "nonsense", "endless"],
)
async def test_half_a_response_is_none(over, answer):
    async with connected(over, [answer]) as (client, _):
        with pytest.raises(TransportError, match="no complete response") as told:
            await client.post(URL, json={})
    assert told.value.outcome_unknown


HEAD = b"HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\n"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (HEAD + b"\r\n{}", 202),
        (HEAD + b"content-encoding: gzip\r\n\r\nno gzip!!", 202),
        (b"HTTP/1.1 202 Acc", None),
        (b"HTTP/1.1 ", None),
    ],
)
async def test_a_status_is_known_although_the_body_cannot_be_read(over, answer, status):
    async with connected(over, [answer]) as (client, _):
        with pytest.raises(TransportError) as caught:
            await client.post(URL, json={})
    assert (caught.value.received_status, caught.value.outcome_unknown) == (status, True)


async def test_many_at_a_time_reuse_their_connections(over):
    async with connected(over, [OK] * 300) as (client, server):
        for _ in range(3):
            answers = await asyncio.gather(*(client.get(URL) for _ in range(100)))
            assert {response.status for response in answers} == {200}
    assert len(server.heard) == 300
    assert server.connections <= over.max_concurrent


class Delivering:
    """A delivery that is never over."""

    def check_open(self, request):
        pass

    def mark_departed(self, request):
        pass


async def test_after_a_401_no_request_leaves_that_was_not_in_flight(over):
    slots = over.max_concurrent
    refusal = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"
    async with connected(over, [refusal] * 3 * slots) as (client, server):
        request = client.prepare("GET", URL, {"check": False})
        calls = (client.send(request, Delivering()) for _ in range(3 * slots))
        answers = await asyncio.gather(*calls, return_exceptions=True)
    stopped = [answer for answer in answers if isinstance(answer, InvalidAuthenticationError)]
    assert (len(server.heard), len(stopped)) == (slots, 2 * slots)


@pytest.mark.parametrize(
    ("method", "options", "type_", "body"),
    [
        (
            "post",
            {"form": {"a": "x y"}},
            b"application/x-www-form-urlencoded;charset=utf-8",
            b"a=x+y",
        ),
        ("patch", {"content": b"\xff\x00", "content_type": "a/b"}, b"a/b", b"\xff\x00"),
        ("put", {"json": {"a": 1}, "headers": {"Content-Type": "a/j"}}, b"a/j", b'{"a":1}'),
    ],
)
async def test_every_body_arrives_with_its_type(over, method, options, type_, body):
    async with connected(over, [OK]) as (client, server):
        await getattr(client, method)(URL, **options)
    [(head, sent)] = server.heard
    assert sent == body
    assert head.startswith(method.upper().encode())
    assert [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-type")] == [
        b"content-type: " + type_
    ]


async def test_files_arrive_with_the_boundary_of_their_type(over):
    async with connected(over, [OK]) as (client, server):
        await client.post(URL, files={"f": ("a.csv", "a,b", "text/csv")})
    [(head, sent)] = server.heard
    boundary = head.lower().partition(b"multipart/form-data; boundary=")[2].split(b"\r")[0]
    assert sent == (
        b'--%b\r\ncontent-disposition: form-data; name="f"; filename="a.csv"\r\n'
        b"content-type: text/csv\r\n\r\na,b\r\n--%b--\r\n" % (boundary, boundary)
    )


async def test_a_signature_is_over_the_bytes_that_arrive(over):
    signed = []

    def sign(request):
        signed.append(request)
        return {"x-signature": sha256(request.content).hexdigest(), "X-Api-Token": "new"}

    async with connected(over, [OK]) as (client, server):
        await client.post(URL, json={"a": "é"}, auth=("u", "p"), sign=sign)
    [(head, sent)] = server.heard
    assert b"x-signature: " + sha256(sent).hexdigest().encode() in head
    assert (b"authorization: basic dtpw" in head.lower(), head.lower().count(b"x-api-token")) == (
        True,
        1,
    )
    [request] = signed
    assert (request.method, request.url, request.content) == ("POST", URL, sent)
    assert request.headers["content-type"] == "application/json"
    assert "dTpw" not in repr(request)


async def test_a_head_request_has_a_response_without_a_body(over):
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-encoding: gzip\r\nx-a: b\r\n\r\n"
    async with connected(over, [answer, OK]) as (client, server):
        response = await client.head(URL)
        await client.get(URL)
    assert (response.body, response.headers["x-a"]) == (None, "b")
    assert server.heard[0][0].startswith(b"HEAD ")


async def test_the_credentials_of_the_query_arrive_and_no_error_shows_them(over):
    refused = b"HTTP/1.1 400 Bad\r\ncontent-length: 14\r\n\r\nk3y-0123456789"
    async with connected(over, [refused], params={"key": "k3y-0123456789"}) as (client, server):
        with pytest.raises(HTTPError) as caught:
            await client.post(URL, params={"a": "b c"})
    assert server.heard[0][0].startswith(b"POST /a%2Fb?a=b+c&key=k3y-0123456789 HTTP/1.1\r\n")
    assert str(caught.value) == "POST https://api.acme.example/a%2Fb?\u2026 answered 400"
    assert caught.value.body == "[secret]"
