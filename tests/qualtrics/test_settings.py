import re

import pytest

from destination_kit import (
    Catalog,
    ConfigurationError,
    IntegrationError,
    InvalidAuthenticationError,
    PayloadValidationError,
)
from destinations.qualtrics import QUALTRICS
from destinations.qualtrics.authentication import test_authentication as ask
from destinations.qualtrics.settings import SETTINGS, api_host, api_url, check_token

PATTERN = SETTINGS["properties"]["datacenter"]["pattern"]
GOOD = {
    "iad1": "iad1.qualtrics.com",
    " IAD1\n": "iad1.qualtrics.com",
    "eu": "eu.qualtrics.com",
    "my-brand.fra1": "my-brand.fra1.qualtrics.com",
    "a" * 63: f"{'a' * 63}.qualtrics.com",
}
BAD = [
    "",
    " ",
    "evil.com/#",
    "x@evil.com/",
    "evil.com:443",
    "https://iad1",
    "a.b.c",
    "iad1.",
    ".iad1",
    "-iad1",
    "iad1?",
    "iad1%2e",
    "ia d1",
    "iad1\nx",
    "ïad1",
    "a" * 64,
]


@pytest.mark.parametrize("datacenter", GOOD)
def test_a_pasted_data_center_is_a_host(datacenter):
    assert re.search(PATTERN, datacenter)
    assert api_host({"datacenter": datacenter}) == GOOD[datacenter]


@pytest.mark.parametrize("datacenter", BAD)
def test_a_data_center_that_could_name_another_host_is_refused_twice(datacenter):
    assert not re.search(PATTERN, datacenter)
    with pytest.raises(IntegrationError, match="an id such as iad1") as raised:
        api_host({"datacenter": datacenter})
    assert (raised.value.code, raised.value.status) == ("INVALID_DATACENTER", 400)


@pytest.mark.parametrize("pasted", ["https://iad1.qualtrics.com", "iad1.qualtrics.com", "<iad1>"])
def test_a_pasted_address_gets_the_same_sentence_when_configured(pasted):
    [problem] = refused({"apiToken": "tok-0123456789", "datacenter": pasted})
    assert (problem.path, problem.code) == ("/settings/datacenter", "pattern")
    assert problem.message == (
        "Datacenter ID has to be an id such as iad1 or brand.iad1, not an address or a URL."
    )
    with pytest.raises(IntegrationError) as raised:
        api_host({"datacenter": pasted})
    assert problem.message in str(raised.value)


@pytest.mark.parametrize("token", ["tok-0123456789\n", " tok-0123456789", "tok 0123", "tök-0123"])
def test_a_token_with_what_no_token_has_gets_the_same_sentence_when_configured(token):
    [problem] = refused({"apiToken": token, "datacenter": "iad1"})
    assert problem.path == "/settings/apiToken"
    assert problem.message.startswith("API Token contains blanks, line breaks or characters that")
    assert token not in problem.message
    with pytest.raises(InvalidAuthenticationError, match="contains blanks, line breaks or char"):
        check_token({"apiToken": token})


def refused(settings):
    document = {"destination": QUALTRICS.slug, "settings": settings, "subscriptions": []}
    with pytest.raises(ConfigurationError) as caught:
        Catalog.of(QUALTRICS).configure(document)
    return caught.value.problems


async def test_a_bad_datacenter_never_sees_the_token(partner):
    partner.settings["datacenter"] = "evil.example.com/#"
    outcome = await ask(partner.context)
    assert not outcome.ok
    assert partner.requests == []


def test_the_token_is_a_secret_and_the_data_center_is_prefilled():
    token, datacenter = SETTINGS["properties"]["apiToken"], SETTINGS["properties"]["datacenter"]
    assert (token["title"], token["format"], token["writeOnly"]) == ("API Token", "password", True)
    assert (datacenter["title"], datacenter["default"]) == ("Datacenter ID", "iad1")
    assert SETTINGS["required"] == ["apiToken", "datacenter"]
    assert QUALTRICS.extend_request({"apiToken": "t"}) == {"X-API-TOKEN": "t"}


@pytest.mark.parametrize(
    ("segment", "path"),
    [
        ("CID_1", "CID_1"),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("..x", "..x"),
        (" ", "%20"),
        ("x" * 100, "x" * 100),
        *((refused, None) for refused in ("", ".", "..", "x" * 101, "CID_\u00e9")),
    ],
)
def test_a_segment_names_one_resource_or_is_refused(segment, path):
    if path is None:
        with pytest.raises(PayloadValidationError, match="is not the id of anything") as raised:
            api_url({"datacenter": "iad1"}, "contacts", segment)
        assert "x" * 101 not in str(raised.value)
    else:
        url = f"https://iad1.qualtrics.com/API/v3/contacts/{path}"
        assert api_url({"datacenter": "iad1"}, "contacts", segment) == url


def test_a_token_is_needed():
    problems = refused({"apiToken": "", "datacenter": "iad1"})
    assert {problem.path for problem in problems} == {"/settings/apiToken"}
