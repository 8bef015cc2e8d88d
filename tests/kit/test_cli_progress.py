import io

from destination_kit.cli.summary import Progress, Tally


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_one_line_that_is_taken_away():
    terminal = Terminal()
    progress = Progress(terminal)
    progress.show(Tally([]))
    progress.show(Tally([]))
    progress.clear()
    assert terminal.getvalue().split("\r\x1b[K") == [
        "",
        "0 events in 0.0 s: 0 delivered, 0 failed, 0 skipped",
        "",
    ]


def test_there_is_nothing_to_take_away_where_nothing_was_shown():
    terminal = Terminal()
    Progress(terminal).clear()
    assert not terminal.getvalue()


def test_a_file_gets_no_progress():
    file = io.StringIO()
    Progress(file).show(Tally([]))
    Progress(file).clear()
    assert not file.getvalue()
