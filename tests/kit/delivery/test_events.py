import pytest

from destination_kit.delivery import Line, read_event
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
