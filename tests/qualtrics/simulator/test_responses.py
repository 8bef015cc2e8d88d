import uuid
from unittest.mock import ANY

import pytest

OK = {"httpStatus": "200 - OK", "requestId": ANY, "notice": None}


def test_whoami_returns_the_user_of_the_token(client):
    response = client.send("""
        GET /API/v3/whoami HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.headers["content-type"] == "application/json"
    assert response.body == {
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


def test_the_token_is_never_echoed(client):
    assert b"simulated-token" not in client.call("GET", "/API/v3/whoami").content


def test_a_request_id_is_a_uuid(client):
    request_id = client.call("GET", "/API/v3/whoami").body["meta"]["requestId"]
    assert str(uuid.UUID(request_id)) == request_id


def test_a_missing_token_is_400_and_its_own_code(client):
    response = client.send("""
        GET /API/v3/whoami HTTP/1.1
        Host: iad1.qualtrics.com

    """)
    assert response.status == "HTTP/1.1 400 Bad Request"
    assert response.body == {
        "meta": {
            "httpStatus": "400 - Bad Request",
            "requestId": ANY,
            "error": {
                "errorMessage": "Expected authorization in headers, but none provided.",
                "errorCode": "ATP_2",
            },
        }
    }


def test_an_unknown_token_is_401_and_its_own_code(client):
    response = client.send("""
        GET /API/v3/whoami HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: stale

    """)
    assert response.status == "HTTP/1.1 401 Unauthorized"
    assert response.body["meta"]["httpStatus"] == "401 - Unauthorized"
    error = {"errorMessage": "Unrecognized X-API-TOKEN.", "errorCode": "DCD_7"}
    assert response.body["meta"]["error"] == error


@pytest.mark.parametrize("name", ["X-API-TOKEN", "x-api-token", "X-Api-Token"])
def test_the_token_header_is_case_insensitive(client, name):
    response = client.send(f"""
        GET /API/v3/whoami HTTP/1.1
        Host: iad1.qualtrics.com
        {name}: simulated-token

    """)
    assert response.status == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("target", ["/API/v3/nothing", "/API/v2/whoami", "/", "/API/v3/whoami/x"])
def test_an_unknown_route_is_404_without_a_code_and_needs_no_token(client, target):
    response = client.send(f"""
        GET {target} HTTP/1.1
        Host: iad1.qualtrics.com

    """)
    assert response.status == "HTTP/1.1 404 Not Found"
    meta = response.body["meta"]
    assert meta["error"] == {"errorMessage": "The requested resource does not exist."}
    assert meta["httpStatus"] == "404 - Not Found"


def test_a_method_that_a_route_lacks_is_an_unknown_route(client):
    assert client.call("DELETE", "/API/v3/whoami").refusal[0] == 404


def test_the_version_in_the_path_may_be_in_capitals(client):
    assert client.call("GET", "/API/V3/whoami").status == "HTTP/1.1 200 OK"


def test_a_post_without_a_length_is_a_gateways_411(client):
    response = client.send("""
        POST /API/v3/directories/POOL_000000000000001/contacts HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token

    """)
    assert response.status == "HTTP/1.1 411 Length Required"
    assert response.headers["content-type"].startswith("text/html")
    assert response.content.startswith(b"<html>")


def test_a_body_over_the_upload_limit_is_a_gateways_413(client):
    client.configure(bodyBytes=100)
    response = client.post("/contacts", {"firstName": "x" * 100})
    assert response.status.startswith("HTTP/1.1 413 ")
    assert response.content.startswith(b"<html>")


def test_a_body_in_chunks_is_read(client):
    response = client.send_bytes(
        b"POST /API/v3/directories/POOL_000000000000001/contacts HTTP/1.1\r\n"
        b"Host: iad1.qualtrics.com\r\nX-API-TOKEN: simulated-token\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'12\r\n{"firstName":"Ann"\r\n1\r\n}\r\n0\r\n\r\n'
    )
    assert response.status == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("body", ["{", "[]", '"text"', '{"firstName": NaN}', "[" * 100_000])
def test_a_body_that_is_no_json_object_is_400(client, body):
    response = client.send(f"""
        POST /API/v3/directories/POOL_000000000000001/contacts HTTP/1.1
        Host: iad1.qualtrics.com
        X-API-TOKEN: simulated-token
        Content-Type: application/json

        {body}
    """)
    assert response.status == "HTTP/1.1 400 Bad Request"


def test_a_body_of_another_content_type_is_415_unless_configured_otherwise(client):
    assert client.post("/contacts", {}, Content_Type="text/plain").refusal[0] == 415
    client.configure(contentTypeChecked=False)
    assert client.post("/contacts", {}, Content_Type="text/plain").status == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("host", ["iad1.qualtrics.com", "acme.iad1.qualtrics.com", "127.0.0.1:80"])
def test_the_home_data_center_answers_without_notice(client, host):
    response = client.call("GET", "/API/v3/whoami", Host=host)
    assert response.body["meta"] == OK


@pytest.mark.parametrize("host", ["sjc1.qualtrics.com", "acme.sjc1.qualtrics.com:443"])
def test_another_data_center_proxies_the_request_with_a_notice(client, host):
    response = client.call("GET", "/API/v3/whoami", Host=host)
    assert response.status == "HTTP/1.1 200 OK"
    assert response.body["meta"]["notice"] == (
        "Request proxied. For faster response times, use this host instead: iad1.qualtrics.com"
    )


def test_the_notice_and_whoami_may_name_different_data_centers(client):
    client.configure(dataCenters={"home": "sjc1", "whoami": "az1", "proxied": ["az1"]})
    response = client.call("GET", "/API/v3/whoami", Host="az1.qualtrics.com")
    assert response.result["datacenter"] == "az1"
    assert response.body["meta"]["notice"].endswith(" sjc1.qualtrics.com")


def test_a_notice_may_name_a_host_that_is_not_the_home(client):
    client.configure(dataCenters={"noticeHost": "pdx1"})
    response = client.call("GET", "/API/v3/whoami", Host="sjc1.qualtrics.com")
    assert response.body["meta"]["notice"].endswith(" pdx1.qualtrics.com")


def test_proxied_posts_can_fail_although_whoami_works(client):
    client.configure(dataCenters={"proxiedPosts": "fail"})
    host = "sjc1.qualtrics.com"
    assert client.call("GET", "/API/v3/whoami", Host=host).status == "HTTP/1.1 200 OK"
    refused = client.post("/contacts", {}, Host=host)
    assert refused.status == "HTTP/1.1 400 Bad Request"
    assert refused.body["meta"]["notice"].startswith("Request proxied.")


@pytest.mark.parametrize("host", ["example.com", "co1.qualtrics.com", "a.b.iad1.qualtrics.com", ""])
def test_a_host_outside_qualtrics_is_a_gateways_421(client, host):
    response = client.call("GET", "/API/v3/whoami", Host=host)
    assert response.status.startswith("HTTP/1.1 421 ")


def test_loopback_hosts_can_be_refused(client):
    client.configure(dataCenters={"loopback": False})
    assert client.call("GET", "/API/v3/whoami", Host="localhost").status.startswith("HTTP/1.1 421 ")


def test_oauth_works_at_home_and_is_never_proxied(client):
    client.configure(bearerTokens={"bearer-of-tests": "UR_000000000000001"})
    headers = {"X_API_TOKEN": None, "Authorization": "Bearer bearer-of-tests"}
    assert client.call("GET", "/API/v3/whoami", **headers).status == "HTTP/1.1 200 OK"
    away = client.call("GET", "/API/v3/whoami", Host="sjc1.qualtrics.com", **headers)
    assert away.status == "HTTP/1.1 401 Unauthorized"
    assert away.body["meta"]["error"]["errorCode"] == "DCD_7"
    assert away.body["meta"].get("notice") is None


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        ("POST", "/contacts", "SIM_VALIDATION"),
        ("GET", "/contacts/CID_unknown", "SIM_NOT_FOUND"),
    ],
)
def test_undocumented_error_codes_can_be_set_or_left_out(client, method, target, code):
    directory = "/API/v3/directories/POOL_000000000000001"

    def error():
        return client.call(method, directory + target, {"phone": 1}).body["meta"]["error"]

    assert error()["errorCode"] == code
    client.configure(errors={"validation": "QVAL_1", "notFound": "QVAL_1"})
    assert error()["errorCode"] == "QVAL_1"


def test_the_statuses_of_refused_credentials_are_configurable(client):
    client.configure(errors={"missingCredentialStatus": 401, "unknownCredentialStatus": 403})
    missing = client.call("GET", "/API/v3/whoami", X_API_TOKEN=None)
    unknown = client.call("GET", "/API/v3/whoami", X_API_TOKEN="other")
    codes = [answer.body["meta"]["error"]["errorCode"] for answer in (missing, unknown)]
    assert [missing.refusal[0], unknown.refusal[0]] == [401, 403]
    assert codes == ["ATP_2", "DCD_7"]


def test_errors_can_repeat_the_body(client):
    client.configure(errors={"echoedBodies": True})
    assert client.post("/contacts", {"firstName": 7}).refusal[1].endswith('{"firstName": 7}')


def test_hosts_of_a_brand_can_be_unknown(client):
    client.configure(dataCenters={"brandHosts": False})
    answer = client.call("GET", "/API/v3/whoami", Host="acme.iad1.qualtrics.com")
    assert answer.status.startswith("HTTP/1.1 421 ")


def test_errors_can_come_in_the_older_shape(client):
    client.configure(errors={"oldShape": True})
    meta = client.get("/contacts/CID_unknown").body["meta"]
    assert meta == {
        "status": "404 - Not Found",
        "requestId": ANY,
        "error": {
            "errorMessage": "There is no contact CID_unknown.",
            "qualtricsErrorCode": "SIM_NOT_FOUND",
            "internalErrorCode": "SIM_NOT_FOUND",
        },
    }


def test_request_ids_can_be_empty_and_status_texts_can_disagree(client):
    client.configure(errors={"emptyRequestIds": True, "statusTexts": {"404": "200 - OK"}})
    response = client.get("/contacts/CID_unknown")
    assert response.status == "HTTP/1.1 404 Not Found"
    assert response.body["meta"]["httpStatus"] == "200 - OK"
    assert response.body["meta"]["requestId"] == ""
