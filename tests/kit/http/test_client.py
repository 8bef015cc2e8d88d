"""Responses, errors and time limits of the client."""

import asyncio
import gc
import gzip
import logging
import weakref

import httpx
import pytest

from destination_kit import HTTPError, TransportError
from destination_kit.http import Client, HttpxTransport, RequestPolicy
from destination_kit.http.transports.interface import MAX_RESPONSE_BYTES
from tests.kit.http.sending import POLICY, URL, ask


async def test_a_redirect_is_never_followed(httpx_mock):
    httpx_mock.add_response(status_code=302, headers={"location": "https://evil.com/"})
    with pytest.raises(HTTPError) as caught:
        await ask(POLICY, "POST", json={})
    assert (caught.value.code, caught.value.status) == ("FOUND", 302)


@pytest.mark.parametrize(
    ("status", "location", "shown"),
    [
        (301, "https://login.example/sso?ticket=hidden", ", a redirect to https://login.example"),
        (
            302,
            "https://ann:hidden@login.example:8443/",
            ", a redirect to https://login.example:8443",
        ),
        (307, "http://LOGIN.example/", ", a redirect to http://login.example"),
        (308, "/elsewhere?ticket=hidden", ", a redirect to https://api.example.com"),
        (303, "//login.example#hidden", ", a redirect to https://login.example"),
        (302, "https://[hidden/", ", a redirect"),
        (302, f"https://{'a' * 999}.example/", f", a redirect to https://{'a' * 262}"),
    ],
)
async def test_a_redirect_is_named_with_its_host_alone(httpx_mock, status, location, shown):
    httpx_mock.add_response(status_code=status, headers={"location": location})
    with pytest.raises(HTTPError) as caught:
        await ask(POLICY, "POST", url=f"{URL}?key=hidden", json={})
    assert str(caught.value) == f"POST {URL}?… answered {status}{shown} that is not followed"


@pytest.mark.parametrize(
    ("status", "headers"), [(304, {}), (302, {}), (400, {"location": "https://a.example"})]
)
async def test_an_answer_without_a_target_is_no_redirect(httpx_mock, status, headers):
    httpx_mock.add_response(status_code=status, headers=headers)
    with pytest.raises(HTTPError, match=f"answered {status}$"):
        await ask(POLICY, "POST", json={})


async def test_an_answer_outside_2xx_raises_with_what_the_partner_said(httpx_mock):
    httpx_mock.add_response(status_code=429, headers={"retry-after": "7"}, json={"why": "s3cret!"})
    with pytest.raises(HTTPError) as caught:
        await ask(POLICY, "POST", url=URL + "?key=hidden", json={})
    error = caught.value
    assert str(error) == f"POST {URL}?… answered 429"
    assert (error.code, error.retry_after, error.body) == (
        "TOO_MANY_REQUESTS",
        7.0,
        {"why": "[secret]"},
    )


async def test_an_unchecked_answer_comes_back_whatever_it_is(httpx_mock):
    httpx_mock.add_response(status_code=500, html="<h1>Oh</h1>")
    response = await ask(POLICY, check=False)
    assert (response.status, response.body) == (500, "<h1>Oh</h1>")


async def test_an_empty_answer_has_no_body(httpx_mock):
    httpx_mock.add_response(status_code=204)
    assert (await ask(POLICY)).body is None


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
        await ask(POLICY, method)
    assert caught.value.outcome_unknown is outcome_unknown


async def test_the_time_limit_holds_for_the_whole_exchange():
    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            await asyncio.sleep(30)

    with pytest.raises(TransportError) as caught:
        await ask(POLICY, transport=Slow(), timeout=0.02)
    assert caught.value.code == "REQUEST_TIMEOUT"


async def test_a_client_keeps_no_response():
    answers = []

    def handle(request):
        answer = httpx.Response(200, json={"a": 1})
        answers.append(weakref.ref(answer))
        return answer

    client = Client(POLICY, transport=HttpxTransport(httpx.MockTransport(handle)))
    for _ in range(3):
        await client.get(URL)
    gc.collect()
    assert [reference() for reference in answers] == [None] * 3


@pytest.mark.parametrize("method", ["put", "delete"])
async def test_every_method_has_a_function(httpx_mock, method):
    httpx_mock.add_response(method=method.upper(), url=URL)
    client = Client(POLICY)
    assert (await getattr(client, method)(URL)).status == 200
    await client.aclose()


async def test_a_proxy_of_the_environment_is_used_but_never_for_loopback(httpx_mock, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "direct.example.com")
    httpx_mock.add_response(url=URL, proxy_url="http://proxy.example:3128/")
    httpx_mock.add_response(url="https://direct.example.com/", json="direct")
    httpx_mock.add_response(url="http://127.0.0.1:8765/v1/things", json="loopback")
    await ask(POLICY)
    assert (await ask(POLICY, url="https://direct.example.com/")).body == "direct"
    policy = RequestPolicy(
        hosts=POLICY.hosts, connect_to={"*.example.com": "http://127.0.0.1:8765"}
    )
    assert (await ask(policy)).body == "loopback"
    assert [request.url.scheme for request in httpx_mock.get_requests()] == [
        "https",
        "https",
        "http",
    ]


async def test_no_cookie_is_kept(httpx_mock):
    httpx_mock.add_response(headers={"set-cookie": "session=1"})
    httpx_mock.add_response()
    client = Client(POLICY)
    await client.get(URL)
    await client.get(URL)
    await client.aclose()
    assert "cookie" not in httpx_mock.get_requests()[1].headers


async def test_no_logger_sees_the_query_of_a_url(httpx_mock, caplog):
    caplog.set_level(logging.DEBUG)
    httpx_mock.add_response()
    await ask(POLICY, url=f"{URL}?key=hidden")
    assert "hidden" not in caplog.text


async def test_an_answer_has_a_limit(httpx_mock):
    httpx_mock.add_response(content=b"x" * (MAX_RESPONSE_BYTES + 1))
    with pytest.raises(TransportError, match="more than 10,000,000 bytes") as caught:
        await ask(POLICY, "POST", json={})
    assert caught.value.outcome_unknown


async def test_an_answer_that_cannot_be_decoded_leaves_doubt_and_is_no_fault(httpx_mock):
    httpx_mock.add_response(content=b"junk", headers={"content-encoding": "gzip"})
    with pytest.raises(TransportError) as caught:
        await ask(POLICY, "POST", json={})
    assert caught.value.outcome_unknown


async def test_a_mock_of_pytest_httpx_sees_names_of_headers_as_they_are_written(httpx_mock):
    httpx_mock.add_response(match_headers={"X-Brand": "b", "x-token": "s3cret!"})
    assert (await ask(POLICY, headers={"X-Brand": "b"})).status == 200


async def test_a_response_that_httpx_has_decoded_is_not_decoded_again():
    packed, headers = gzip.compress(b'{"a": 1}'), {"content-encoding": "gzip"}
    respond = httpx.MockTransport(lambda _: httpx.Response(200, content=packed, headers=headers))
    assert (await ask(POLICY, transport=respond)).body == {"a": 1}


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
        await ask(POLICY, method, **options)
    assert caught.value.outcome_unknown is outcome_unknown


async def test_a_proxy_may_be_named_without_a_scheme(httpx_mock, monkeypatch):
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    httpx_mock.add_response(url=URL, proxy_url="http://proxy.example:3128/")
    assert (await ask(POLICY)).status == 200
