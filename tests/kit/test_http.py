import asyncio
import gc
import logging
import weakref
from types import MappingProxyType

import httpx
import pytest

from destination_kit import MISSING, HTTPError, IntegrationError, TransportError
from destination_kit.http import Client, HttpxTransport, RequestPolicy
from destination_kit.http.codec import encode_json, parse_retry_after
from destination_kit.http.transports.interface import MAX_RESPONSE_BYTES

ACCESS = RequestPolicy(
    hosts=("*.example.com",), headers={"x-token": "s3cret!"}, secrets=("s3cret!",)
)
URL = "https://api.example.com/v1/things"


async def ask(access, method="GET", url=URL, transport=None, **options):
    client = Client(access, transport=transport and HttpxTransport(transport))
    try:
        return await client.request(method, url, **options)
    finally:
        await client.aclose()


async def test_a_request_carries_the_credentials_to_a_host_of_the_destination(httpx_mock):
    httpx_mock.add_response(url=URL, match_headers={"x-token": "s3cret!"}, json={"a": [1]})
    response = await ask(ACCESS)
    assert (response.status, response.body) == (200, {"a": [1]})


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.com/",
        "https://example.com/",
        "https://api.example.com.evil.com/",
        "https://evil.com/#.example.com",
        "https://api.example.com@evil.com/",
        "https://user:pw@api.example.com/",
        "http://api.example.com/",
        "ftp://api.example.com/",
        "https://evil.com\\.example.com/",
        "//api.example.com/",
        "",
        "https://[::1",
    ],
)
async def test_no_credential_leaves_for_anywhere_else(url):
    with pytest.raises(IntegrationError) as caught:
        await ask(ACCESS, url=url)
    assert caught.value.code in {"HOST_NOT_ALLOWED", "INVALID_URL"}
    assert "s3cret!" not in str(caught.value)


async def test_without_hosts_a_request_may_go_anywhere_but_no_secret_may(httpx_mock):
    httpx_mock.add_response(url="https://anywhere.net/")
    access = RequestPolicy(secrets=("s3cret!",))
    assert (await ask(access, url="https://anywhere.net/")).status == 200
    for leak in ({"headers": {"x": "s3cret!"}}, {"params": {"key": "s3cret!"}}):
        with pytest.raises(IntegrationError, match="a secret may only go"):
            await ask(access, url="https://anywhere.net/", **leak)


async def test_a_redirect_is_never_followed(httpx_mock):
    httpx_mock.add_response(status_code=302, headers={"location": "https://evil.com/"})
    with pytest.raises(HTTPError) as caught:
        await ask(ACCESS, "POST", json={})
    assert (caught.value.code, caught.value.status) == ("FOUND", 302)


async def test_an_answer_outside_2xx_raises_with_what_the_partner_said(httpx_mock):
    httpx_mock.add_response(status_code=429, headers={"retry-after": "7"}, json={"why": "s3cret!"})
    with pytest.raises(HTTPError) as caught:
        await ask(ACCESS, "POST", url=URL + "?key=hidden", json={})
    error = caught.value
    assert str(error) == f"POST {URL}?… answered 429"
    assert (error.code, error.retry_after, error.body) == (
        "TOO_MANY_REQUESTS",
        7.0,
        {"why": "[secret]"},
    )


async def test_an_unchecked_answer_comes_back_whatever_it_is(httpx_mock):
    httpx_mock.add_response(status_code=500, html="<h1>Oh</h1>")
    response = await ask(ACCESS, check=False)
    assert (response.status, response.body) == (500, "<h1>Oh</h1>")


async def test_an_empty_answer_has_no_body(httpx_mock):
    httpx_mock.add_response(status_code=204)
    assert (await ask(ACCESS)).body is None


