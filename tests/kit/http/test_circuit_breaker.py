"""A refused credential or permission is not requested for every event."""

import httpx
import pytest

from destination_kit import (
    Budgets,
    HTTPError,
    IntegrationError,
    InvalidAuthenticationError,
    RateLimit,
)
from destination_kit.http import (
    CircuitBreaker,
    Client,
    HttpxTransport,
    RequestPolicy,
    Throttle,
    default_endpoint_key,
)
from destination_kit.http.circuit_breaker import PROBE_INTERVAL
from destination_kit.runtime.delivery_http import DeliveryHttp

URL = "https://a.example.com/things"


OTHER = "https://a.example.com/others"


class Partner:
    """Answers each URL with a status (the next of a list), and counts; its clock is turned by hand."""

    def __init__(self):
        self.time = 1000.0
        self.statuses = {}
        self.asked = []

    def __call__(self, request):
        self.asked.append(str(request.url))
        status = self.statuses.get(str(request.url), 200)
        status = status.pop(0) if isinstance(status, list) else status
        if status == 0:
            raise httpx.ReadError("broken")
        return httpx.Response(status, json={}, headers={"retry-after": "0"})

    def delivery(self, endpoint_of=default_endpoint_key):
        self.breaker = CircuitBreaker(endpoint_of, clock=lambda: self.time)
        policy = RequestPolicy(hosts=("a.example.com",))
        throttle = Throttle(Budgets(), "a", lambda method, url: (RateLimit("any", 60_000),))
        transport = httpx.MockTransport(self)
        self.client = Client(
            policy, transport=HttpxTransport(transport), breaker=self.breaker, throttle=throttle
        )
        return DeliveryHttp(self.client, float("inf"))


@pytest.fixture
def partner():
    return Partner()


async def refused(call, error):
    with pytest.raises(error) as caught:
        await call
    return str(caught.value)


async def test_a_401_stops_every_request_but_one_probe_a_minute(partner):
    http = partner.delivery()
    partner.statuses[URL] = 401
    await refused(http.post(URL, json={}), HTTPError)
    partner.time += 20
    said = await refused(http.get(OTHER), InvalidAuthenticationError)
    assert (
        said
        == "the partner does not accept the credentials (401); the next request is allowed in 40 s"
    )
    assert partner.asked == [URL]
    assert not DeliveryHttp(partner.client, 0.0).has_written
    partner.time += 40
    await refused(http.post(URL, json={}), HTTPError)
    await refused(http.get(OTHER), InvalidAuthenticationError)
    assert partner.asked == [URL, URL]


async def test_a_stopped_request_has_written_nothing(partner):
    http = partner.delivery()
    partner.statuses[URL] = 401
    await refused(http.get(URL), HTTPError)
    await refused(http.post(OTHER, json={}), InvalidAuthenticationError)
    assert not http.has_written


async def test_a_probe_that_succeeds_closes_the_circuit(partner):
    http = partner.delivery()
    partner.statuses[URL] = 401
    await refused(http.get(URL), HTTPError)
    partner.statuses[URL] = 200
    partner.time += PROBE_INTERVAL
    await http.get(URL)
    await http.get(OTHER)
    assert partner.asked == [URL, URL, OTHER]


async def test_a_test_of_the_credentials_is_always_sent_and_closes_the_circuit(partner):
    http = partner.delivery()
    partner.statuses[URL] = 401
    await refused(http.get(URL), HTTPError)
    await partner.client.get(OTHER)
    await http.get(OTHER)
    assert partner.asked == [URL, OTHER, OTHER]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_a_response_of_a_gateway_shows_nothing_about_the_credentials(partner, status):
    http = partner.delivery()
    partner.statuses[URL] = 401
    await refused(http.get(URL), HTTPError)
    partner.time += PROBE_INTERVAL
    partner.statuses[URL] = status
    await refused(http.get(URL), HTTPError)
    await refused(http.get(OTHER), InvalidAuthenticationError)


