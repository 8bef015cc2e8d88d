import json
from collections import OrderedDict
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st

from destination_kit._budget import UNMEASURED
from destination_kit._event_size import (
    MOST_JSON_BYTES,
    TOO_LARGE,
    EventMeter,
    check_event_size,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


def count_values(value):
    members = value.values() if isinstance(value, dict) else value
    containers = isinstance(value, dict | list)
    return 1 + (1 + sum(map(count_values, members)) if containers else 0)


# Nested texts are slow to draw: a hundred examples would take 20 s.
@settings(max_examples=25)
@given(st.dictionaries(st.text(), JSON))
def test_an_event_has_at_least_half_as_many_bytes_as_values_and_a_sixth_of_its_json(event):
    size = EventMeter().measure(event)
    assert count_values(event) <= 2 * size
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    assert len(text.encode(errors="surrogatepass")) <= MOST_JSON_BYTES * size


def test_a_text_that_is_one_object_in_several_places_counts_each_time():
    text = "x" * 1_000
    assert EventMeter().measure({"p": [text] * 50}) > 50_000


def test_each_event_is_measured_by_itself():
    meter = EventMeter()
    first = meter.measure({"p": "x" * 100_000})
    assert meter.measure({"p": "x"}) < 100 < first == meter.measure({"p": "x" * 100_000})


@pytest.mark.parametrize("value", [datetime.now(UTC), OrderedDict(a=1), lambda: 1])
def test_a_value_beyond_json_leaves_an_event_unmeasured(value):
    meter = EventMeter()
    assert meter.measure({"p": value}) == UNMEASURED
    assert meter.measure({"p": 1}) < 100


def test_an_event_in_itself_has_no_end():
    event, meter = {}, EventMeter()
    event["p"] = event
    assert meter.measure(event) == TOO_LARGE
    assert check_event_size(event, TOO_LARGE, 10**9)
    assert meter.measure({"p": 1}) < 100


def test_an_event_that_is_too_deep_is_unmeasured():
    event = {}
    for _ in range(5_000):
        event = {"p": event}
    assert EventMeter().measure(event) == UNMEASURED


def test_what_one_object_holds_counts_in_each_place():
    value = "x"
    for _ in range(40):
        value = [value, value]
    assert EventMeter().measure({"p": value}) == TOO_LARGE
    assert "100,000 values" in check_event_size({"p": [value, {1}]}, UNMEASURED, 10**9)


@pytest.mark.parametrize("limit", [10_000, 100_000])
def test_a_meter_stops_where_json_is_surely_larger_than_the_limit(limit):
    event = {"p": [0.5] * (limit // 4)}  # the notation that takes the most bytes beside JSON
    assert len(json.dumps(event, separators=(",", ":"))) > limit
    assert EventMeter(limit).measure({"p": [0.5] * (limit // 4 - 10)}) != TOO_LARGE
    assert EventMeter(limit).measure({"p": [0.5] * limit}) == TOO_LARGE


@pytest.mark.parametrize("event", [{"p": "é" * 46}, {"p": ["x" * 10] * 8}, {"p": [0.5] * 24}])
def test_an_event_may_have_exactly_the_limit(event):
    bytes_of_json = len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())
    size = EventMeter().measure(event)
    assert check_event_size(event, size, bytes_of_json) is None
    message = check_event_size(event, size, bytes_of_json - 1)
    assert (
        message == f"the event is larger than {bytes_of_json - 1:,} bytes: send less in one event"
    )
