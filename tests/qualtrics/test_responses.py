import httpx
import pytest

from destination_kit import HTTPError, IntegrationError, Response
from destinations.qualtrics.responses import explain_http_error, leaves_access_unknown, parse_result


def meta(**error):
    return {"meta": {"httpStatus": "200 - OK", "requestId": "", "error": error}}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (meta(errorCode="A", errorMessage="B"), "B (errorCode A)"),
        (meta(qualtricsErrorCode="OLD", errorMessage="B"), "B (errorCode OLD)"),
        (meta(internalErrorCode="OLDER"), "it does not say why (errorCode OLDER)"),
        (meta(errorMessage="Only this."), "Only this."),
        (meta(errorMessage="x" * 600), "x" * 500),
        (meta(errorMessage=7, errorCode=None), "it does not say why"),
        ({"meta": {"error": "odd", "requestId": "r"}}, "it does not say why (requestId r)"),
        ({"meta": []}, "it does not say why"),
        ([], "it does not say why"),
        ("<html>Bad Gateway</html>", "it does not say why"),
        (None, "it does not say why"),
    ],
)
def test_an_error_with_any_body_has_a_message(body, text):
    assert (
        str(explain_http_error(HTTPError("POST x answered 502", 502, body)))
        == f"POST x answered 502: {text}"
    )


NOTICE = "Request proxied. For faster response times, use this host instead: sjc1.qualtrics.com"


@pytest.mark.parametrize("status", [400, 401, 404, 503])
def test_a_notice_of_the_partner_is_in_the_error(status):
    body = meta(errorCode="A", errorMessage="Not passed on.")
    body["meta"]["notice"] = NOTICE
    explained = explain_http_error(HTTPError(f"POST x answered {status}", status, body))
    assert f"Not passed on. (errorCode A); notice of Qualtrics: {NOTICE}" in str(explained)
    body["meta"]["notice"] = f"{NOTICE} for t0ken{'x' * 600}"
    explained = explain_http_error(
        HTTPError("POST x answered 400", 400, body), lambda text: text.replace("t0ken", "…")
    )
    assert f"{NOTICE} for …x" in str(explained)
    assert len(str(explained)) < 700


@pytest.mark.parametrize(
    ("status", "notice", "remedy"),
    [
        (400, "", None),
        (404, "", None),
        (503, "", None),
        (400, NOTICE, "settings"),
        (404, NOTICE, "settings"),
        (503, NOTICE, None),
    ],
)
def test_a_notice_of_another_host_makes_the_settings_the_remedy(status, notice, remedy):
    """None is the remedy that the status brings."""
    error = HTTPError("POST x answered", status, {"meta": {"notice": notice}})
    assert explain_http_error(error).remedy == remedy


@pytest.mark.parametrize(
    ("status", "leaves_unknown"),
    [(400, False), (401, True), (403, False), (404, False), (503, True)],
)
def test_an_outage_and_a_bad_token_show_nothing_of_access(status, leaves_unknown):
    assert leaves_access_unknown(HTTPError("GET x answered", status)) is leaves_unknown


@pytest.mark.parametrize("notice", [None, "", 7, {"host": "sjc1"}])
def test_without_a_notice_none_is_shown(notice):
    body = {"meta": {"error": {"errorMessage": "No."}, "notice": notice}}
    assert str(explain_http_error(HTTPError("GET x answered 400", 400, body))).endswith(": No.")


def test_a_good_answer_without_a_result_shows_its_notice():
    body = {"meta": {"requestId": "r", "notice": NOTICE}}
    with pytest.raises(IntegrationError, match="holds no result .requestId r.; notice of Q.* sjc1"):
        parse_result(Response(200, {}, body))


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize(
    ("body", "retryable"),
    [
        (None, True),
        ("<html>", True),
        ('{"result": {"id"', True),
        ([], True),
        (7, True),
        ({}, False),
    ],
)
def test_a_good_answer_without_a_result_leaves_a_write_in_doubt(writes, body, retryable):
    with pytest.raises(IntegrationError, match="holds no result") as raised:
        parse_result(Response(200, {}, body), writes=writes)
    assert (raised.value.outcome_unknown, raised.value.retryable) == (writes, retryable)


def test_the_real_status_decides_and_the_time_to_wait_is_kept():
    explained = explain_http_error(
        HTTPError("GET x answered 429", 429, meta(errorCode="R"), retry_after=3.0)
    )
    assert isinstance(explained, HTTPError)
    assert (explained.status, explained.retry_after, explained.body) == (429, 3.0, None)


@pytest.mark.parametrize("body", [None, "OK", [], {}, {"meta": {}}, {"result": None}])
def test_a_good_answer_without_a_result_is_refused(body):
    with pytest.raises(IntegrationError, match="holds no result") as raised:
        parse_result(Response(200, {}, body))
    assert (raised.value.code, raised.value.outcome_unknown) == ("UNEXPECTED_ANSWER", False)


async def test_a_page_of_a_gateway_is_an_error_with_its_status(partner):
    from destinations.qualtrics import client

    partner.queue_responses(httpx.Response(503, html="<h1>Down</h1>", headers={"retry-after": "7"}))
    with pytest.raises(HTTPError, match="answered 503: it does not say why") as raised:
        await client.whoami(partner.context)
    assert (raised.value.status, raised.value.retry_after) == (503, 7.0)
