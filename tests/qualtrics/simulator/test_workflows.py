import base64

import pytest

TRIGGER = "/inbound-event/v1/events/json/triggers"


def basic(user, token):
    return "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()


def test_an_event_starts_a_workflow_without_a_token(client):
    response = client.send(f"""
        POST {TRIGGER}?urlTokenId=8a1f-secret HTTP/1.1
        Host: iad1.qualtrics.com
        Content-Type: application/json

        {{"event": "Signed Up", "traits": {{"plan": "pro"}}}}
    """)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.body["meta"]["httpStatus"] == "200 - OK"
    payload = {"event": "Signed Up", "traits": {"plan": "pro"}}
    assert client.state("workflowRuns") == [{"path": TRIGGER, "user": None, "payload": payload}]


def test_the_query_of_a_workflow_url_is_not_stored(client):
    client.call("POST", f"{TRIGGER}?urlTokenId=8a1f-secret", {})
    assert b"8a1f-secret" not in client.call("GET", "/_sim/state").content


@pytest.mark.parametrize(
    "target",
    [
        f"{TRIGGER}?urlTokenId=a&force_isolation=true",
        "/inbound-event/v1/events/JSON/triggers?contextId=OC_1&userId=UR_1&triggerId=OC_2",
        "/inbound-event/v1/events/x-segment/triggers?urlTokenId=a",
    ],
)
def test_every_path_for_events_is_accepted(client, target):
    assert client.call("POST", target, {}).status == "HTTP/1.1 200 OK"


def test_the_same_event_twice_is_two_runs(client):
    for _ in range(2):
        client.call("POST", TRIGGER, {"messageId": "m1"})
    assert client.state("counts")["workflowRuns"] == 2


def test_the_response_can_be_202_and_empty(client):
    client.configure(workflow={"status": 202, "body": "empty"})
    response = client.call("POST", TRIGGER, {})
    assert response.status == "HTTP/1.1 202 Accepted"
    assert response.content == b""


def test_the_response_can_be_202_in_the_envelope(client):
    client.configure(workflow={"status": 202})
    assert client.call("POST", TRIGGER, {}).body["meta"]["httpStatus"] == "202 - Accepted"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"X_API_TOKEN": "simulated-token"}, 200, None),
        ({"Authorization": basic("operator@example.com#simulated", "simulated-token")}, 200, None),
        ({}, 400, "ATP_2"),
        ({"X_API_TOKEN": "stale"}, 401, "DCD_7"),
        ({"Authorization": basic("somebody", "simulated-token")}, 401, "DCD_7"),
        ({"Authorization": basic("operator@example.com#simulated", "stale")}, 401, "DCD_7"),
        ({"Authorization": "Basic ***"}, 401, "DCD_7"),
        ({"Authorization": "Bearer bearer-of-tests"}, 401, "DCD_7"),
    ],
)
def test_with_authentication_on_a_workflow_takes_a_token_or_basic_never_oauth(
    client, headers, status, code
):
    user = "UR_000000000000001"
    client.configure(workflow={"tokenChecked": True}, bearerTokens={"bearer-of-tests": user})
    response = client.call("POST", TRIGGER, {}, **{"X_API_TOKEN": None, **headers})
    assert int(response.status.split()[1]) == status
    assert response.body["meta"].get("error", {}).get("errorCode") == code
    assert [run["user"] for run in client.state("workflowRuns")] == ([] if code else [user])


def test_a_payload_of_more_than_100_kb_is_refused(client):
    most = 100 * 1024 - len('{"a": ""}')
    assert client.call("POST", TRIGGER, {"a": "x" * most}).status == "HTTP/1.1 200 OK"
    assert client.call("POST", TRIGGER, {"a": "x" * (most + 1)}).refusal[0] == 413
    client.configure(workflow={"tooLargeStatus": 400})
    assert client.call("POST", TRIGGER, {"a": "x" * (most + 1)}).refusal[0] == 400


def test_an_event_is_a_json_object(client):
    assert client.call("POST", TRIGGER, [1]).refusal[0] == 400
    assert client.call("POST", TRIGGER, {}, Content_Type="text/plain").refusal[0] == 415
    assert client.call("GET", TRIGGER).refusal[0] == 404


def test_workflow_urls_can_be_limited_to_known_tokens(client):
    client.configure(workflow={"urlTokens": ["known"]})
    assert client.call("POST", f"{TRIGGER}?urlTokenId=other", {}).refusal[0] == 404
    assert client.call("POST", f"{TRIGGER}?urlTokenId=known", {}).status == "HTTP/1.1 200 OK"
