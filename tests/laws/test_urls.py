"""A URL that stands as it is given is what its parser would have made of it."""

from fnmatch import fnmatchcase

import httpx
from hypothesis import example, given, strategies as st

from destination_kit import IntegrationError
from destination_kit.http import RequestPolicy, prepare_request

PATTERN = "*.example.com"
LABELS = st.text("abz09-_.%@:é", max_size=6) | st.sampled_from(["api", "xn--a", "A", "127.0.0.1"])
HOSTS = st.sampled_from([".example.com", ".EXAMPLE.com", ".example.com:443", ".evil.com", ""])
STEPS = st.sampled_from(["v1", "a.b", "..", ""]) | st.text("aZ_.-~%2F?#@:\\;= \né", max_size=6)
URLS = st.builds(
    lambda scheme, label, host, steps: (
        f"{scheme}{label}{host}{''.join(f'/{each}' for each in steps)}"
    ),
    st.sampled_from(["https://", "https://", "https://", "http://", "HTTPS://", "https:/"]),
    LABELS,
    HOSTS,
    st.lists(STEPS, max_size=4),
)


def prepared(url, hosts):
    try:
        return prepare_request(RequestPolicy(hosts=hosts), "GET", url, {}).url
    except IntegrationError as error:
        return error.code


def read(url, hosts):
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL:
        return "INVALID_URL"
    host = found.raw_host.decode()
    plain = host.replace(".", "").replace("-", "").isalnum() and "" not in host.split(".")
    if found.scheme != "https" or not host or found.userinfo:
        return "HOST_NOT_ALLOWED"
    if hosts and not (plain and fnmatchcase(host, PATTERN)):
        return "HOST_NOT_ALLOWED"
    return str(found)


@given(URLS, st.sampled_from([(PATTERN,), ()]))
@example("https://api.example.com/a/../b", (PATTERN,))
@example("https://api.example.com/a//b", (PATTERN,))
@example("https://api.example.com/a\n", (PATTERN,))
@example("https://api.example.com", (PATTERN,))
@example("https://xn--a.example.com/a", (PATTERN,))
@example("https://api.evil.com/a", (PATTERN,))
@example("https://999.1.1.1/a", ())
@example("https://api.example.com/" + "a" * 70_000, (PATTERN,))
def test_a_request_goes_where_httpx_reads_that_it_goes(url, hosts):
    assert prepared(url, hosts) == read(url, hosts)


@given(st.from_regex(r"\Ahttps://([a-z0-9-]+\.){1,3}[a-z]+(/[A-Za-z0-9_][\w.~-]*){1,4}\Z"))
def test_a_plain_url_is_sent_as_it_is_given(url):
    assert prepared(url, ()) == read(url, ())
