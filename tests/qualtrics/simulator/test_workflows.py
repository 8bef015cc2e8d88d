import base64

import pytest

TRIGGER = "/inbound-event/v1/events/json/triggers"


def basic(user, token):
    return "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()


def test_an_event_starts_a_workflow_without_a_token(line):
    reply = line.send(f"""
        POST {TRIGGER}?urlTokenId=8a1f-secret HTTP/1.1
        Host: iad1.qualtrics.com
        Content-Type: application/json

        {{"event": "Signed Up", "traits": {{"plan": "pro"}}}}
    """)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body["meta"]["httpStatus"] == "200 - OK"
    payload = {"event": "Signed Up", "traits": {"plan": "pro"}}
    assert line.state("workflowRuns") == [{"path": TRIGGER, "user": None, "payload": payload}]


def test_the_query_of_a_workflows_address_is_kept_nowhere(line):
    line.call("POST", f"{TRIGGER}?urlTokenId=8a1f-secret", {})
    assert b"8a1f-secret" not in line.call("GET", "/_sim/state").content


@pytest.mark.parametrize(
    "target",
    [
        f"{TRIGGER}?urlTokenId=a&force_isolation=true",
        "/inbound-event/v1/events/JSON/triggers?contextId=OC_1&userId=UR_1&triggerId=OC_2",
        "/inbound-event/v1/events/x-segment/triggers?urlTokenId=a",
    ],
)
def test_any_address_for_events_is_taken(line, target):
    assert line.call("POST", target, {}).status == "HTTP/1.1 200 OK"


def test_the_same_event_twice_is_two_runs(line):
    for _ in range(2):
        line.call("POST", TRIGGER, {"messageId": "m1"})
    assert line.state("counts")["workflowRuns"] == 2


def test_the_answer_can_be_202_and_empty(line):
    line.configure(workflow={"status": 202, "body": "empty"})
    reply = line.call("POST", TRIGGER, {})
    assert reply.status == "HTTP/1.1 202 Accepted"
    assert reply.content == b""


def test_the_answer_can_be_202_in_the_envelope(line):
    line.configure(workflow={"status": 202})
    assert line.call("POST", TRIGGER, {}).body["meta"]["httpStatus"] == "202 - Accepted"


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
    line, headers, status, code
):
    user = "UR_000000000000001"
    line.configure(workflow={"tokenChecked": True}, bearerTokens={"bearer-of-tests": user})
    reply = line.call("POST", TRIGGER, {}, **{"X_API_TOKEN": None, **headers})
    assert int(reply.status.split()[1]) == status
    assert reply.body["meta"].get("error", {}).get("errorCode") == code
    assert [run["user"] for run in line.state("workflowRuns")] == ([] if code else [user])


def test_a_payload_of_more_than_100_kb_is_refused(line):
    most = 100 * 1024 - len('{"a": ""}')
    assert line.call("POST", TRIGGER, {"a": "x" * most}).status == "HTTP/1.1 200 OK"
    assert line.call("POST", TRIGGER, {"a": "x" * (most + 1)}).refusal[0] == 413
    line.configure(workflow={"tooLargeStatus": 400})
    assert line.call("POST", TRIGGER, {"a": "x" * (most + 1)}).refusal[0] == 400


def test_an_event_is_a_json_object(line):
    assert line.call("POST", TRIGGER, [1]).refusal[0] == 400
    assert line.call("POST", TRIGGER, {}, Content_Type="text/plain").refusal[0] == 415
    assert line.call("GET", TRIGGER).refusal[0] == 404


def test_addresses_can_be_limited_to_known_ones(line):
    line.configure(workflow={"urlTokens": ["known"]})
    assert line.call("POST", f"{TRIGGER}?urlTokenId=other", {}).refusal[0] == 404
    assert line.call("POST", f"{TRIGGER}?urlTokenId=known", {}).status == "HTTP/1.1 200 OK"
