"""The HTTP library is an explicit choice: an argument, a variable, or what is installed."""

import sys

import httpx
import pytest

from destination_kit.errors import HttpLibraryError
from destination_kit.http import Client, RequestPolicy, choose_transport, open_transport
from destination_kit.http.transports.aiohttp import AiohttpTransport
from destination_kit.http.transports.httpx import HttpxTransport
from destination_kit.http.transports.selection import ENVIRONMENT_VARIABLE
from destination_kit.testing.pytest_plugin import pytest_configure

INSTALL = r"run pip install 'destination-kit\[fast\]'"
MOCK = httpx.MockTransport(lambda _: httpx.Response(200))


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in (ENVIRONMENT_VARIABLE, "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def without_aiohttp(monkeypatch):
    monkeypatch.setitem(sys.modules, "aiohttp", None)


@pytest.mark.parametrize("library", ["aiohttp", "httpx"])
def test_the_argument_decides_before_the_variable(library, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "httpx" if library == "aiohttp" else "aiohttp")
    assert choose_transport(library) == library


@pytest.mark.parametrize("library", ["aiohttp", "httpx"])
def test_the_variable_decides_before_what_is_installed(library, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, library)
    assert choose_transport() == library


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_choice_aiohttp_is_used_where_it_is_installed(value, monkeypatch):
    if value is not None:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, value)
    assert choose_transport() == "aiohttp"
    assert isinstance(open_transport(), AiohttpTransport)


@pytest.mark.usefixtures("without_aiohttp")
def test_without_a_choice_and_without_aiohttp_httpx_is_used():
    assert choose_transport() == "httpx"
    assert isinstance(open_transport(), HttpxTransport)


@pytest.mark.parametrize("value", ["curl", "AIOHTTP", ""])
def test_another_argument_is_refused_with_both_names(value):
    with pytest.raises(HttpLibraryError, match=f"http must be aiohttp or httpx, not {value!r}"):
        choose_transport(value)


def test_another_value_of_the_variable_is_refused_with_both_names(monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "curl")
    with pytest.raises(HttpLibraryError, match="DKIT_TRANSPORT must be aiohttp or httpx, not 'cu"):
        choose_transport()
    assert choose_transport("httpx") == "httpx"


@pytest.mark.usefixtures("without_aiohttp")
def test_aiohttp_that_is_not_installed_is_an_error_with_the_line_that_installs_it(monkeypatch):
    with pytest.raises(HttpLibraryError, match=INSTALL):
        choose_transport("aiohttp")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "aiohttp")
    with pytest.raises(HttpLibraryError, match=INSTALL):
        choose_transport()


def test_behind_a_proxy_httpx_is_used_and_aiohttp_refused(monkeypatch):
    monkeypatch.setenv("https_proxy", "proxy.example:8080")
    assert choose_transport() == "httpx"
    assert isinstance(open_transport(), HttpxTransport)
    with pytest.raises(HttpLibraryError, match="does not use the proxy"):
        choose_transport("aiohttp")


def test_a_transport_implies_httpx_whatever_the_variable_says(monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "aiohttp")
    assert isinstance(open_transport(None, MOCK), HttpxTransport)
    assert isinstance(open_transport("httpx", MOCK), HttpxTransport)
    with pytest.raises(HttpLibraryError, match="transport is an httpx transport"):
        open_transport("aiohttp", MOCK)


async def test_an_instance_is_opened_over_the_requested_library(configured, monkeypatch):
    opened = []
    monkeypatch.setattr(
        "destination_kit.http.open_transport",
        lambda *choice: opened.append(choice) or HttpxTransport(),
    )
    event = {"type": "track", "event": "hello"}
    async with configured().open(http="httpx") as live:
        await live.send([event])
    async with configured().open(MOCK) as live:
        await live.send([event])
    async with configured().open_in_thread(http="aiohttp") as apart:
        await apart.send([event])
    assert opened == [("httpx", None), (None, MOCK), ("aiohttp", None)]


def test_send_sync_takes_the_library_too(configured):
    [outcome] = configured().send_sync([{"type": "track", "event": "hello"}], http="aiohttp")
    assert outcome.ok
    with pytest.raises(HttpLibraryError, match="http must be aiohttp or httpx, not 'curl'"):
        configured().send_sync([], http="curl")


async def test_a_wrong_library_is_an_error_where_an_instance_on_a_thread_is_first_used(configured):
    with pytest.raises(HttpLibraryError, match="not 'curl'"):
        async with configured().open_in_thread(http="curl"):
            pass


async def test_pytest_httpx_gets_every_request_of_an_author_who_chooses_nothing(
    httpx_mock, pytestconfig
):
    pytest_configure(pytestconfig)
    httpx_mock.add_response(json={"mocked": True})
    client = Client(RequestPolicy(hosts=("api.acme.example",)))
    assert (await client.get("https://api.acme.example/")).body == {"mocked": True}
    await client.aclose()
