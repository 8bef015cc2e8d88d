import pytest

from destination_kit.delivery import Line, Location
from destination_kit.delivery.lines import MAX_EVENT_BYTES, MAX_LINE_BYTES


@pytest.mark.parametrize(
    ("location", "label"),
    [
        (None, "line 7"),
        (Location(3), "line 3"),
        (Location(3, 2), "line 3, column 2"),
        (Location(3, 2, "e.jsonl"), "e.jsonl, line 3, column 2"),
        (Location(3, 1, "e.jsonl"), "e.jsonl, line 3"),
        (Location(3, 2, "e.jsonl", "/batch/0"), "e.jsonl, line 3, /batch/0"),
    ],
)
def test_a_line_is_named_by_its_place_in_its_file(location, label):
    assert Line(7, b"{}", location=location).label == label


def test_a_line_of_a_dead_letter_may_be_eight_times_as_long_as_an_event():
    assert (MAX_EVENT_BYTES, MAX_LINE_BYTES) == (1_000_000, 8_000_000)


def test_equal_texts_have_the_same_hash_of_24_digits():
    digest = Line(1, b"{}").digest
    assert (len(digest), digest) == (24, Line(2, b"{}").digest)
    assert digest != Line(1, b"{ }").digest
