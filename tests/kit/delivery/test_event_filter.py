"""`integrations` and consent decide before an action runs, as in Segment."""

import pytest

from destination_kit import Catalog, Destination
from destination_kit.delivery import EventFilter, create_event_filter

FILTER = EventFilter(names=("Partner", "actions-partner"), consent=("Ads", "Sharing"))


@pytest.mark.parametrize(
    ("integrations", "is_refused"),
    [
        (None, False),
        ({}, False),
        ("no object", False),
        ({"All": True}, False),
        ({"Other": False}, False),
        ({"Partner": False}, True),
        ({"actions-partner": False}, True),
        ({"All": True, "Partner": False}, True),
        ({"Partner": True, "actions-partner": False}, True),
        ({"All": False}, True),
        ({"All": False, "Other": True}, True),
        ({"All": False, "Partner": True}, False),
        ({"All": False, "actions-partner": {}}, False),
        ({"All": False, "Partner": {"sessionId": 5}}, False),
        ({"All": False, "Partner": None}, True),
        ({"All": False, "Partner": "yes"}, True),
        ({"All": False, "partner": True}, True),
        ({"partner": False, "all": False}, False),
        ({"Partner": None}, False),
        ({"Partner": {}}, False),
    ],
)
def test_integrations_name_the_destination_by_name_or_slug(integrations, is_refused):
    refusal = FILTER.refusal({"type": "track", "integrations": integrations})
    assert (refusal is not None) is is_refused
    if refusal:
        assert "integrations" in refusal


@pytest.mark.parametrize(
    ("context", "missing"),
    [
        (None, ""),
        ({}, ""),
        ({"consent": None}, ""),
        ({"consent": {}}, "Ads, Sharing"),
        ({"consent": {"categoryPreferences": {}}}, "Ads, Sharing"),
        ({"consent": {"categoryPreferences": {"Ads": True}}}, "Sharing"),
        ({"consent": {"categoryPreferences": {"Ads": True, "Sharing": "true"}}}, "Sharing"),
        ({"consent": {"categoryPreferences": {"Ads": True, "Sharing": True, "X": False}}}, ""),
    ],
)
def test_every_category_must_be_true_where_there_is_a_consent_object(context, missing):
    refusal = FILTER.refusal({"type": "track", "context": context})
    assert (refusal or "") == (
        f"no consent to {missing} (context.consent.categoryPreferences)" if missing else ""
    )
    assert EventFilter(names=("Partner",)).refusal({"context": context}) is None


def test_consent_comes_before_integrations():
    event = {"context": {"consent": {}}, "integrations": {"All": False}}
    assert FILTER.refusal(event).startswith("no consent")


def test_the_filter_of_an_instance_knows_its_names_and_its_consent():
    catalog = Catalog.of(Destination(slug="actions-x", name="X"))
    document = {"destination": "actions-x", "consent": ["Ads", "Ads"]}
    event_filter = create_event_filter(catalog.configure(document))
    assert event_filter.names == ("X", "actions-x", "x", "X (Actions)", "Actions X")
    assert event_filter.consent == ("Ads",)
    sentences = list(event_filter.describe())
    assert sentences[1] == "consent to Ads, where an event has a consent object"
    assert 'can call this destination "X", "actions-x"' in sentences[0]


@pytest.mark.parametrize(
    ("integrations", "refusal"),
    [
        ({"actions-partner": False}, "integrations says no to actions-partner"),
        ({"All": False}, "integrations says no to All, and not yes to Partner"),
    ],
)
def test_a_refusal_names_what_the_event_says(integrations, refusal):
    assert FILTER.refusal({"type": "track", "integrations": integrations}) == refusal
