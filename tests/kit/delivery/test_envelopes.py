import pytest

from destination_kit.delivery.envelopes import is_envelope, open_envelope


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"batch": []}, True),
        ({"batch": [{}], "sentAt": "t", "writeKey": "k"}, True),
        ({"batch": "b"}, False),
        ({"type": "track", "batch": []}, False),
        ([{"batch": []}], False),
    ],
)
def test_an_envelope_has_a_batch_and_no_type(document, expected):
    assert is_envelope(document) is expected


def test_an_event_gets_what_the_envelope_says_and_its_own_counts():
    envelope = {
        "batch": [],
        "sentAt": "t",
        "writeKey": "k",
        "context": {"ip": "1", "locale": "en"},
        "integrations": {"All": False},
    }
    event = {"type": "track", "context": {"ip": "2"}, "integrations": {"All": True}}
    assert open_envelope(envelope, event) == {
        "type": "track",
        "sentAt": "t",
        "context": {"ip": "2", "locale": "en"},
        "integrations": {"All": True},
    }
    assert open_envelope(envelope, {**event, "sentAt": "own"})["sentAt"] == "own"
    assert open_envelope({"batch": []}, event) is event
    assert open_envelope(envelope, 5) == 5
