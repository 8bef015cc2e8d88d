"""A credential goes to the hosts of its destination only."""

import pytest

from destination_kit import IntegrationError
from destination_kit.http import RequestPolicy
from destination_kit.http.host_policy import prepare_request
from tests.kit.http.sending import POLICY, URL, ask


async def test_a_request_carries_the_credentials_to_a_host_of_the_destination(httpx_mock):
    httpx_mock.add_response(url=URL, match_headers={"x-token": "s3cret!"}, json={"a": [1]})
    response = await ask(POLICY)
    assert (response.status, response.body) == (200, {"a": [1]})


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.com/",
        "https://example.com/",
        "https://api.example.com.evil.com/",
        "https://evil.com/#.example.com",
        "https://api.example.com@evil.com/",
        "https://user:pw@api.example.com/",
        "http://api.example.com/",
        "ftp://api.example.com/",
        "https://evil.com\\.example.com/",
        "//api.example.com/",
        "",
        "https://[::1",
    ],
)
async def test_no_credential_leaves_for_anywhere_else(url):
    with pytest.raises(IntegrationError) as caught:
        await ask(POLICY, url=url)
    assert caught.value.code in {"HOST_NOT_ALLOWED", "INVALID_URL"}
    assert caught.value.status == 400
    assert "s3cret!" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("x" * 8_193, {}),
        ("x" * 1_000_000, {}),
        ("é" * 2_000, {}),
        ("", {"params": {"q": "x" * 8_193}}),
        ("", {"params": {"x" * 8_193: 1}}),
        ("", {"params": {"q": "é" * 2_000}}),
        (f"?q={'x' * 8_193}", {}),
        (f"#{'x' * 8_193}", {}),
    ],
)
async def test_a_url_that_is_too_long_is_refused_and_not_shown(path, options):
    with pytest.raises(IntegrationError, match="characters, more than 8,192") as caught:
        await ask(POLICY, url=f"{URL}/{path}", **options)
    assert (caught.value.code, caught.value.status) == ("INVALID_URL", 400)
    assert len(str(caught.value)) < 100


async def test_a_url_may_have_exactly_its_limit(httpx_mock):
    httpx_mock.add_response()
    longest = URL + "/" + "x" * (8_192 - len(URL) - 1)
    assert (await ask(POLICY, url=longest)).status == 200
    with pytest.raises(IntegrationError, match="8,193 characters"):
        await ask(POLICY, url=f"{longest}x")


async def test_without_hosts_a_request_may_go_anywhere_but_no_secret_may(httpx_mock):
    httpx_mock.add_response(url="https://anywhere.net/")
    policy = RequestPolicy(secrets=("s3cret!",))
    assert (await ask(policy, url="https://anywhere.net/")).status == 200
    for leak in ({"headers": {"x": "s3cret!"}}, {"params": {"key": "s3cret!"}}):
        with pytest.raises(IntegrationError, match="a secret may only go") as caught:
            await ask(policy, url="https://anywhere.net/", **leak)
        assert (caught.value.code, caught.value.status) == ("HOST_NOT_ALLOWED", 400)


@pytest.mark.parametrize("name", ["content-length", "Transfer-Encoding"])
async def test_a_destination_does_not_set_the_length_of_a_body(name):
    with pytest.raises(IntegrationError, match=f"cannot set the header {name}") as caught:
        await ask(POLICY, "POST", json={}, headers={name: "1"})
    assert (caught.value.code, caught.value.status) == ("INVALID_HEADER", 400)
    assert caught.value.remedy == "code"


def test_no_representation_shows_a_credential_or_a_payload():
    request = prepare_request(POLICY, "POST", f"{URL}?key=abc", {"json": {"name": "Ada"}})
    shown = repr(POLICY) + repr(request)
    assert "example.com" in shown
    for hidden in ("s3cret!", "things", "Ada", "key", "redact", "on_departure"):
        assert hidden not in shown


