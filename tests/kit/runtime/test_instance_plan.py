"""The plan of an instance shows no secret, and finds the subscriptions of an event."""

import pytest

from destination_kit import Catalog
from destination_kit.results import Failed
from tests.conftest import ECHO
from tests.kit.runtime.odd_destination import answer, configure_odd

TRACK, TOKEN = {"type": "track", "event": "hi"}, "s3cret-token"


def test_a_repr_shows_names_and_hosts_only():
    """Settings, mappings and stores hold secrets, or may; a log with them would be one of secrets."""
    plan = configure_odd(answer)
    shown = "Instance(name='odd', warnings=(), problems=(), hosts=('odd.example',), consent=())"
    assert repr(plan) == shown
    assert TOKEN not in repr(plan.request_policy({"*": "http://127.0.0.1:9"}))


def test_requests_carry_the_hosts_and_secrets_of_the_plan():
    plan = configure_odd(answer)
    policy = plan.request_policy({"*": "http://127.0.0.1:9"})
    assert (policy.hosts, policy.connect_to) == (("odd.example",), {"*": "http://127.0.0.1:9"})
    assert TOKEN in policy.secrets
    assert TOKEN not in policy.redact(f"the token is {TOKEN}")


@pytest.fixture
def plan():
    subscriptions = [
        {"action": "say", "name": "All", "useDefaultMapping": True},
        {"action": "say", "name": "Pages", "trigger": 'type = "page"', "mapping": {"word": "x"}},
        {"action": "say", "name": "Off", "enabled": False, "useDefaultMapping": True},
    ]
    document = {"destination": "echo", "settings": {}, "subscriptions": subscriptions}
    return Catalog.of(ECHO).configure(document)


FAILED = Failed("SELF_TIMEOUT", "no time was left")


@pytest.mark.parametrize(
    ("event", "only", "expected"),
    [
        (TRACK, None, [("All", "SELF_TIMEOUT")]),
        (TRACK, ["All", "Pages"], [("All", "SELF_TIMEOUT")]),
        (TRACK, ["Pages"], []),
        ({"type": "page"}, None, [("Pages", "SELF_TIMEOUT")]),
        ({"type": "alias"}, None, []),
        (TRACK, ["Off"], [("Off", "SUBSCRIPTION_NOT_FOUND")]),
        (
            TRACK,
            ["Zoo", "All", "Gone"],
            [
                ("All", "SELF_TIMEOUT"),
                ("Gone", "SUBSCRIPTION_NOT_FOUND"),
                ("Zoo", "SUBSCRIPTION_NOT_FOUND"),
            ],
        ),
    ],
)
def test_a_failed_event_has_a_result_in_each_subscription_that_it_was_for(
    plan, event, only, expected
):
    outcome = plan.fail_event(event, FAILED, only)
    found = [(item.subscription, getattr(item.result, "code", None)) for item in outcome.results]
    assert found == expected
    assert {item.action for item in outcome.results if item.result is FAILED} <= {"say"}


def test_the_result_of_a_name_that_is_gone_quotes_no_more_than_200_characters(plan):
    [result] = plan.fail_unknown_names(["x" * 5000])
    assert result.result.remedy == "settings"
    assert "x" * 199 in result.result.message
    assert "x" * 200 not in result.result.message


def test_a_trigger_that_raises_counts_as_a_match(plan):
    """As no match it would have no result, and a caller would take the event for done."""

    class Unreadable(dict):
        def get(self, *_):
            raise OSError

    [failed] = plan.fail_event(Unreadable(), FAILED, ["All"]).results
    assert failed.result is FAILED
