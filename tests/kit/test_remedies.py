"""What lets an event succeed: by the status of a response, and by the parts of its address."""

import pytest

from destination_kit.errors import DeliveryError, HTTPError
from destination_kit.remedies import find_literals, is_from_event, remedy_of

LITERALS = find_literals(
    {
        "list": {"@if": {"exists": {"@path": "$.vip"}, "then": "CG_vip", "else": "CG_all"}},
        "number": 7,
        "hook": "https://x.example/hooks?version=2",
    }
)


@pytest.mark.parametrize(
    ("url", "payload", "expected"),
    [
        ("https://x.example/lists/CG_1/people", {"list": "CG_1"}, True),
        ("https://x.example/lists/CG_vip/people", {"list": "CG_vip"}, False),
        ("https://x.example/lists/CG_all", {"list": "CG_all", "name": "Ann"}, False),
        ("https://x.example/lists/7", {"number": 7}, False),
        ("https://x.example/lists/8", {"number": 8}, True),
        ("https://x.example/lists/a%20b", {"list": "a b"}, True),
        ("https://x.example/lists?id=CG_1", {"list": "CG_1"}, True),
        ("https://evil.example/x?y=z", {"url": "https://evil.example/x"}, True),
        ("https://evil.example/x", {"host": "evil.example"}, True),
        ("https://x.example/CG_all/track", {"event": {"type": "track"}}, False),
        ("https://x.example/lists/CG_all/people", {"userId": "people", "email": "lists"}, False),
        ("https://x.example/v3/CG_all", {"userId": "v3"}, False),
        ("https://x.example/lists/CG_1", {"body": {"list": ["CG_1"]}}, True),
        ("https://x.example/lists/cg_1", {"list": "CG_1"}, True),
        ("https://x.example/lists/a/b", {"list": "a/b"}, True),
        ("https://x.example/lists/a%2Fb", {"list": "a/b"}, True),
        ("https://x.example/lists/CG_1", {"list": None, "other": ""}, False),
        ("https://x.example/lists/a/b", {"list": "/b"}, True),
        ("https://x.example/lists/CG_1", {"list": "/"}, False),
        ("https://x.example/lists/CG_1", {"list": "ists"}, False),
        ("https://x.example/lists/people", {"userId": "people"}, True),
        ("https://[broken", {"url": "https://[broken"}, True),
        ("", {"list": ""}, False),
        ("https://x.example/hooks?version=2", {"properties": {"count": 2}}, False),
        ("https://x.example/hooks?version=3", {"properties": {"count": 3}}, True),
    ],
)
def test_an_address_is_from_the_event_if_a_part_is_mapped_from_it(url, payload, expected):
    assert is_from_event(url, payload, LITERALS) is expected


SETTINGS = {401, 402, 403, 407}
WAIT = {408, 423, 429, *range(500, 600)} - {501}
ADDRESS = {*range(300, 400), 404, 405, 410, 421}


@pytest.mark.parametrize("has_event_address", [True, False])
def test_the_status_of_a_response_has_its_remedy(has_event_address):
    address = "event" if has_event_address else "settings"
    found = {
        status: remedy_of(HTTPError("no", status), status, lambda: has_event_address)
        for status in range(200, 600)
    }
    assert {status for status, remedy in found.items() if remedy == "wait"} == WAIT
    assert {found[status] for status in SETTINGS} == {"settings"}
    assert {found[status] for status in ADDRESS} == {address}
    assert found[501] == "code"
    others = set(found) - WAIT - SETTINGS - ADDRESS - {501}
    assert {found[status] for status in others} == {"event"}


@pytest.mark.parametrize("code", ["HOST_NOT_ALLOWED", "INVALID_URL"])
def test_an_address_that_is_refused_before_a_request_is_the_event_s_or_the_settings(code):
    error = DeliveryError("no", code, 400)
    assert remedy_of(error, 400, lambda: True) == "event"
    assert remedy_of(error, 400, lambda: False) == "settings"