@pytest.mark.parametrize(
    ("error", "method", "outcome_unknown"),
    [
        (httpx.ConnectError("no"), "POST", False),
        (httpx.ConnectTimeout("no"), "POST", False),
        (httpx.ReadError("no"), "POST", True),
        (httpx.ReadError("no"), "GET", False),
        (httpx.ReadTimeout("no"), "POST", True),
        (httpx.RemoteProtocolError("no"), "PUT", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
async def test_a_write_whose_answer_never_came_may_have_been_done(
    httpx_mock, error, method, outcome_unknown
):
    httpx_mock.add_exception(error, is_reusable=True)
    with pytest.raises(TransportError) as caught:
        await ask(ACCESS, method)
    assert caught.value.outcome_unknown is outcome_unknown


async def test_the_time_limit_holds_for_the_whole_exchange():
    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            await asyncio.sleep(30)

    with pytest.raises(TransportError) as caught:
        await ask(ACCESS, transport=Slow(), timeout=0.02)
    assert caught.value.code == "REQUEST_TIMEOUT"


async def test_connect_to_leads_the_bytes_to_loopback_and_keeps_the_logical_host(httpx_mock):
    httpx_mock.add_response(
        url="http://127.0.0.1:8765/v1/things", match_headers={"host": "api.example.com"}, json=1
    )
    access = RequestPolicy(
        hosts=ACCESS.hosts, connect_to={"*.example.com": "http://127.0.0.1:8765"}
    )
    assert (await ask(access)).body == 1
    with pytest.raises(IntegrationError):
        await ask(access, url="https://evil.com/")


@pytest.mark.parametrize(
    "target",
    [
        "http://example.com:80",
        "https://127.0.0.1:1",
        "http://10.0.0.1:80",
        "http://127.0.0.1.evil.com:1",
        "http://127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:abc",
        "http://[127.0.0.1:80",
        "http://127.0.0.1:80/path",
        "http://me@127.0.0.1:80",
        "x",
    ],
)
def test_connect_to_takes_loopback_only(target):
    with pytest.raises(ValueError, match="on this machine"):
        RequestPolicy(connect_to={"*": target})


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ({"a": [1, "é", None]}, '{"a":[1,"é",null]}'),
        ([MISSING, 1], "[null,1]"),
        ({"a": float("inf"), "b": [float("nan")]}, '{"a":null,"b":[null]}'),
    ],
)
def test_bodies_are_written_as_javascript_would(value, sent):
    assert encode_json(value).decode() == sent


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
        ("", None),
        ("inf", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    assert parse_retry_after(text) == seconds


async def test_a_client_keeps_no_answer():
    answers = []

    def handle(request):
        answer = httpx.Response(200, json={"a": 1})
        answers.append(weakref.ref(answer))
        return answer

    client = Client(ACCESS, transport=HttpxTransport(httpx.MockTransport(handle)))
    for _ in range(3):
        await client.get(URL)
    gc.collect()
    assert [each() for each in answers] == [None] * 3


async def test_a_body_that_is_no_json_is_a_mistake_of_its_author():
    with pytest.raises(TypeError, match="set is not JSON"):
        await ask(ACCESS, "POST", json={"a": {1}})


async def test_frozen_mappings_are_sent_like_dicts(httpx_mock):
    httpx_mock.add_response(match_content=b'{"a":{"b":1}}')
    await ask(ACCESS, "POST", json={"a": MappingProxyType({"b": 1})})


@pytest.mark.parametrize("method", ["put", "delete"])
async def test_every_method_has_a_function(httpx_mock, method):
    httpx_mock.add_response(method=method.upper(), url=URL)
    client = Client(ACCESS)
    assert (await getattr(client, method)(URL)).status == 200
    await client.aclose()


async def test_a_proxy_of_the_environment_is_used_but_never_for_loopback(httpx_mock, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "direct.example.com")
    httpx_mock.add_response(url=URL, proxy_url="http://proxy.example:3128/")
    httpx_mock.add_response(url="https://direct.example.com/", json="direct")
    httpx_mock.add_response(url="http://127.0.0.1:8765/v1/things", json="loopback")
    await ask(ACCESS)
    assert (await ask(ACCESS, url="https://direct.example.com/")).body == "direct"
    access = RequestPolicy(
        hosts=ACCESS.hosts, connect_to={"*.example.com": "http://127.0.0.1:8765"}
    )
    assert (await ask(access)).body == "loopback"
    assert [request.url.scheme for request in httpx_mock.get_requests()] == [
        "https",
        "https",
        "http",
    ]


async def test_no_cookie_is_kept(httpx_mock):
    httpx_mock.add_response(headers={"set-cookie": "session=1"})
    httpx_mock.add_response()
    client = Client(ACCESS)
    await client.get(URL)
    await client.get(URL)
    await client.aclose()
    assert "cookie" not in httpx_mock.get_requests()[1].headers


async def test_no_logger_sees_the_query_of_a_url(httpx_mock, caplog):
    caplog.set_level(logging.DEBUG)
    httpx_mock.add_response()
    await ask(ACCESS, url=f"{URL}?key=hidden")
    assert "hidden" not in caplog.text


async def test_an_answer_has_a_limit(httpx_mock):
    httpx_mock.add_response(content=b"x" * (MAX_RESPONSE_BYTES + 1))
    with pytest.raises(TransportError, match="more than 10,000,000 bytes") as caught:
        await ask(ACCESS, "POST", json={})
    assert caught.value.outcome_unknown


async def test_an_answer_that_cannot_be_decoded_leaves_doubt_and_is_no_fault(httpx_mock):
    httpx_mock.add_response(content=b"junk", headers={"content-encoding": "gzip"})
    with pytest.raises(TransportError) as caught:
        await ask(ACCESS, "POST", json={})
    assert caught.value.outcome_unknown


@pytest.mark.parametrize("charset", ["zlib_codec", "hex", "idna", "no-such"])
async def test_an_odd_charset_harms_nobody(httpx_mock, charset):
    headers = {"content-type": f"application/json; charset={charset}"}
    httpx_mock.add_response(content=b'{"a":1}', headers=headers)
    assert (await ask(ACCESS)).body == {"a": 1}


@pytest.mark.parametrize(
    ("method", "status", "options", "outcome_unknown"),
    [
        ("POST", 504, {}, True),
        ("POST", 502, {}, True),
        ("POST", 500, {}, True),
        ("POST", 503, {}, True),
        ("POST", 501, {}, False),
        ("POST", 429, {}, False),
        ("GET", 504, {}, False),
        ("POST", 504, {"safe": True}, False),
    ],
)
async def test_a_write_that_a_server_or_gateway_gave_up_on_may_have_happened(
    httpx_mock, method, status, options, outcome_unknown
):
    httpx_mock.add_response(status_code=status)
    with pytest.raises(HTTPError) as caught:
        await ask(ACCESS, method, **options)
    assert caught.value.outcome_unknown is outcome_unknown


async def test_a_secret_in_json_escapes_or_a_header_is_masked(httpx_mock):
    escaped = "".join(f"\\u{ord(char):04x}" for char in "s3cret!")
    httpx_mock.add_response(content=f'{{"id":"{escaped}"}}'.encode(), headers={"x-echo": "s3cret!"})
    response = await ask(ACCESS)
    assert response.body == {"id": "[secret]"}
    assert response.headers["x-echo"] == "[secret]"


async def test_a_secret_of_digits_is_masked_among_numbers(httpx_mock):
    httpx_mock.add_response(json={"n": 12345, "m": 1})
    access = RequestPolicy(hosts=ACCESS.hosts, secrets=("12345",))
    assert (await ask(access)).body == {"n": "[secret]", "m": 1}


async def test_without_hosts_no_secret_leaves_in_a_body():
    with pytest.raises(IntegrationError, match="a secret may only go"):
        await ask(
            RequestPolicy(secrets=("s3cret!",)), "POST", url="https://a.net/", json={"k": "s3cret!"}
        )


async def test_a_proxy_may_be_named_without_a_scheme(httpx_mock, monkeypatch):
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    httpx_mock.add_response(url=URL, proxy_url="http://proxy.example:3128/")
    assert (await ask(ACCESS)).status == 200


async def test_connect_to_takes_a_pattern_in_any_case(httpx_mock):
    httpx_mock.add_response(url="http://127.0.0.1:8765/v1/things")
    access = RequestPolicy(
        hosts=ACCESS.hosts, connect_to={"*.Example.COM": "http://127.0.0.1:8765"}
    )
    assert (await ask(access)).status == 200
