import logging

import pytest

from destination_kit import Action, Destination

DATE = {"type": ["string", "number"], "format": "date-like", "default": {"@path": "$.timestamp"}}


async def nothing(_context, _payload):
    return None


def dated(**fields):
    schema = {"type": "object", "properties": {"at": DATE, **fields}}
    action = Action(title="Do", trigger='type = "track"', fields=schema, perform=nothing)
    return Destination(slug="dated", name="Dated", actions={"do": action})


def warned(configured, caplog, *timestamps, destination=None):
    events = [{"type": "track", "timestamp": each} for each in timestamps]
    with caplog.at_level(logging.WARNING, "destination_kit"):
        outcomes = configured(destination or dated()).send_sync(events)
    assert all(outcome.ok for outcome in outcomes)
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    ("number", "year"),
    [
        (45306, 1970),
        ("45306", 1970),
        ("45306.4375", 1970),
        (20240115, 1970),
        (202401151030, 1976),
        ("202401151030", 1976),
        (20240115103000, 2611),
        (0, 1970),
        (-1, 1969),
        (50000000000, 3554),
    ],
)
def test_a_number_that_is_hardly_a_date_is_warned_of(configured, caplog, number, year):
    [message] = warned(configured, caplog, number)
    assert message.startswith(
        f"dated/do: at has a number that is read as a date of the year {year}. If it is a day number"
    )


@pytest.mark.parametrize(
    "date",
    [
        *(1705314600, 1705314600000, "1705314600", 315532800, "1970-01-01", "1970-01-01T00:00:00Z"),
        *("20240115", "19700101", "2024", "Jan 5, 1950", None),
    ],
)
def test_a_date_is_not_warned_of(configured, caplog, date):
    assert warned(configured, caplog, date) == []


def test_a_field_is_warned_of_once(configured, caplog):
    other = {**DATE, "default": {"@path": "$.event"}}
    [first] = warned(configured, caplog, 1705314600, 45306, 45307)
    assert "the year 1970" in first
    caplog.clear()
    assert len(warned(configured, caplog, 45306, 45306, destination=dated(until=DATE))) == 2
    caplog.clear()
    assert len(warned(configured, caplog, 45306, 45306, destination=dated(until=other))) == 1


def test_a_date_in_one_field_does_not_end_the_look_at_the_next(configured, caplog):
    destination = dated(until={**DATE, "default": 45306})
    [message] = warned(configured, caplog, "2026-01-02", destination=destination)
    assert "until has a number" in message
