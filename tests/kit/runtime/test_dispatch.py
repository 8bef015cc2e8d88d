"""Dispatch leaves out only the subscriptions whose trigger cannot match."""

import pytest
from hypothesis import given, strategies as st

from destination_kit import Action, Catalog, Destination
from tests.kit.runtime.odd_destination import answer

TRIGGERS = (
    'type = "track"',
    'type = "identify"',
    'type = "track" or type = "page"',
    'event = "Signed Up"',
    'type = "track" and event = "Signed Up"',
    'type = "track" and (event = "Signed Up" or event = "Left")',
    'type != "track"',
    'event != "Left"',
    "userId != null",
    'type = "track" and userId != null',
)
EVENTS = [
    {"type": kind, "event": name}
    for kind in ("track", "page", "identify", "alias", 5, None, ["track"])
    for name in ("Signed Up", "Left", "Other", "", 5, None, ["Left"])
]


def configure(*triggers):
    action = Action(title="Do", perform=answer)
    destination = Destination(slug="odd", name="Odd", actions={"do": action})
    subscriptions = [{"action": "do", "trigger": trigger, "mapping": {}} for trigger in triggers]
    document = {"destination": "odd", "subscriptions": subscriptions}
    return Catalog.of(destination).configure(document)


@given(
    st.permutations(TRIGGERS).flatmap(lambda order: st.integers(1, 6).map(lambda n: order[:n])),
    st.sampled_from(EVENTS),
)
def test_the_candidates_hold_each_subscription_that_matches_in_their_order(triggers, event):
    plan = configure(*triggers)
    matching = [compiled for compiled in plan.compiled_subscriptions if compiled.matches(event)]
    candidates = list(plan.candidates(event))
    assert [compiled for compiled in candidates if compiled.matches(event)] == matching
    assert list(plan.find_matching(event, None)) == matching


@pytest.mark.parametrize(
    ("event", "candidates"),
    [
        ({"type": "track"}, [0, 2, 6, 7, 8, 9]),
        ({"type": "track", "event": "Signed Up"}, [0, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"type": "track", "event": "Left"}, [0, 2, 5, 6, 7, 8, 9]),
        ({"type": "identify"}, [1, 6, 7, 8]),
        ({"type": "alias", "event": "Signed Up"}, [3, 6, 7, 8]),
        ({}, [6, 7, 8]),
    ],
)
def test_a_trigger_that_fixes_a_type_or_name_is_not_tried_for_others(event, candidates):
    plan = configure(*TRIGGERS)
    found = [plan.compiled_subscriptions.index(compiled) for compiled in plan.candidates(event)]
    assert found == candidates


def test_an_event_that_cannot_be_read_has_every_subscription():
    class Unreadable(dict):
        def get(self, *_):
            raise OSError

    plan = configure(*TRIGGERS)
    assert len(plan.candidates(Unreadable())) == len(TRIGGERS)
