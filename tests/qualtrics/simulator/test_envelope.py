import uuid
from unittest.mock import ANY

import pytest

OK = {"httpStatus": "200 - OK", "requestId": ANY, "notice": None}


def test_whoami_tells_whom_the_token_stands_for(line):
    reply = line.send("""
        GET /API/v3/whoami HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.headers["content-type"] == "application/json"
    assert reply.body == {
        "result": {
            "brandId": "simulated",
            "userId": "UR_000000000000001",
            "userName": "operator@example.com#simulated",
            "accountType": "UT_BRANDADMIN",
            "firstName": "Olive",
            "lastName": "Operator",
            "email": "operator@example.com",
            "datacenter": "iad1",
            "language": "EN",
        },
        "meta": OK,
    }


def test_the_token_is_never_echoed(line):
    assert b"simulated-token" not in line.call("GET", "/API/v3/whoami").content


def test_a_request_id_is_a_uuid(line):
    request_id = line.call("GET", "/API/v3/whoami").body["meta"]["requestId"]
    assert str(uuid.UUID(request_id)) == request_id


def test_a_missing_token_is_400_and_its_own_code(line):
    reply = line.send("""
        GET /API/v3/whoami HTTP/1.1
        Host: iad1.qualtrics.com

    """)
    assert reply.status == "HTTP/1.1 400 Bad Request"
    assert reply.body == {
        "meta": {
            "httpStatus": "400 - Bad Request",
            "requestId": ANY,
            "error": {
                "errorMessage": "Expected authorization in headers, but none provided.",
                "errorCode": "ATP_2",
            },
        }
    }


def test_an_unknown_token_is_401_and_its_own_code(line):
    reply = line.send("""
        GET /API/v3/whoami HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: stale

    """)
    assert reply.status == "HTTP/1.1 401 Unauthorized"
    assert reply.body["meta"]["httpStatus"] == "401 - Unauthorized"
    error = {"errorMessage": "Unrecognized X-API-TOKEN.", "errorCode": "DCD_7"}
    assert reply.body["meta"]["error"] == error


@pytest.mark.parametrize("name", ["X-API-TOKEN", "x-api-token", "X-Api-Token"])
def test_the_header_of_the_token_has_no_case(line, name):
    reply = line.send(f"""
        GET /API/v3/whoami HTTP/1.1
        Host: iad1.qualtrics.com
        {name}: simulated-token

    """)
    assert reply.status == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("target", ["/API/v3/nothing", "/API/v2/whoami", "/", "/API/v3/whoami/x"])
def test_an_unknown_route_is_404_without_a_code_and_needs_no_token(line, target):
    reply = line.send(f"""
        GET {target} HTTP/1.1
        Host: iad1.qualtrics.com

    """)
    assert reply.status == "HTTP/1.1 404 Not Found"
    meta = reply.body["meta"]
    assert meta["error"] == {"errorMessage": "The requested resource does not exist."}
    assert meta["httpStatus"] == "404 - Not Found"


def test_a_method_that_a_route_lacks_is_an_unknown_route(line):
    assert line.call("DELETE", "/API/v3/whoami").refusal[0] == 404


def test_the_version_in_the_path_may_be_in_capitals(line):
    assert line.call("GET", "/API/V3/whoami").status == "HTTP/1.1 200 OK"


def test_a_post_without_a_length_is_a_gateways_411(line):
    reply = line.send("""
        POST /API/v3/directories/POOL_000000000000001/contacts HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert reply.status == "HTTP/1.1 411 Length Required"
    assert reply.headers["content-type"].startswith("text/html")
    assert reply.content.startswith(b"<html>")


def test_a_body_over_the_upload_limit_is_a_gateways_413(line):
    line.configure(bodyBytes=100)
    reply = line.post("/contacts", {"firstName": "x" * 100})
    assert reply.status.startswith("HTTP/1.1 413 ")
    assert reply.content.startswith(b"<html>")


def test_a_body_in_chunks_is_read(line):
    reply = line.send_bytes(
        b"POST /API/v3/directories/POOL_000000000000001/contacts HTTP/1.1\r\n"
        b"Host: iad1.qualtrics.com\r\nX-API-TOKEN: simulated-token\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'12\r\n{"firstName":"Ann"\r\n1\r\n}\r\n0\r\n\r\n'
    )
    assert reply.status == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("body", ["{", "[]", '"text"', '{"firstName": NaN}', "[" * 100_000])
def test_a_body_that_is_no_json_object_is_400(line, body):
    reply = line.send(f"""
        POST /API/v3/directories/POOL_000000000000001/contacts HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {body}
    """)
    assert reply.status == "HTTP/1.1 400 Bad Request"


def test_a_body_of_another_type_is_415_unless_that_is_switched_off(line):
    assert line.post("/contacts", {}, Content_Type="text/plain").refusal[0] == 415
    line.configure(contentTypeChecked=False)
    assert line.post("/contacts", {}, Content_Type="text/plain").status == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("host", ["iad1.qualtrics.com", "acme.iad1.qualtrics.com", "127.0.0.1:80"])
def test_the_home_data_center_answers_without_notice(line, host):
    reply = line.call("GET", "/API/v3/whoami", Host=host)
    assert reply.body["meta"] == OK


@pytest.mark.parametrize("host", ["sjc1.qualtrics.com", "acme.sjc1.qualtrics.com:443"])
def test_another_data_center_passes_the_call_on_and_says_so(line, host):
    reply = line.call("GET", "/API/v3/whoami", Host=host)
    assert reply.status == "HTTP/1.1 200 OK"
    assert reply.body["meta"]["notice"] == (
        "Request proxied. For faster response times, use this host instead: iad1.qualtrics.com"
    )


def test_the_notice_and_whoami_may_name_different_data_centers(line):
    line.configure(dataCenters={"home": "sjc1", "whoami": "az1", "proxied": ["az1"]})
    reply = line.call("GET", "/API/v3/whoami", Host="az1.qualtrics.com")
    assert reply.result["datacenter"] == "az1"
    assert reply.body["meta"]["notice"].endswith(" sjc1.qualtrics.com")


def test_a_notice_may_name_a_host_that_is_not_the_home(line):
    line.configure(dataCenters={"noticeHost": "pdx1"})
    reply = line.call("GET", "/API/v3/whoami", Host="sjc1.qualtrics.com")
    assert reply.body["meta"]["notice"].endswith(" pdx1.qualtrics.com")


def test_passing_on_can_break_posts_although_whoami_works(line):
    line.configure(dataCenters={"proxiedPosts": "fail"})
    host = "sjc1.qualtrics.com"
    assert line.call("GET", "/API/v3/whoami", Host=host).status == "HTTP/1.1 200 OK"
    refused = line.post("/contacts", {}, Host=host)
    assert refused.status == "HTTP/1.1 400 Bad Request"
    assert refused.body["meta"]["notice"].startswith("Request proxied.")


@pytest.mark.parametrize("host", ["example.com", "co1.qualtrics.com", "a.b.iad1.qualtrics.com", ""])
def test_a_host_that_is_not_qualtrics_answers_as_no_api_would(line, host):
    reply = line.call("GET", "/API/v3/whoami", Host=host)
    assert reply.status.startswith("HTTP/1.1 421 ")


def test_loopback_hosts_can_be_refused(line):
    line.configure(dataCenters={"loopback": False})
    assert line.call("GET", "/API/v3/whoami", Host="localhost").status.startswith("HTTP/1.1 421 ")


def test_oauth_works_at_home_and_is_never_passed_on(line):
    line.configure(bearerTokens={"bearer-of-tests": "UR_000000000000001"})
    headers = {"X_API_TOKEN": None, "Authorization": "Bearer bearer-of-tests"}
    assert line.call("GET", "/API/v3/whoami", **headers).status == "HTTP/1.1 200 OK"
    away = line.call("GET", "/API/v3/whoami", Host="sjc1.qualtrics.com", **headers)
    assert away.status == "HTTP/1.1 401 Unauthorized"
    assert away.body["meta"]["error"]["errorCode"] == "DCD_7"
    assert away.body["meta"].get("notice") is None


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        ("POST", "/contacts", "SIM_VALIDATION"),
        ("GET", "/contacts/CID_nobody", "SIM_NOT_FOUND"),
    ],
)
def test_unconfirmed_codes_are_made_up_and_can_be_set_or_left_out(line, method, target, code):
    directory = "/API/v3/directories/POOL_000000000000001"

    def error():
        return line.call(method, directory + target, {"phone": 1}).body["meta"]["error"]

    assert error()["errorCode"] == code
    line.configure(errors={"validation": "QVAL_1", "notFound": "QVAL_1"})
    assert error()["errorCode"] == "QVAL_1"


def test_errors_can_come_in_the_older_shape(line):
    line.configure(errors={"oldShape": True})
    meta = line.get("/contacts/CID_nobody").body["meta"]
    assert meta == {
        "status": "404 - Not Found",
        "requestId": ANY,
        "error": {
            "errorMessage": "There is no contact CID_nobody.",
            "qualtricsErrorCode": "SIM_NOT_FOUND",
            "internalErrorCode": "SIM_NOT_FOUND",
        },
    }


def test_request_ids_can_be_empty_and_status_texts_can_disagree(line):
    line.configure(errors={"emptyRequestIds": True, "statusTexts": {"404": "200 - OK"}})
    reply = line.get("/contacts/CID_nobody")
    assert reply.status == "HTTP/1.1 404 Not Found"
    assert reply.body["meta"]["httpStatus"] == "200 - OK"
    assert reply.body["meta"]["requestId"] == ""
