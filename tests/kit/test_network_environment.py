"""The proxy and the certificates of the environment are read before anything is sent."""

import os
import ssl
from pathlib import Path

import certifi
import pytest

from destination_kit import ConfigurationError, EnvironmentVariableError
from destination_kit.http import choose_transport, open_transport
from destination_kit.network_environment import (
    check_environment,
    find_environment_problems,
    load_certificates,
    read_proxy,
)

LIBRARIES = ["httpx", "aiohttp"]
NAMES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in (*NAMES, "http_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def setenv(plain_environment):
    return plain_environment.setenv


def problem():
    """Return the only problem of the environment, as a person reads it."""
    [found] = find_environment_problems()
    return str(found)


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("htp://127.0.0.1:8933", "has htp:// instead of http, https, socks5, socks5h"),
        ("socks://127.0.0.1:8933", "has socks:// instead of"),
        ("socks4://127.0.0.1:8933", "has socks4:// instead of"),
        ("://127.0.0.1:8933", "has another scheme instead of"),
        ("http://127.0.0.1:8933\n", "a line break"),
        (" http://127.0.0.1:8933", "a blank"),
        ("   ", "a blank"),
        ("http://127.0.0.1:notaport", "has a port that is no number from 1 to 65,535"),
        ("http://127.0.0.1:0", "has a port"),
        ("http://127.0.0.1:99999", "has a port"),
        ("http://127.0.0.1:-1", "has a port"),
        ("http://127.0.0.1:", "has a port"),
        ("127.0.0.1:٣١٢٨", "has a port"),
        ("http://", "names no host"),
        ("http://:3128", "names no host"),
        ("//proxy.example:3128", "has more after its host and port"),
        ("http://proxy.example:3128/pac", "has more after its host and port"),
        ("http://proxy.example:3128?a", "has more after its host and port"),
        ("http:proxy.example:3128", "has several colons"),
        ("http://::1:3128", "an IPv6 address needs brackets"),
        ("http://[::1:3128", "has no IPv6 address between its brackets"),
        ("http://[proxy]:3128", "has no IPv6 address between its brackets"),
        ("http://[::1]3128", "has no IPv6 address between its brackets"),
        ("http://a..b:3128", "has a host that cannot be the name of a machine"),
        ("http://300.0.0.1:3128", "has a host that cannot be the name of a machine"),
        (f"http://{'a' * 64}:3128", "has a host that cannot be the name of a machine"),
        ("http://pr%6fxy:3128", "has a host that cannot be the name of a machine"),
    ],
)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_an_address_that_no_proxy_can_have_is_refused_by_its_variable(
    setenv, variable, address, fault
):
    setenv(variable, address)
    assert problem().startswith(f"{variable}: the address ")
    assert fault in problem()
    for library in LIBRARIES:
        with pytest.raises(ConfigurationError, match=f"^{variable}: "):
            open_transport(library)


@pytest.mark.parametrize("scheme", ["socks5", "SOCKS5H"])
def test_socks_without_its_package_is_refused_with_the_line_that_installs_it(setenv, scheme):
    setenv("ALL_PROXY", f"{scheme}://127.0.0.1:1080")
    expected = f"{scheme.lower()}:// needs a package: run pip install 'httpx[socks]'"
    assert problem() == f"ALL_PROXY: {expected}"


@pytest.mark.parametrize(
    "address",
    [
        "http://alice:hunter2#x@127.0.0.1:8933",
        "http://alice:hunter2/x@127.0.0.1:8933",
        "http://alice:hunter2?x@127.0.0.1:8933",
        "http://alice:hunter2",
        "http://alice:hunter2/",
        "http://hunter2#@127.0.0.1",
        "http://hunter2:x@127.0.0.1:notaport",
        "http://alice:hunter2%40127.0.0.1:8933",
        "http://alice:hunter2@",
        "http://alice:hunter2@[::1",
        "alice:hunter2@127.0.0.1:99999",
        "alice:hunter2://x@127.0.0.1:8933",
        "htp://alice:hunter2@127.0.0.1:8933",
        "http://alice:hunter2@127.0.0.1:8933 ",
        "http://alice:hun ter2@127.0.0.1:8933",
        "socks5://alice:hunter2@127.0.0.1:8933",
        "http://alice@127.0.0.1:hunter2",
        "http://127.0.0.1:8933/hunter2",
    ],
)
def test_no_part_of_a_malformed_address_is_shown(setenv, address):
    setenv("HTTPS_PROXY", address)
    assert problem().startswith("HTTPS_PROXY: ")
    assert not {"alice", "hunter", "ter2"} & {word.strip("/:") for word in problem().split()}
    assert "hunter" not in problem()


