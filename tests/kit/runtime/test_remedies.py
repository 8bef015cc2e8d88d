"""Whether a wrong address is the operator's or the event's."""

import pytest

from destination_kit.runtime.remedies import find_literals, is_from_event

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
        ("https://[broken", {"url": "https://[broken"}, True),
        ("", {"list": ""}, False),
        ("https://x.example/hooks?version=2", {"properties": {"count": 2}}, False),
        ("https://x.example/hooks?version=3", {"properties": {"count": 3}}, True),
    ],
)
def test_an_address_is_from_the_event_if_a_part_is_mapped_from_it(url, payload, expected):
    assert is_from_event(url, payload, LITERALS) is expected
