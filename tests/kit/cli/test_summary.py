import io

from destination_kit.cli.summary import (
    MAX_REASONS,
    DeliveryCounts,
    FailureReasons,
    ProgressLine,
)
from destination_kit.delivery import Line, Outcome
from destination_kit.results import EventResult, Failed, SubscriptionResult


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_one_line_that_is_erased():
    terminal = Terminal()
    progress = ProgressLine(terminal)
    progress.show(DeliveryCounts([]))
    progress.show(DeliveryCounts([]))
    progress.clear()
    assert terminal.getvalue().split("\r\x1b[K") == [
        "",
        "0 events in 0.0 s: 0 delivered, 0 failed, 0 skipped",
        "",
    ]


def test_a_progress_line_that_was_never_shown_is_not_erased():
    terminal = Terminal()
    ProgressLine(terminal).clear()
    assert not terminal.getvalue()


def test_a_file_gets_no_progress():
    file = io.StringIO()
    ProgressLine(file).show(DeliveryCounts([]))
    ProgressLine(file).clear()
    assert not file.getvalue()


def failed(line, message, code="ODD"):
    result = SubscriptionResult("Talk", "say", Failed(code, message))
    return Outcome(Line(line, b""), EventResult((result,)))


def test_messages_that_differ_by_a_number_or_an_id_are_one_reason():
    reasons = FailureReasons()
    for line in (9, 4, 5):
        reasons.add(failed(line, f"no contact CID_{line}a7 within {line} s"))
    [found] = reasons.as_json()
    assert (found["count"], found["firstLine"]) == (3, 4)


def test_reasons_beyond_the_limit_share_one_count_and_few_are_shown():
    reasons = FailureReasons()
    for line in range(MAX_REASONS + 5):
        reasons.add(failed(line + 1, "odd", f"CODE_{line}"))
    found = reasons.as_json()
    assert len(found) == MAX_REASONS + 1
    assert (found[0]["code"], found[0]["count"], found[0]["firstLine"]) == ("OTHER", 5, 51)
    shown = reasons.render().splitlines()
    assert shown[-1] == f"  and {MAX_REASONS + 5 - 5 - 9} more for other reasons"
    assert len(shown) == 12
