"""What a terminal shows: its width and its colors."""

import io

import pytest

from destination_kit.cli.terminal import can_redraw, has_color, terminal_width


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "colored"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (Terminal(), {"FORCE_COLOR": "0"}, False),
        (Terminal(), {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (io.StringIO(), {}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (None, {}, False),
    ],
)
def test_colors_follow_the_usual_rules(stream, environment, colored):
    assert has_color(stream, environment) is colored


def test_a_line_is_shown_in_place_where_the_terminal_can_erase_it():
    assert can_redraw(Terminal(), {"TERM": "xterm"})
    assert not can_redraw(Terminal(), {"TERM": "dumb"})
    assert not can_redraw(io.StringIO(), {})


@pytest.mark.parametrize(
    ("stream", "environment", "width"),
    [
        (Terminal(), {"COLUMNS": "40"}, 40),
        (Terminal(), {"COLUMNS": "0"}, 80),
        (Terminal(), {"COLUMNS": "wide"}, 80),
        (io.StringIO(), {"COLUMNS": "40"}, None),
        (None, {}, None),
    ],
)
def test_the_width_is_that_of_the_terminal(stream, environment, width):
    assert terminal_width(stream, environment) == width


def test_a_closed_stream_is_no_terminal():
    stream = Terminal()
    stream.close()
    assert not can_redraw(None)
    assert terminal_width(io.StringIO()) is None
