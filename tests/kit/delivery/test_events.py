import pytest

from destination_kit.delivery import Line, Location, read_event
from destination_kit.results import Failed


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"a" 1}', "not JSON: Expecting ':' delimiter at column 6"),
        (b"[1]", "an event is a JSON object"),
        (b'"text"', "an event is a JSON object"),
        (b'{"a": "\xe9"}', "not UTF-8: see column 8"),
        (b'{"a": Infinity}', "Infinity is no JSON number"),
        (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", "nested deeper than 100 levels"),
        (b"[" * 500_000, "nested deeper than 100 levels"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON: "),
    ],
)
def test_the_failure_of_an_invalid_line_names_the_reason_and_the_column(content, reason):
    failed = read_event(Line(7, content))
    assert isinstance(failed, Failed)
    assert failed.code == "INVALID_EVENT"
    assert reason in failed.message


def test_a_truncated_line_is_too_large():
    assert read_event(Line(1, b"{}", is_truncated=True)) == Failed(
        "INVALID_EVENT", "the event is larger than 1,000,000 bytes"
    )


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": ' + b"[" * 99 + b"]" * 99 + b"}",
        b'{"a": "' + b"[{" * 200 + b'"}',
        b'{"a": [' + b"{}," * 200 + b"1]}",
    ],
)
def test_a_hundred_levels_are_fine_and_only_levels_count(content):
    assert isinstance(read_event(Line(1, content)), dict)


def test_a_byte_order_mark_is_no_part_of_the_first_event():
    assert read_event(Line(1, b'\xef\xbb\xbf{"a": 1}\r')) == {"a": 1}
    assert isinstance(read_event(Line(2, b'\xef\xbb\xbf{"a": 1}')), Failed)


LETTER = b'{"event": {"a": 1}, "failures": [{"subscription": "Talk"}]}'


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (b'{"a": 1}', 1_000_000),
        (b'{"type": "track", "failures": []}', 1_000_000),
        (LETTER, None),
    ],
)
def test_an_event_has_a_million_bytes_at_most_and_a_dead_letter_may_have_more(content, limit):
    assert isinstance(read_event(Line(1, content.ljust(1_000_000))), dict)
    larger = read_event(Line(1, content.ljust(1_000_001)))
    too_large = Failed("INVALID_EVENT", "the event is larger than 1,000,000 bytes")
    assert (larger == too_large) is (limit is not None)


@pytest.mark.parametrize(("levels", "is_event"), [(100, True), (101, False)])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_the_hundredth_level_is_the_last(levels, is_event, opening, closing):
    content = b'{"a":' + opening * (levels - 1) + b"1" + closing * (levels - 1) + b"}"
    event = read_event(Line(1, content))
    assert isinstance(event, dict) is is_event
    if not is_event:
        assert event == Failed("INVALID_EVENT", "the event is nested deeper than 100 levels")
    letter = b'{"event": ' + content + b', "failures": [{"subscription": "Talk"}]}'
    assert isinstance(read_event(Line(1, letter)), dict) is is_event


@pytest.mark.parametrize(
    ("content", "location", "place"),
    [
        (b'{"a" 1}', None, "column 6"),
        (b'{"a" 1}', Location(7), "column 6"),
        (b'{"a" 1}', Location(7, 5), "column 10"),
        (b'{"a" 1}', Location(9, 5), "line 9, column 10"),
        (b'{"a" 1}', Location(7, 5, pointer="/0"), "line 7, column 10"),
        (b'{\n"a" 1}', None, "line 8, column 5"),
        (b'{\n"a" 1}', Location(7, 5), "line 8, column 5"),
        (b'{\n\n\n "a" 1}', Location(9, 5), "line 12, column 6"),
        (b'{"a": "\xff"}', Location(7, 5), "column 12"),
        (b'{"a":\n"\xff"}', Location(7, 5), "line 8, column 2"),
    ],
)
def test_a_fault_is_placed_in_the_file(content, location, place):
    failed = read_event(Line(7, content, location=location))
    assert failed.message.endswith((f" at {place}", f" see {place}"))


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"{'a': 1}", " (JSON takes double quotes)"),
        (b'{"a": None}', " (JSON writes null, true and false)"),
        (b'{"a": True}', " (JSON writes null, true and false)"),
        (b'{"a": False}', " (JSON writes null, true and false)"),
        (b'{"a": undefined}', " (JSON writes null, true and false)"),
        (b'{"a": other}', ""),
    ],
)
def test_json_like_text_of_another_language_is_explained(content, hint):
    message = read_event(Line(7, content)).message
    assert message.partition(" at column ")[2].lstrip("0123456789") == hint
