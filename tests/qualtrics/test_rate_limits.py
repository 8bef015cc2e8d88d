import subprocess
import sys

import pytest

from destinations.qualtrics.rate_limits import (
    ALL_RATE_LIMITS,
    account_key,
    endpoint_key,
    rate_limits,
    resolve_account,
)

BASE = "https://iad1.qualtrics.com/API/v3"
IN_DIRECTORY = f"{BASE}/directories/POOL_1"


@pytest.mark.parametrize(
    ("method", "url", "names"),
    [
        ("POST", f"{IN_DIRECTORY}/contacts/search", ["search", "brand"]),
        ("POST", f"{IN_DIRECTORY}/contacts/search?skipToken=a%2Fb", ["search", "brand"]),
        ("POST", f"{IN_DIRECTORY}/contacts", ["contacts", "brand"]),
        ("PUT", f"{IN_DIRECTORY}/contacts/CID_1", ["contacts", "brand"]),
        ("GET", f"{IN_DIRECTORY}/contacts/CID_1", ["brand"]),
        ("POST", f"{IN_DIRECTORY}/transactions", ["transactions", "brand"]),
        ("GET", f"{BASE}/directories", ["brand"]),
        ("GET", f"{BASE}/whoami", ["brand"]),
        (
            "GET",
            f"{IN_DIRECTORY}/contacts/CID_1/transactions?skipToken=2",
            ["transaction-lists", "brand"],
        ),
        ("POST", "https://iad1.qualtrics.com/inbound-event/v1/x?t=1", ["workflows", "brand"]),
    ],
)
def test_every_call_has_the_limits_of_its_endpoint_and_of_the_brand(method, url, names):
    limits = rate_limits(method, url)
    assert [limit.name for limit in limits] == names
    assert set(limits) <= set(ALL_RATE_LIMITS)


def test_every_limit_has_a_name_of_its_own_and_the_figure_that_qualtrics_documents():
    figures = sorted((limit.name, limit.calls) for limit in ALL_RATE_LIMITS)
    assert figures == [
        ("brand", 3000),
        ("contacts", 500),
        ("search", 500),
        ("transaction-lists", 3000),
        ("transactions", 500),
        ("workflows", 3000),
    ]


def test_a_missing_permission_stops_an_endpoint_for_all_contacts_of_a_directory():
    update = endpoint_key("PUT", f"{IN_DIRECTORY}/contacts/CID_1")
    assert update == endpoint_key("PUT", f"{IN_DIRECTORY}/contacts/CID_2?x=1")
    search = endpoint_key("POST", f"{IN_DIRECTORY}/contacts/search")
    others = [
        endpoint_key("POST", f"{IN_DIRECTORY}/contacts"),
        endpoint_key("PUT", f"{BASE}/directories/POOL_2/contacts/CID_1"),
        endpoint_key("POST", "https://iad1.qualtrics.com/inbound-event/v1/x?t=1"),
        endpoint_key("POST", "https://iad1.qualtrics.com/inbound-event/v1/x?t=2"),
    ]
    assert len({update, search, *others}) == 6


def test_an_account_key_is_a_token_on_a_host():
    settings = {"apiToken": "a", "datacenter": "iad1"}
    assert account_key(settings) == account_key({**settings, "datacenter": " IAD1"})
    assert account_key(settings) != account_key({**settings, "apiToken": "b"})
    assert account_key(settings) != account_key({**settings, "datacenter": "eu"})
    assert "a" not in account_key({**settings, "apiToken": "a" * 30}).split()[1]


def test_an_account_key_is_the_same_in_each_process():
    """A store keeps what an account remembers under it, beyond the process."""
    settings = {"apiToken": "a", "datacenter": "iad1"}
    program = f"from destinations.qualtrics.rate_limits import account_key; print(account_key({settings}))"
    command = [sys.executable, "-c", program]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == account_key(settings)


@pytest.mark.parametrize(
    ("account", "brand"), [({"brandId": "acme"}, "acme"), ({"brandId": 7}, "")]
)
async def test_qualtrics_knows_the_brand_of_a_token(partner, account, brand):
    partner.queue_results({"userName": "ann#acme", **account})
    assert await resolve_account(partner.context) == brand
    assert partner.calls == [f"GET {BASE}/whoami"]