def test_a_policy_masks_its_secrets_unless_it_has_another_mask():
    assert "s3cret!" not in RequestPolicy(secrets=("s3cret!",)).redact("my s3cret! here")
    assert RequestPolicy(secrets=("s3cret!",), redact=str.upper).redact("s3cret!") == "S3CRET!"


def test_a_request_has_the_limits_of_the_documents_unless_it_names_others():
    plain = prepare_request(POLICY, "GET", URL, {})
    assert (plain.timeout, plain.check, plain.writes, plain.content) == (10.0, True, False, None)
    other = prepare_request(POLICY, "POST", URL, {"timeout": 2.0, "check": False})
    assert (other.timeout, other.check, other.writes) == (2.0, False, True)
    assert not prepare_request(POLICY, "POST", URL, {"safe": True}).writes
    other.on_departure()


async def test_connect_to_leads_the_bytes_to_loopback_and_keeps_the_logical_host(httpx_mock):
    httpx_mock.add_response(
        url="http://127.0.0.1:8765/v1/things", match_headers={"host": "api.example.com"}, json=1
    )
    policy = RequestPolicy(
        hosts=POLICY.hosts, connect_to={"*.example.com": "http://127.0.0.1:8765"}
    )
    assert (await ask(policy)).body == 1
    with pytest.raises(IntegrationError):
        await ask(policy, url="https://evil.com/")


@pytest.mark.parametrize(
    "target",
    [
        "http://example.com:80",
        "https://127.0.0.1:1",
        "http://10.0.0.1:80",
        "http://127.0.0.1.evil.com:1",
        "http://127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:abc",
        "http://[127.0.0.1:80",
        "http://127.0.0.1:80/path",
        "http://127.0.0.1:80?a=b",
        "http://me@127.0.0.1:80",
        "x",
    ],
)
def test_connect_to_takes_loopback_only(target):
    with pytest.raises(ValueError, match="on this machine"):
        RequestPolicy(connect_to={"*": target})


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:80", "http://localhost:1/", "http://[::1]:65535"]
)
def test_connect_to_takes_every_name_of_loopback(target):
    assert RequestPolicy(connect_to={"*": target}).connect_to == {"*": target}


async def test_without_hosts_no_secret_leaves_in_a_body():
    with pytest.raises(IntegrationError, match="a secret may only go"):
        await ask(
            RequestPolicy(secrets=("s3cret!",)), "POST", url="https://a.net/", json={"k": "s3cret!"}
        )


async def test_connect_to_takes_a_pattern_in_any_case(httpx_mock):
    httpx_mock.add_response(url="http://127.0.0.1:8765/v1/things")
    policy = RequestPolicy(
        hosts=POLICY.hosts, connect_to={"*.Example.COM": "http://127.0.0.1:8765"}
    )
    assert (await ask(policy)).status == 200


@pytest.mark.parametrize(
    "options", [{"data": {}}, {"json": 1, "content": ""}, {"sign": 1}, {"json": {}, "Timeout": 1}]
)
async def test_options_that_the_client_does_not_know_send_nothing(options):
    with pytest.raises(TypeError):
        await ask(POLICY, "POST", **options)


def test_a_header_of_the_caller_replaces_that_of_the_destination_in_any_case():
    request = prepare_request(POLICY, "GET", URL, {"headers": {"X-Token": "a"}})
    assert request.headers == {"X-Token": "a"}


@pytest.mark.parametrize(
    "options",
    [
        {"form": {"a": "s3cret!"}},
        {"content": b"\xff s3cret!"},
        {"files": {"a": "s3cret!"}},
        {"auth": ("user", "s3cret!")},
        {"sign": lambda _: {"x": "s3cret!"}},
    ],
)
def test_no_body_takes_a_secret_to_a_destination_without_hosts(options):
    with pytest.raises(IntegrationError, match="a secret may only go"):
        prepare_request(RequestPolicy(secrets=("s3cret!",)), "POST", URL, options)


def test_a_signature_cannot_set_the_length_of_the_body():
    with pytest.raises(IntegrationError, match="content-length"):
        prepare_request(POLICY, "POST", URL, {"sign": lambda _: {"content-length": "0"}})
