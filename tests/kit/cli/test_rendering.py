"""Tables, folded paragraphs and shortened text."""

import pytest

from destination_kit.cli.rendering import display_width, render_paragraph, render_table, truncate


def test_columns_are_aligned_and_numbers_stand_right():
    table = render_table(("name", "count"), [("a", 5), ("longer", 1234)])
    assert table.splitlines() == [
        "name    count",
        "------  -----",
        "a           5",
        "longer  1,234",
    ]


def test_wide_characters_take_two_columns():
    assert render_table(("a", "b"), [("日本", "x"), ("abcd", "y")]).splitlines()[2:] == [
        "日本  x",
        "abcd  y",
    ]


def test_a_cell_stays_on_one_line():
    assert render_table(("a",), [("x\ny",)]).splitlines()[-1] == "x y"


def test_a_table_without_rows_is_its_heads():
    assert render_table(("a", "b"), []).splitlines() == ["a  b", "-  -"]


def test_a_caret_stays_under_its_column():
    assert render_paragraph("no:\n  a b\n    ^", "  ") == "  no:\n    a b\n      ^"


def test_long_text_is_folded():
    lines = render_paragraph("word " * 60, "  ", hang="  ").splitlines()
    assert max(map(len, lines)) <= 88
    assert [lines[0][:3], lines[1][:5]] == ["  w", "    w"]


def test_text_is_shortened_with_a_sign_that_it_was():
    assert (truncate("abcdef", 4), truncate("abcd", 4)) == ("abc…", "abcd")


@pytest.mark.parametrize("width", range(20, 56, 4))
@pytest.mark.parametrize(
    "name", ["Keep contacts in sync with Qualtrics", "顧客を同期する" * 4, "é" * 40]
)
def test_a_table_fits_its_width_and_keeps_its_numbers(width, name):
    heads = ("subscription", "matched", "delivered")
    lines = render_table(heads, [(name, 1234, 5), ("b", 1, 2)], width).splitlines()
    assert max(map(display_width, lines)) <= width
    assert "1,234" in "\n".join(lines)
    assert "…" in "\n".join(lines)


def test_a_table_that_fits_stays_as_it_is():
    rows = [("a", 5), ("longer", 1234)]
    assert render_table(("name", "count"), rows, 13) == render_table(("name", "count"), rows)


def test_a_table_that_is_far_too_wide_is_stacked():
    assert render_table(("name", "matched", "sent"), [("Keep in sync", 5, 7)], 14).splitlines() == [
        "name Keep in …",
        "  matched 5",
        "  sent 7",
    ]


def test_marks_take_no_column_of_their_own():
    assert display_width("e\u0301日") == 3
    assert truncate("日本日本", 5) == "日本…"