@pytest.mark.parametrize(
    ("address", "scheme", "location", "auth"),
    [
        ("http://127.0.0.1:8933", "http", "127.0.0.1:8933", None),
        ("HTTP://proxy.example:3128/", "http", "proxy.example:3128", None),
        ("https://my_proxy", "https", "my_proxy", None),
        ("proxy.example:3128", "http", "proxy.example:3128", None),
        ("http://[::1]:3128", "http", "[::1]:3128", None),
        ("http://[fe80::1]", "http", "[fe80::1]", None),
        ("http://@proxy:1", "http", "proxy:1", None),
        ("http://alice:hunter2@proxy:1", "http", "proxy:1", ("alice", "hunter2")),
        ("alice:p@ss:w@proxy:1", "http", "proxy:1", ("alice", "p@ss:w")),
        ("http://t0ken@proxy:1", "http", "proxy:1", ("t0ken", "")),
        ("http://d%5Ca:%23%2F%3F%40%25é@proxy:1", "http", "proxy:1", ("d\\a", "#/?@%é")),
        ("http://alice:50%off@proxy:1", "http", "proxy:1", ("alice", "50%off")),
    ],
)
def test_an_address_is_read_as_curl_reads_it(setenv, address, scheme, location, auth):
    setenv("HTTPS_PROXY", address)
    proxy = read_proxy()
    assert (proxy.scheme, proxy.location, proxy.auth) == (scheme, location, auth)
    assert str(proxy) == f"the proxy {location} of HTTPS_PROXY"
    assert not any(secret in repr(proxy) for secret in auth or () if secret)
    check_environment()


def test_the_narrower_variable_and_the_lower_case_decide(setenv):
    setenv("ALL_PROXY", "http://d:1")
    assert str(read_proxy()) == "the proxy d:1 of ALL_PROXY"
    setenv("all_proxy", "http://c:1")
    assert str(read_proxy()) == "the proxy c:1 of all_proxy"
    setenv("HTTPS_PROXY", "http://b:1")
    assert str(read_proxy()) == "the proxy b:1 of HTTPS_PROXY"
    setenv("https_proxy", "http://a:1")
    assert str(read_proxy()) == "the proxy a:1 of https_proxy"
    setenv("https_proxy", "")
    assert str(read_proxy()) == "the proxy c:1 of all_proxy"


def test_variables_that_no_request_uses_are_not_read(setenv):
    setenv("HTTP_PROXY", "htp://x y")
    setenv("HTTPS_PROXY", "")
    check_environment()
    assert read_proxy() is None
    setenv("HTTPS_PROXY", "http://proxy:1")
    setenv("ALL_PROXY", "htp://x y")
    check_environment()


@pytest.mark.parametrize("exceptions", ["*", " * ", "a.example,*"])
def test_an_exception_of_everything_is_no_proxy(setenv, exceptions):
    setenv("HTTPS_PROXY", "http://proxy:1")
    setenv("NO_PROXY", exceptions)
    assert read_proxy() is None
    assert choose_transport("aiohttp") == "aiohttp"


@pytest.mark.parametrize(
    ("exceptions", "is_bypassed"),
    [
        ("a.example", True),
        ("B.example , .EXAMPLE", True),
        ("*.example", True),
        ("api.a.example:443", True),
        ("pi.a.example", False),
        ("b.example\nc.example", False),
        ("", False),
        (",", False),
    ],
)
def test_no_proxy_names_domains(setenv, monkeypatch, exceptions, is_bypassed):
    setenv("HTTPS_PROXY", "http://proxy:1")
    setenv("no_proxy", exceptions)
    proxy = read_proxy()
    monkeypatch.setenv("no_proxy", "a.example" if not is_bypassed else "")  # it is read once
    assert proxy.is_bypassed("api.a.example") is is_bypassed


def test_aiohttp_is_refused_behind_a_proxy_with_the_variable_that_names_it(setenv):
    setenv("ALL_PROXY", "http://proxy:1")
    with pytest.raises(ValueError, match="the proxy in ALL_PROXY: choose httpx, or unset ALL_PR"):
        choose_transport("aiohttp")
    assert choose_transport() == "httpx"


