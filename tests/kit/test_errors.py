import pytest

from destination_kit import APIError, HTTPError, SelfTimeoutError
from destination_kit.errors import is_retryable, status_code_name


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (401, "UNAUTHORIZED"),
        (413, "PAYLOAD_TOO_LARGE"),
        (418, "IM_A_TEAPOT"),
        (429, "TOO_MANY_REQUESTS"),
        (504, "GATEWAY_TIMEOUT"),
        (599, "UNKNOWN_ERROR"),
    ],
)
def test_an_http_status_has_the_references_code(status, name):
    assert status_code_name(status) == name
    assert HTTPError("x", status).code == name


@pytest.mark.parametrize("status", [408, 423, 429, 500, 502, 503, 504, 599])
def test_these_are_worth_trying_again(status):
    assert is_retryable(status)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 413, 422, 501])
def test_these_are_not(status):
    assert not is_retryable(status)


def test_errors_of_an_api_and_of_time_have_the_references_codes():
    assert (APIError("x", 409).code, APIError("x", 409).status) == ("409", 409)
    assert (SelfTimeoutError("x").code, SelfTimeoutError("x").status) == ("SELF_TIMEOUT", 408)
