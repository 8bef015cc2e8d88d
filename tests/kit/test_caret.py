"""Carets under the character at fault."""

import pytest

from destination_kit._caret import point_at


@pytest.mark.parametrize(
    ("source", "index", "lines"),
    [
        ("a b", 2, ["wrong (column 3)", "a b", "  ^"]),
        ("", 0, ["wrong (column 1)", "", "^"]),
        ("a\n\tb c\nd", 5, ["wrong (line 2, column 4)", "\tb c", "\t  ^"]),
        ("a\r\nb", 1, ["wrong (line 1, column 2)", "a", " ^"]),
        ("👍 b", 2, ["wrong (column 3)", "👍 b", "  ^"]),
    ],
)
def test_a_message_shows_the_line_and_a_caret_under_the_character(source, index, lines):
    assert point_at(source, index, "wrong").split("\n") == lines