async def test_a_403_stops_its_endpoint_only(partner):
    http = partner.delivery()
    partner.statuses[URL] = 403
    await refused(http.get(URL), HTTPError)
    said = await refused(http.get(URL), IntegrationError)
    assert said == "the partner does not allow this (403); the next request is allowed in 60 s"
    await http.get(OTHER)
    await http.post(OTHER, json={})
    assert partner.asked == [URL, OTHER, OTHER]
    partner.time += PROBE_INTERVAL
    partner.statuses[URL] = 404
    await refused(http.get(URL), HTTPError)
    partner.statuses[URL] = 200
    await http.get(URL)


async def test_a_refusal_leads_to_the_next_probe(partner):
    http = partner.delivery()
    partner.statuses[URL] = 403
    await refused(http.get(URL), HTTPError)
    partner.time += 20
    with pytest.raises(IntegrationError) as caught:
        await http.get(URL)
    assert (caught.value.code, caught.value.status, caught.value.retry_after) == (
        "FORBIDDEN",
        403,
        40.0,
    )


@pytest.mark.parametrize("first", [403, 401])
@pytest.mark.parametrize("answers", [[429, 200], [0, 200]])
async def test_the_probe_may_be_repeated(partner, first, answers):
    http = partner.delivery()
    partner.statuses[URL] = first
    await refused(http.get(URL), HTTPError)
    partner.time += PROBE_INTERVAL
    partner.statuses[URL] = list(answers)
    await http.get(URL)
    await http.get(OTHER)


async def test_a_late_401_means_nothing_after_a_newer_request_succeeded(partner):
    http = partner.delivery()
    request, left = partner.client.prepare("GET", URL, {}), partner.time
    partner.time += 1
    await http.get(OTHER)
    partner.breaker.record(request, 401, left)
    await http.get(OTHER)


async def test_a_401_among_requests_that_left_together_counts_in_any_order(partner):
    http = partner.delivery()
    request, left = partner.client.prepare("GET", URL, {}), partner.time
    partner.time += 0.5
    await http.get(OTHER)
    partner.breaker.record(request, 401, left)
    await refused(http.get(OTHER), InvalidAuthenticationError)


@pytest.mark.parametrize("broken", [lambda method, url: "", lambda method, url: 1 / 0])
async def test_an_endpoint_key_that_fails_stops_no_more_than_its_own_endpoint(partner, broken):
    http = partner.delivery(broken)
    partner.statuses[URL] = 403
    await refused(http.get(URL), HTTPError)
    partner.time += PROBE_INTERVAL
    await partner.client.get(OTHER)
    await refused(http.get(URL), HTTPError)


async def test_a_403_shows_that_the_credentials_are_accepted(partner):
    http = partner.delivery()
    partner.statuses[URL] = 401
    await refused(http.get(URL), HTTPError)
    partner.time += PROBE_INTERVAL
    partner.statuses[URL] = 403
    await refused(http.get(URL), HTTPError)
    await http.get(OTHER)


async def test_a_response_to_an_earlier_request_closes_no_circuit(partner):
    http = partner.delivery()
    partner.statuses[URL] = 401
    request = partner.client.prepare("GET", OTHER, {})
    left = partner.time
    partner.time += 1
    await refused(http.get(URL), HTTPError)
    partner.breaker.record(request, 200, left)
    await refused(http.get(OTHER), InvalidAuthenticationError)


async def test_at_most_a_thousand_circuits_are_kept(partner):
    breaker = CircuitBreaker(default_endpoint_key, clock=lambda: partner.time)
    client = Client(
        RequestPolicy(), transport=HttpxTransport(httpx.MockTransport(partner)), breaker=breaker
    )
    asked = [client.prepare("GET", f"{URL}/{number}", {}) for number in range(1001)]
    for request in asked:
        breaker.record(request, 403, partner.time)
    breaker.check(asked[0])
    with pytest.raises(IntegrationError):
        breaker.check(asked[1])
