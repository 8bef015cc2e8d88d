"""A failure says what lets its event succeed."""

from dataclasses import replace

import pytest

from destination_kit import Failed


@pytest.mark.parametrize(
    ("given", "remedy", "retryable"),
    [
        ({}, "event", False),
        ({"retryable": False}, "event", False),
        ({"retryable": True}, "wait", True),
        ({"outcome": "unknown"}, "wait", True),
        ({"outcome": "unknown", "remedy": "code"}, "code", False),
        ({"outcome": "unknown", "remedy": "event", "retryable": False}, "event", False),
        ({"remedy": "settings"}, "settings", True),
        ({"remedy": "settings", "retryable": True}, "settings", True),
        ({"remedy": "code", "retryable": False}, "code", False),
    ],
)
def test_remedy_and_retryable_agree(given, remedy, retryable):
    failed = Failed("CODE", "message", **given)
    assert (failed.remedy, failed.retryable) == (remedy, retryable)
    assert replace(failed, message="other").remedy == remedy


@pytest.mark.parametrize(
    "given",
    [
        {"retryable": True, "remedy": "event"},
        {"retryable": True, "remedy": "code"},
        {"retryable": False, "remedy": "wait"},
        {"retryable": False, "remedy": "settings"},
        {"retryable": False, "outcome": "unknown"},
    ],
)
def test_a_remedy_that_contradicts_retryable_is_refused(given):
    with pytest.raises(ValueError, match="the remedy '.*' of CODE is (not )?retryable, but "):
        Failed("CODE", "message", **given)


def test_an_unknown_remedy_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'hope' is unknown: .* wait, settings, event, code"):
        Failed("CODE", "message", remedy="hope")


@pytest.mark.parametrize(("given", "expected"), [(None, 60.0), (5.0, 60.0), (90.0, 90.0)])
def test_settings_are_tried_again_after_a_minute_at_the_earliest(given, expected):
    assert Failed("CODE", "message", retry_after=given, remedy="settings").retry_after == expected
