"""A destination adds headers, a query and basic auth to its requests, by payload where it asks."""

from dataclasses import replace
from functools import partial

import httpx
import pytest

from destination_kit import (
    Action,
    Catalog,
    ConfigurationError,
    Destination,
    HTTPError,
    RequestExtension,
)
from destination_kit.request_extensions import compile_extension
from tests.kit.runtime.performing import TRACK

KEY = "k3y-0123456789"
SETTINGS = {"type": "object", "properties": {"key": {"type": "string", "writeOnly": True}}}
FIELDS = {"type": "object", "properties": {"user": {"type": "string"}}}


def by_query(settings):
    return RequestExtension(params={"key": settings["key"], "v": 2}, auth=("user", "pa55word"))


def by_payload(settings, payload):
    return {"x-user": f"user-{payload['user']}" if payload else "nobody"}


async def send(context, payload):
    response = await context.http.get("https://a.partner.example/x?key=mine&a=b")
    return response.body


async def send_batch(context, payloads):
    await context.http.post("https://a.partner.example/all")
    return [await send(*pair) for pair in zip(context.payload_contexts, payloads, strict=True)]


def configure(extend, **changes):
    action = Action(title="Do", trigger='type = "track"', fields=FIELDS, perform=send)
    destination = Destination(
        slug="test",
        name="Test",
        settings=SETTINGS,
        hosts=("*.partner.example",),
        extend_request=extend,
        actions={"do": replace(action, **changes)},
    )
    document = {
        "destination": "test",
        "settings": {"key": KEY},
        "subscriptions": [{"action": "do", "mapping": {"user": {"@path": "$.userId"}}}],
    }
    return Catalog.of(destination).configure(document)


async def results_of(instance, respond, count=1):
    events = [{**TRACK, "userId": f"u{index}"} for index in range(count)]
    async with instance.open(httpx.MockTransport(respond)) as live:
        sent = await live.send(events)
    return [event_result.results[0].result for event_result in sent]


async def test_query_and_basic_auth_go_to_the_hosts_and_no_text_shows_them():
    requests = []

    def respond(request):
        requests.append(request)
        return httpx.Response(404, text=f"no {request.url} {request.headers['authorization']}")

    instance = configure(by_query)
    [failed] = await results_of(instance, respond)
    assert dict(requests[0].url.params) == {"key": KEY, "a": "b", "v": "2"}
    assert requests[0].headers["authorization"] == "Basic dXNlcjpwYTU1d29yZA=="
    assert failed.message == "GET https://a.partner.example/x?… answered 404"
    [preview] = await instance.preview({**TRACK, "userId": "u"})
    assert preview.request.url == "https://a.partner.example/x?…"
    assert preview.request.headers["authorization"] == "[secret]"
    assert instance.redact(f"{KEY} dXNlcjpwYTU1d29yZA==") == "[secret] [secret]"


async def test_an_exception_in_perform_shows_no_credential_of_the_query():
    seen = []

    async def perform(context, payload):
        with pytest.raises(HTTPError) as caught:
            await send(context, payload)
        seen.append((str(caught.value), caught.value.body))

    def respond(request):
        return httpx.Response(400, text=str(request.url))

    await results_of(configure(by_query, perform=perform), respond)
    [(text, body)] = seen
    assert KEY not in text + body
    assert "[secret]" in body


async def test_no_credential_of_the_query_leaves_the_hosts():
    async def perform(context, payload):
        await context.http.get("https://evil.example/", params={"a": 1})

    def respond(request):
        raise AssertionError(request)

    [failed] = await results_of(configure(by_query, perform=perform), respond)
    assert failed.code == "HOST_NOT_ALLOWED"
    assert KEY not in failed.message


async def test_a_redirect_is_not_followed_with_the_query():
    requests = []

    def respond(request):
        requests.append(request)
        return httpx.Response(
            302, headers={"location": f"https://evil.example/?{request.url.query}"}
        )

    [failed] = await results_of(configure(by_query), respond)
    assert len(requests) == 1
    assert KEY not in failed.message


async def test_each_payload_has_its_own_credentials_which_no_result_shows():
    def respond(request):
        return httpx.Response(200, json={"seen": request.headers["x-user"]})

    instance = configure(by_payload)
    seen = []

    def record(request):
        seen.append((request.method, request.headers["x-user"]))
        return respond(request)

    results = await results_of(instance, record, 2)
    assert sorted(seen) == [("GET", "user-u0"), ("GET", "user-u1")]
    assert [result.response for result in results] == [{"seen": "[secret]"}] * 2
    [preview] = await instance.preview({**TRACK, "userId": "u0"})
    assert preview.request.headers["x-user"] == "[secret]"


async def test_a_batch_has_no_payload_and_each_of_its_contexts_its_own():
    seen = []

    def respond(request):
        seen.append((request.method, request.headers["x-user"]))
        return httpx.Response(200, json={})

    await results_of(configure(by_payload, perform_batch=send_batch), respond, 2)
    assert seen == [("POST", "nobody"), ("GET", "user-u0"), ("GET", "user-u1")]


async def test_what_it_must_not_return_for_a_payload_fails_that_payload():
    def extend(settings, payload):
        return {"x-user": 5 if payload else "nobody"}

    [failed] = await results_of(configure(extend), lambda _: httpx.Response(200))
    assert (failed.code, failed.remedy) == ("INVALID_REQUEST", "code")
    assert failed.message == "extend_request must return texts by header name"


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (RequestExtension(headers={"a": 1}), "of test: must return texts by header name"),
        (RequestExtension(params={"a": None}), "of test: must return texts or numbers by name"),
        (RequestExtension(auth=("a:b", "c")), "of test: `auth` must be"),
    ],
)
def test_an_extension_that_is_none_is_a_problem_of_the_settings(returned, message):
    with pytest.raises(ConfigurationError, match=message):
        configure(lambda settings: returned)


@pytest.mark.parametrize(
    ("extend", "takes_payload"),
    [
        (lambda settings, payload: {}, True),
        (lambda settings: {}, False),
        (lambda settings, version=1: {}, False),
        (lambda settings, *more: {}, False),
        (partial(lambda key, settings, payload: {}, "k"), True),
        (dict, False),
    ],
)
def test_its_signature_says_whether_it_takes_the_payload(extend, takes_payload):
    assert compile_extension(extend, {})[1] is takes_payload


def test_an_extension_shows_nothing_of_itself():
    assert "k3y" not in repr(
        RequestExtension(headers={"a": KEY}, params={"b": KEY}, auth=("c", KEY))
    )
