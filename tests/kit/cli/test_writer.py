"""The writer of the command line."""

from destination_kit.cli.writer import ConsoleWriter


def test_an_event_cannot_move_the_cursor(capsys):
    ConsoleWriter().text("a\x1b[2Jb\rc\nd")
    assert (
        capsys.readouterr().out == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\nd\n"
    )
