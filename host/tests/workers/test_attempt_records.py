"""Records of attempts: everything of a small one, and never more than 2 KB."""

import json

import hypothesis.strategies as st
from hypothesis import given

from destination_host.queue import MAX_ATTEMPT_BYTES
from destination_host.workers.attempt_records import describe_attempt
from destination_kit import Delivered, EventResult, Exchange, Failed, Skipped, SubscriptionResult


def exchange(status=200, body="{}", **more):
    url = "https://partner.example/users"
    return Exchange(
        **{
            "method": "POST",
            "url": url,
            "endpoint": f"POST {url}",
            "status": status,
            "body": body,
            "seconds": 0.25,
            **more,
        }
    )


def record_of(*parts):
    content = describe_attempt(EventResult(parts), 1.0, 2.0)
    assert len(content) <= MAX_ATTEMPT_BYTES
    return json.loads(content)


def test_a_record_has_the_results_with_their_exchanges():
    failed = Failed("400", "no such field")
    record = record_of(
        SubscriptionResult("A", "post", Delivered(), (exchange(request_id="r-1"),)),
        SubscriptionResult("B", "post", failed, (exchange(400, '{"error": "no"}'),)),
    )
    assert (record["at"], record["seconds"]) == (1.0, 2.0)
    first, second = record["results"]
    assert first == {
        "subscription": "A",
        "status": "delivered",
        "exchanges": [
            {
                "method": "POST",
                "url": "https://partner.example/users",
                "status": 200,
                "requestId": "r-1",
                "body": "{}",
                "seconds": 0.25,
            }
        ],
    }
    assert (second["code"], second["message"]) == ("400", "no such field")
    assert second["exchanges"][0]["body"] == '{"error": "no"}'


def test_a_request_without_a_response_has_its_reason():
    unsent = exchange(None, "", error="CONNECTION_FAILED")
    [result] = record_of(SubscriptionResult("A", "post", Failed("X", "x"), (unsent,)))["results"]
    assert result["exchanges"][0]["error"] == "CONNECTION_FAILED"
    assert "status" not in result["exchanges"][0]


def test_of_many_exchanges_the_last_ones_are_kept_and_the_others_are_counted():
    exchanges = tuple(exchange(request_id=f"r-{number}") for number in range(40))
    [result] = record_of(SubscriptionResult("A", "post", Delivered(), exchanges))["results"]
    assert result["exchanges"][-1]["requestId"] == "r-39"
    assert len(result["exchanges"]) + result["exchangesLeftOut"] == 40


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=3_000)
exchanges = st.lists(
    st.builds(exchange, st.sampled_from([200, 403, 500, None]), texts, url=texts), max_size=15
).map(tuple)
results = st.one_of(
    st.just(Delivered()), st.builds(Skipped, texts), st.builds(Failed, st.just("X"), texts)
)
parts = st.builds(SubscriptionResult, texts, st.just("post"), results, exchanges)


@given(st.lists(parts, max_size=50))
def test_a_record_never_has_more_than_two_kilobytes(given_parts):
    record_of(*given_parts)
