from __future__ import annotations

import pytest

from destination_kit.errors import ConfigurationError
from destination_kit.segment import (
    read_instance,
)

SEND = {"partnerAction": "send", "subscribe": 'type = "track"'}


def test_segments_instance_is_read_as_ours():
    document = {
        "__segment_internal_id": 1,
        "settings": {"apiKey": "k", "__segment_internal_x": 1},
        "subscriptions": [
            {
                "partnerAction": "send",
                "subscribe": 'type = "track"',
                "mapping": {
                    "a": {"@path": "$.a", "__segment_internal_directive": {"kind": "variable"}},
                    "__segment_internal_sync_mode": "add",
                },
            },
            {"partnerAction": "send", "subscribe": "x", "name": "Named", "enabled": False},
        ],
    }
    first, second = read_instance(document, "echo")["subscriptions"]
    assert first == {
        "name": "send",
        "action": "send",
        "enabled": True,
        "trigger": 'type = "track"',
        "mapping": document["subscriptions"][0]["mapping"],
        "useDefaultMapping": False,
    }
    assert (second["name"], second["enabled"], second["mapping"]) == ("Named", False, {})
    assert read_instance(document, "echo")["settings"] == {"apiKey": "k"}
    assert read_instance(document, "echo")["destination"] == "echo"


@pytest.mark.parametrize(
    "document",
    [
        {"subscription": SEND},
        {"settings": {"subscription": SEND}},
        {"settings": {"subscriptions": [SEND]}},
    ],
)
def test_subscriptions_are_found_wherever_segment_puts_them(document):
    instance = read_instance(document, "echo")
    assert [each["action"] for each in instance["subscriptions"]] == ["send"]
    assert instance["settings"] == {}


def test_repeated_names_are_numbered():
    document = {"subscriptions": [SEND] * 3}
    names = [each["name"] for each in read_instance(document, "echo")["subscriptions"]]
    assert names == ["send", "send 2", "send 3"]


def test_what_is_no_subscription_is_refused_at_its_place():
    with pytest.raises(ConfigurationError) as caught:
        read_instance({"subscriptions": [{"subscribe": "x"}, 5]}, "echo")
    assert [each.path for each in caught.value.problems] == ["/subscriptions/0", "/subscriptions/1"]


@pytest.mark.parametrize(
    "subscribe", [{}, {"subscribe": None}, {"subscribe": ""}, {"subscribe": 5}]
)
@pytest.mark.parametrize(
    ("wrap", "place"),
    [
        (lambda subscription: {"subscription": subscription}, "/subscription/subscribe"),
        (
            lambda subscription: {"settings": {"subscriptions": [SEND, subscription]}},
            "/settings/subscriptions/1/subscribe",
        ),
    ],
)
def test_a_subscription_without_a_trigger_is_refused_at_its_place(subscribe, wrap, place):
    subscription = {"partnerAction": "send", "enabled": False, **subscribe}
    with pytest.raises(ConfigurationError) as caught:
        read_instance(wrap(subscription), "echo")
    assert [(each.path, each.code) for each in caught.value.problems] == [(place, "TRIGGER")]


@pytest.mark.parametrize("mapping", [None, "", 0, False])
def test_a_mapping_that_is_nothing_is_empty(mapping):
    document = {"subscriptions": [{**SEND, "mapping": mapping}]}
    assert read_instance(document, "echo")["subscriptions"][0]["mapping"] == {}
