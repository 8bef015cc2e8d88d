import pytest

from destination_kit.errors import TriggerError
from destination_kit.fql import parse_trigger
from destination_kit.fql.parser import MAX_DEPTH


def refused(source):
    with pytest.raises(TriggerError) as caught:
        parse_trigger(source)
    (problem,) = caught.value.problems
    assert problem.path == ""
    return problem


def test_an_error_shows_what_was_expected_and_where():
    problem = refused('type = "track" and event "Signed Up"')
    assert problem.code == "FQL_SYNTAX"
    assert problem.message.splitlines() == [
        'expected an operator (= != < <= > >=) after event, found "Signed Up" (column 26)',
        'type = "track" and event "Signed Up"',
        "                         ^",
    ]


def test_the_caret_stands_under_the_right_line_and_keeps_its_tabs():
    assert refused('type = "track"\r\n\tand foo = 1\nor name = 2').message.splitlines()[1:] == [
        "\tand foo = 1",
        "\t    ^",
    ]


def test_and_mixed_with_or_is_refused_with_both_readings():
    problem = refused('type = "a" or type = "b" and contains(event, "(c")')
    assert problem.code == "FQL_AMBIGUOUS"
    first, _, caret = problem.message.splitlines()
    assert '`type = "a" or (type = "b" and contains(event, "(c"))`' in first
    assert '`(type = "a" or type = "b") and contains(event, "(c")`' in first
    assert caret.index("^") == 25


def test_both_readings_of_a_mixture_can_be_parsed():
    message = refused('type = "a", event = "b" or name = "c" and userId = 1').message
    _, one, _, other, _ = message.splitlines()[0].split("`")
    assert parse_trigger(one) != parse_trigger(other)


def test_the_first_mistake_is_the_one_that_is_shown():
    assert "column 16" in refused('type = "with \\"quote\\""').message


@pytest.mark.parametrize(
    ("opening", "closing", "levels"), [("(", ")", 1), ("!", "", 1), ("not ", "", 1), ("!(", ")", 2)]
)
def test_nesting_has_a_limit(opening, closing, levels):
    fits = MAX_DEPTH // levels
    (condition,) = parse_trigger(opening * fits + "userId = null" + closing * fits).children
    assert condition.operator in {"exists", "not_exists"}
    assert refused(opening * 100_000).code == "FQL_TOO_DEEP"


def test_half_a_surrogate_pair_becomes_a_replacement_character():
    (condition,) = parse_trigger('event = "a\ud83d"').children
    assert condition.value == "a\ufffd"
    (whole,) = parse_trigger('event = "\ud83d\udc4d"').children
    assert whole.value == "👍"


def test_a_pattern_that_starts_with_half_a_pair_is_kept_whole():
    (condition,) = parse_trigger('match(event, "👍")').children
    assert (condition.operator, condition.value) == ("ends_with", "👍")


def test_integers_keep_all_their_digits():
    (condition,) = parse_trigger("properties.id = 9007199254740993").children
    assert condition.value == 9007199254740993
