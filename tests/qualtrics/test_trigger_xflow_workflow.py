import httpx
import pytest

from destination_kit import (
    Catalog,
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
    PayloadValidationError,
    TransportError,
)
from destination_kit._patterns import compile_pattern
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.actions.trigger_xflow_workflow import perform
from destinations.qualtrics.workflows import URL_PATTERN
from tests.qualtrics.unreadable import UNREADABLE

SECRET = "8d2f-secret-0001"
ADDRESS = "https://iad1.qualtrics.com/inbound-event/v1/events/json/triggers"
URL = f"{ADDRESS}?urlTokenId={SECRET}"
GOOD = [
    URL,
    f"{URL}&force_isolation=true",
    f"https://brand.fra1.qualtrics.com/inbound-event/v1/events/JSON/triggers?triggerId={SECRET}",
    f"https://iad1.qualtrics.com/inbound-event/v1/events/x-segment/triggers/?t={SECRET}",
    ADDRESS,
]


class Broken(httpx.AsyncByteStream):
    """A body whose connection breaks."""

    async def __aiter__(self):
        yield b'{"meta":'
        raise httpx.ReadError("broken")


@pytest.mark.parametrize("url", GOOD)
async def test_the_payload_goes_to_the_url_with_the_token(partner, url):
    partner.queue_responses(httpx.Response(202, json={"meta": {"requestId": "req-5"}}))
    payload = {"workflowUrl": url, "eventPayload": {"event": "Ticket", "n": [1, {"a": None}]}}
    assert await perform(partner.context, payload) == {"requestId": "req-5"}
    assert partner.calls == [f"POST {url}"]
    assert partner.bodies == [{"event": "Ticket", "n": [1, {"a": None}]}]
    assert partner.requests[0].headers["x-api-token"] == "tok-0123456789"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200),
        httpx.Response(204),
        httpx.Response(202, text="OK"),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"meta": {"requestId": 7}}),
        *(httpx.Response(202, content=content) for content in UNREADABLE),
        lambda _: httpx.Response(202, stream=Broken()),
    ],
)
async def test_any_2xx_is_success_with_any_body(partner, answer):
    partner.queue_responses(answer)
    assert await perform(partner.context, {"workflowUrl": URL}) == {"requestId": ""}
    assert partner.bodies == [{}]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_refusal_whose_body_breaks_is_no_success(partner, status):
    partner.queue_responses(lambda _: httpx.Response(status, stream=Broken()))
    with pytest.raises(TransportError) as raised:
        await perform(partner.context, {"workflowUrl": URL})
    assert raised.value.received_status == status


BAD = {
    f"http://iad1.qualtrics.com/inbound-event/v1?t={SECRET}": "begin with https://",
    f"iad1.qualtrics.com/inbound-event/v1?t={SECRET}": "begin with https://",
    f"?https://iad1.qualtrics.com/inbound-event/v1&t={SECRET}": "begin with https://",
    f"https://iad1.qualtrics.com@evil.example/inbound-event/v1?t={SECRET}": "without a user or a port",
    f"https://me:{SECRET}@iad1.qualtrics.com/inbound-event/v1": "without a user or a port",
    f"https://iad1.qualtrics.com:8443/inbound-event/v1?t={SECRET}": "without a user or a port",
    f"https://evil.example\\@iad1.qualtrics.com/inbound-event/v1?t={SECRET}": "without a user or a port",
    f"https://{SECRET}": "without a user or a port",
    f"https://iad1.qualtrics.com/API/v3/whoami?t={SECRET}": "below /inbound-event/",
    f"https://iad1.qualtrics.com/inbound-event?t={SECRET}": "below /inbound-event/",
    f"https://iad1.qualtrics.com/inbound-event/../API/v3/whoami?t={SECRET}": "below /inbound",
    f"https://iad1.qualtrics.com/inbound-event/%2e%2e/API?t={SECRET}": "below /inbound-event/",
    f"https://iad1.qualtrics.com/inbound-event/v1/{SECRET}/..": "below /inbound-event/",
    f"https://iad1.qualtrics.com/inbound-event//v1?t={SECRET}": "below /inbound-event/",
    f"{URL}#fragment": "a character in its query",
    f"{URL} ": "a character in its query",
    f"{URL}\n": "a character in its query",
}


@pytest.mark.parametrize("url", BAD)
async def test_a_url_that_the_token_must_not_go_to_is_refused_without_showing_it(partner, url):
    with pytest.raises(PayloadValidationError, match=BAD[url]) as raised:
        await perform(partner.context, {"workflowUrl": url})
    assert SECRET not in str(raised.value)
    assert partner.requests == []


@pytest.mark.parametrize(
    "host",
    ["evil.example.com", "qualtrics.com", "evilqualtrics.com", "iad1.qualtrics.com.evil.example"],
)
async def test_the_token_goes_to_no_other_host(partner, host):
    url = f"https://{host}/inbound-event/v1?t={SECRET}"
    with pytest.raises(IntegrationError, match="is not one of this destination's hosts") as raised:
        await perform(partner.context, {"workflowUrl": url})
    assert raised.value.code == "HOST_NOT_ALLOWED"
    assert SECRET not in str(raised.value)
    assert partner.requests == []


