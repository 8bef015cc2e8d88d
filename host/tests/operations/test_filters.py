"""Filters as texts: what each parameter takes, and what is refused."""

from datetime import UTC, datetime

import pytest

from destination_host.operations.arguments import FILTERS
from destination_host.operations.filters import PARAMETERS, FilterError, read_filter
from destination_host.queue import Filter, Status

NOW = 1_000_000.0


def read(**given):
    return read_filter({name: [value] for name, value in given.items()}, NOW)


def test_no_parameter_matches_everything():
    assert read_filter({}, NOW) == Filter()


def test_each_parameter_is_part_of_the_filter():
    given = {
        "delivery": ["7", "8"],
        "instance": ["feedback"],
        "source": ["web"],
        "status": ["dead", "in-flight"],
        "action": ["post"],
        "code": ["400"],
        "user": ["u-1"],
        "messageId": ["m-1"],
        "since": ["2h"],
        "until": ["2026-11-30T12:00+01:00"],
    }
    assert given.keys() == PARAMETERS.keys()
    assert read_filter(given, NOW) == Filter(
        deliveries=(7, 8),
        instance="feedback",
        source="web",
        statuses=(Status.DEAD, Status.IN_FLIGHT),
        action="post",
        code="400",
        user="u-1",
        message_id="m-1",
        since=NOW - 7200,
        until=datetime(2026, 11, 30, 11, tzinfo=UTC).timestamp(),
    )


def test_a_time_without_a_zone_is_in_utc():
    assert read(since="2026-11-30").since == datetime(2026, 11, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("stats", "dead", "there is no such filter; did you mean 'status'?"),
        ("status", "deed", "none of waiting, .*; did you mean 'dead'?"),
        ("delivery", "-1", "is no number of a delivery"),
        ("delivery", "9" * 30, "is no number of a delivery"),
        ("since", "yesterday", "neither a time such as"),
        ("until", "2 h", "neither a time such as"),
    ],
)
def test_what_is_wrong_is_named(name, value, message):
    with pytest.raises(FilterError, match=message) as caught:
        read(**{name: value})
    assert caught.value.parameter == name


def test_two_values_of_a_parameter_that_takes_one_are_refused():
    with pytest.raises(FilterError, match="give one value"):
        read_filter({"user": ["1", "2"]}, NOW)


def test_the_command_has_an_option_for_each_parameter():
    assert {name for name, _, _ in FILTERS.values()} == PARAMETERS.keys()
