import pytest

from destination_kit.delivery.envelopes import (
    is_envelope,
    open_envelope,
    parse_envelope,
    render_event,
)


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


def test_an_envelope_may_share_an_object_or_a_time_alone():
    event = {"type": "track"}
    context = {"context": {"ip": "1"}}
    assert open_envelope({"batch": [], **context}, event) == {**event, **context}
    assert open_envelope({"batch": [], "sentAt": "t"}, event) == {**event, "sentAt": "t"}


@pytest.mark.parametrize(
    ("text", "envelope"),
    [
        ('{"batch": [1]}', {"batch": [1]}),
        ('{"batch": 1}', None),
        ('{"type": "track"}', None),
        ("[]", None),
        ('{"batch": [', None),
        ("[" * 100_000, None),
    ],
)
def test_a_text_is_an_envelope_or_not(text, envelope):
    assert parse_envelope(text) == envelope


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": "b"}, '{"a": "b"}'),
        ({"a": "\u00e4\U0001f44d"}, '{"a": "\u00e4\U0001f44d"}'),
        ({"a": "\ud83d\u00e4"}, '{"a": "\\ud83d\\u00e4"}'),
        ([5, None], "[5, null]"),
    ],
)
def test_half_a_surrogate_pair_is_an_escape_and_other_letters_are_themselves(value, text):
    assert render_event(value) == text
