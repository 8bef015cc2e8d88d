"""Shared state: the bound of its memory, and where a host or operator sets it."""

import pytest

from destination_kit import Action, Catalog, ConfigurationError, Destination

VARIABLE = "DKIT_SHARED_STATE_BYTES"


async def perform(context, payload):
    return None


class Bounded:
    def __init__(self, clock=None, *, max_bytes=64):
        self.max_bytes = max_bytes


def shared_state(create):
    action = Action(title="Say", perform=perform)
    destination = Destination(
        slug="test", name="Test", actions={"say": action}, create_shared_state=create
    )
    return Catalog.of(destination).configure({"destination": "test"}).shared_state


def test_a_bound_is_that_of_the_environment_else_of_the_destination(monkeypatch):
    assert shared_state(Bounded).max_bytes == 64
    monkeypatch.setenv(VARIABLE, "")
    assert shared_state(Bounded).max_bytes == 64
    monkeypatch.setenv(VARIABLE, "1000")
    assert shared_state(Bounded).max_bytes == 1000


@pytest.mark.parametrize("create", [list, dict, object])
def test_a_function_without_the_parameter_is_called_without_a_bound(create, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1000")
    assert shared_state(create) is not None


@pytest.mark.parametrize("text", ["64MB", "-1", "0", "1e6", "٣", "9" * 5000])
def test_a_bound_that_is_no_number_of_bytes_is_a_problem_under_its_name(text, monkeypatch):
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ConfigurationError, match="in digits, such as 64000000") as raised:
        shared_state(Bounded)
    assert [problem.path for problem in raised.value.problems] == [VARIABLE]
    assert len(str(raised.value)) < 200
