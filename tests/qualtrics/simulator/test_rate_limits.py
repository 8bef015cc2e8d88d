import pytest

from destinations.qualtrics.simulator.config import RateLimitSettings
from destinations.qualtrics.simulator.rate_limits import RateLimit, TokenBuckets, find_rate_limits

CONTACTS = "/API/v3/directories/{directoryId}/contacts"
WHOAMI = "/API/v3/whoami"


@pytest.mark.parametrize(
    ("route", "size"),
    [
        ("GET /API/v3/directories", 3000),
        (f"GET {CONTACTS}", 3000),
        (f"GET {CONTACTS}/{{contactId}}", 3000),
        (f"POST {CONTACTS}", 500),
        (f"PUT {CONTACTS}/{{contactId}}", 500),
        (f"DELETE {CONTACTS}/{{contactId}}", 500),
        (f"POST {CONTACTS}/search", 500),
        ("POST /API/v3/directories/{directoryId}/mailinglists", 500),
        ("POST /API/v3/directories/{directoryId}/transactions", 500),
        ("POST /inbound-event/{path}", 3000),
    ],
)
def test_limits_per_minute_are_the_documented_ones(route, size):
    brand, own, *_ = find_rate_limits(RateLimitSettings(), route)
    assert (brand.requests, own.requests, own.seconds) == (3000, size, 60)


def test_workflow_runs_have_a_limit_per_day():
    assert find_rate_limits(RateLimitSettings(), "POST /inbound-event/{path}")[-1] == RateLimit(
        "workflow runs", 300_000, 86_400
    )


def test_an_empty_bucket_refuses_until_it_has_a_token():
    token_buckets, limit = TokenBuckets(), [RateLimit("b", 2, 60)]
    assert [token_buckets.take(limit, 0.0) for _ in range(3)] == [0, 0, 30]
    assert token_buckets.take(limit, 29.0) == pytest.approx(1)
    assert token_buckets.take(limit, 30.0) == 0
    assert token_buckets.take(limit, 30.0) == pytest.approx(30)


def test_a_refused_request_takes_no_token():
    token_buckets, brand, own = TokenBuckets(), RateLimit("brand", 10, 60), RateLimit("own", 1, 60)
    assert [token_buckets.take([brand, own], 0.0) > 0 for _ in range(5)] == [
        False,
        True,
        True,
        True,
        True,
    ]
    assert [token_buckets.take([brand], 0.0) > 0 for _ in range(10)] == [False] * 9 + [True]


def test_limits_are_off_until_switched_on(client):
    client.configure(limits={"brand": 1})
    assert [client.call("GET", WHOAMI).status for _ in range(3)] == ["HTTP/1.1 200 OK"] * 3


def test_a_route_over_its_limit_is_429_while_others_go_on(client):
    client.configure(limits={"enabled": True, "routes": {f"POST {CONTACTS}": 2}})
    statuses = [client.post("/contacts", {}).status.split()[1] for _ in range(3)]
    assert statuses == ["200", "200", "429"]
    assert client.call("GET", WHOAMI).status == "HTTP/1.1 200 OK"
    assert client.state("calls")[f"POST {CONTACTS}"] == {"200": 2, "429": 1}


def test_the_brand_has_one_limit_over_everything(client):
    client.configure(limits={"enabled": True, "brand": 2})
    client.call("GET", WHOAMI)
    client.post("/contacts", {})
    refused = client.call("GET", WHOAMI)
    assert refused.refusal[0] == 429
    assert refused.headers["retry-after"] == "30"


def test_a_time_scale_makes_minutes_short(client):
    client.configure(limits={"enabled": True, "brand": 1, "timeScale": 20})
    assert client.call("GET", WHOAMI).status == "HTTP/1.1 200 OK"
    assert client.call("GET", WHOAMI).headers["retry-after"] == "3"
    client.configure(limits={"timeScale": 100_000_000})
    assert [client.call("GET", WHOAMI).status for _ in range(3)] == ["HTTP/1.1 200 OK"] * 3


def test_an_export_is_unknown_and_may_be_read_ten_times_a_minute(client):
    client.configure(limits={"enabled": True})
    statuses = [client.get("/export-contacts/EX_unknown").refusal[0] for _ in range(11)]
    assert statuses == [404] * 10 + [429]
