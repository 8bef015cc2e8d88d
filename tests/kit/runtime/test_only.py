"""`only` restricts an event to some subscriptions, and its names must exist."""

import pytest

from tests.conftest import ECHO

EVENT = {"type": "track", "event": "hi"}
SUBSCRIPTION = {"action": "say", "useDefaultMapping": True}


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ({"A"}, [("A", None)]),
        ({"A", "Gone"}, [("A", None), ("Gone", "SUBSCRIPTION_NOT_FOUND")]),
        ({"Off"}, [("Off", "SUBSCRIPTION_NOT_FOUND")]),
        ((), []),
    ],
)
@pytest.mark.parametrize("deadline", [30.0, 0.0])
async def test_a_name_that_no_enabled_subscription_has_is_a_failure(
    configured, only, expected, deadline
):
    instance = configured(
        ECHO,
        {**SUBSCRIPTION, "name": "A"},
        {**SUBSCRIPTION, "name": "Off", "enabled": False},
    )
    async with instance.open() as live:
        [result] = await live.send([EVENT], deadline=deadline, only=only)
    found = [(item.subscription, getattr(item.result, "code", None)) for item in result.results]
    if deadline:
        assert found == expected
    else:
        assert [name for name, _ in found] == [name for name, _ in expected]
    assert all(failed.remedy != "event" for failed in result.failures)
