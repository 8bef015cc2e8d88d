"""Tables, folded paragraphs and shortened text."""

from destination_kit.cli.rendering import render_paragraph, render_table, truncate


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
