from destination_kit.cli.summary import MAX_REASONS, FailureReasons, render_numbers
from destination_kit.delivery import Line, Outcome
from destination_kit.results import EventResult, Failed, SubscriptionResult


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


def test_line_numbers_are_shown_as_ranges():
    assert render_numbers([7]) == "line 7"
    assert render_numbers([9, 3, 5, 6, 7]) == "lines 3, 5-7, 9"
    assert render_numbers(range(1, 2000, 2)).endswith("and 500 more ranges")