@pytest.fixture
def certificates(tmp_path):
    """Give a folder with a file of each kind."""
    good = Path(certifi.where()).read_bytes()
    (tmp_path / "good.pem").write_bytes(good)
    (tmp_path / "empty.pem").touch()
    (tmp_path / "junk.pem").write_bytes(b"\x30\x82junk")
    (tmp_path / "broken.pem").write_text(f"-----BEGIN {'CERTIFICATE'}-----\nabc\n")
    (tmp_path / "hashed").mkdir()
    (tmp_path / "hashed" / "5ed36f99.0").write_bytes(good)
    (tmp_path / "unhashed").mkdir()
    (tmp_path / "unhashed" / "good.pem").write_bytes(good)
    (tmp_path / "unhashed" / "5ed36f99.0").symlink_to("nowhere")
    (tmp_path / "void").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("variable", "name", "fault"),
    [
        ("SSL_CERT_FILE", "missing.pem", "cannot be read: No such file or directory"),
        ("SSL_CERT_FILE", "hashed", "cannot be read: Is a directory"),
        ("SSL_CERT_FILE", "good.pem/x", "cannot be read: Not a directory"),
        ("SSL_CERT_FILE", "empty.pem", "holds no certificates in PEM form"),
        ("SSL_CERT_FILE", "junk.pem", "holds no certificates in PEM form"),
        ("SSL_CERT_FILE", "broken.pem", "holds no certificates in PEM form"),
        ("SSL_CERT_DIR", "missing", "cannot be read: No such file or directory"),
        ("SSL_CERT_DIR", "good.pem", "cannot be read: Not a directory"),
        ("SSL_CERT_DIR", "void", "holds no certificate under a name that OpenSSL looks for"),
        ("SSL_CERT_DIR", "unhashed", "run openssl rehash"),
        ("SSLKEYLOGFILE", "missing/log", "cannot be read: No such file or directory"),
    ],
)
def test_certificates_that_cannot_be_read_are_refused_by_their_variable(
    setenv, certificates, variable, name, fault
):
    setenv(variable, str(certificates / name))
    assert problem().startswith(f"{variable}: '{certificates / name}' ")
    assert fault in problem()
    for library in LIBRARIES:
        with pytest.raises(ConfigurationError, match=f"^{variable}: "):
            open_transport(library)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_certificates_of_another_person_are_refused(setenv, certificates):
    (certificates / "good.pem").chmod(0)
    setenv("SSL_CERT_FILE", str(certificates / "good.pem"))
    assert problem().endswith("cannot be read: Permission denied")


def test_certificates_come_from_the_file_else_from_the_directories(setenv, certificates):
    default = load_certificates()
    assert load_certificates() is default
    setenv("SSL_CERT_DIR", os.pathsep.join(str(certificates / name) for name in ("x", "hashed")))
    assert load_certificates().cert_store_stats()["x509"] == 0  # OpenSSL reads them when needed
    setenv("SSL_CERT_FILE", str(certificates / "good.pem"))
    assert load_certificates().cert_store_stats() == default.cert_store_stats()
    assert load_certificates().verify_mode is ssl.CERT_REQUIRED
    setenv("SSL_CERT_DIR", "")
    check_environment()
    setenv("SSL_CERT_DIR", str(certificates / "void"))  # the file is used instead
    check_environment()
    setenv("SSL_CERT_DIR", str(certificates / "missing"))
    assert problem().startswith("SSL_CERT_DIR: ")


def test_every_variable_that_is_wrong_is_named_at_once(setenv):
    setenv("HTTPS_PROXY", "htp://proxy")
    setenv("SSL_CERT_FILE", "/nowhere")
    with pytest.raises(EnvironmentVariableError) as caught:
        open_transport()
    assert [found.path for found in caught.value.problems] == ["HTTPS_PROXY", "SSL_CERT_FILE"]


def test_a_given_transport_needs_no_environment(setenv, configured):
    import httpx

    setenv("HTTPS_PROXY", "htp://proxy")
    assert open_transport(None, httpx.MockTransport(lambda _: httpx.Response(200)))
    with pytest.raises(EnvironmentVariableError, match="^HTTPS_PROXY: "):
        configured().open()


async def test_an_instance_on_a_thread_raises_it_where_it_is_first_used(setenv, configured):
    setenv("SSL_CERT_FILE", "/nowhere")
    with pytest.raises(EnvironmentVariableError, match="^SSL_CERT_FILE: '/nowhere' cannot be r"):
        async with configured().open_in_thread():
            pass
