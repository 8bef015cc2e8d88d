import httpx
import pytest

from destination_kit import HTTPError, IntegrationError, Response
from destinations.qualtrics.responses import explain_http_error, parse_result


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
    assert raised.value.code == "UNEXPECTED_ANSWER"


async def test_a_page_of_a_gateway_is_an_error_with_its_status(partner):
    from destinations.qualtrics import client

    partner.queue_responses(httpx.Response(503, html="<h1>Down</h1>", headers={"retry-after": "7"}))
    with pytest.raises(HTTPError, match="answered 503: it does not say why") as raised:
        await client.whoami(partner.context)
    assert (raised.value.status, raised.value.retry_after) == (503, 7.0)