async def test_a_redirect_is_not_followed(partner):
    partner.queue_responses(httpx.Response(307, headers={"location": "https://evil.example.com/"}))
    with pytest.raises(HTTPError, match="answered 307"):
        await perform(partner.context, {"workflowUrl": URL})
    assert partner.calls == [f"POST {URL}"]


async def test_a_payload_over_100_kb_is_refused_before_the_call(partner):
    fits = {"text": "ü" * (51200 - 6) + "x"}
    partner.queue_responses(httpx.Response(202))
    await perform(partner.context, {"workflowUrl": URL, "eventPayload": fits})
    assert len(partner.requests[0].content) == 102_400
    over = {"text": fits["text"] + "x"}
    with pytest.raises(PayloadValidationError, match="102,401 bytes"):
        await perform(partner.context, {"workflowUrl": URL, "eventPayload": over})
    assert len(partner.requests) == 1


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_an_error_never_shows_the_query_even_if_the_answer_repeats_it(partner, status):
    message = f"No trigger at {URL}; urlTokenId={SECRET}; {SECRET!r}. ".ljust(490, ".") + SECRET
    partner.queue_results({"errorCode": f"W_1 {SECRET}", "errorMessage": message}, status=status)
    with pytest.raises(HTTPError) as raised:
        await perform(partner.context, {"workflowUrl": URL})
    assert f"POST {ADDRESS}?… answered {status}: No trigger at " in str(raised.value)
    assert "(errorCode W_1 …, requestId req-1)" in str(raised.value)
    assert SECRET[:4] not in f"{raised.value!r} {raised.value.body}"


@pytest.mark.parametrize(
    ("query", "repeated"),
    [("t=a+b%2Fc%20d", "a b/c d"), ("a%2Fbcd", "a/bcd"), ("t=abcd&u=abcdef", "abcdef")],
)
async def test_a_secret_is_hidden_in_every_spelling(partner, query, repeated):
    partner.queue_results({"errorMessage": f"No trigger {repeated}."}, status=404)
    with pytest.raises(HTTPError) as raised:
        await perform(partner.context, {"workflowUrl": f"{ADDRESS}?{query}"})
    assert str(raised.value).endswith("answered 404: No trigger …. (requestId req-1)")


async def test_a_value_too_short_to_be_a_secret_stays_readable(partner):
    partner.queue_results({"errorMessage": "No trigger abc."}, status=404)
    with pytest.raises(HTTPError, match="No trigger abc"):
        await perform(partner.context, {"workflowUrl": f"{ADDRESS}?v=abc"})


async def test_without_a_response_the_workflow_may_have_started(partner):
    partner.queue_responses(httpx.ReadTimeout("slow"))
    with pytest.raises(TransportError) as raised:
        await perform(partner.context, {"workflowUrl": URL})
    assert raised.value.outcome_unknown
    assert SECRET not in str(raised.value)


async def test_without_a_token_the_workflow_is_not_started(partner):
    partner.settings = {"datacenter": "iad1"}
    with pytest.raises(InvalidAuthenticationError, match="no API token"):
        await perform(partner.context, {"workflowUrl": URL})
    assert partner.requests == []


async def test_a_refused_token_is_distinct_from_a_bad_workflow(partner):
    partner.queue_results({"errorCode": "DCD_7", "errorMessage": "Unrecognized."}, status=401)
    with pytest.raises(InvalidAuthenticationError, match="does not accept the API token"):
        await perform(partner.context, {"workflowUrl": URL})


async def test_numbers_are_written_as_javascript_writes_them(partner):
    partner.queue_responses(httpx.Response(202))
    payload = {"workflowUrl": URL, "eventPayload": {"total": 20.0, "l": [1e-7, -0.0, 0.5]}}
    await perform(partner.context, payload)
    assert partner.requests[0].content == b'{"total":20,"l":[1e-7,0,0.5]}'


@pytest.mark.parametrize("url", [*BAD, f"https://evil.example.com/inbound-event/v1?t={SECRET}"])
def test_a_literal_url_that_no_event_could_use_is_refused_when_configured(url):
    subscription = {"action": "triggerXflowWorkflow", "trigger": 'type = "track"'}
    document = {
        "destination": QUALTRICS.slug,
        "settings": {"apiToken": "tok-0123456789", "datacenter": "iad1"},
        "subscriptions": [{**subscription, "mapping": {"workflowUrl": url}}],
    }
    problems = Catalog.of(QUALTRICS).configure(document).problems
    assert {problem.path for problem in problems} == {"/subscriptions/0/mapping/workflowUrl"}
    assert SECRET not in str(problems)


@pytest.mark.parametrize("url", GOOD)
def test_the_schema_accepts_every_url_that_the_action_accepts(url):
    assert compile_pattern(URL_PATTERN).search(url)


@pytest.mark.parametrize("url", BAD)
def test_the_schema_refuses_every_url_that_the_action_refuses(url):
    assert not compile_pattern(URL_PATTERN).search(url)
