import pytest

from destination_kit.errors import TriggerError
from destination_kit.fql import parse_trigger
from destination_kit.fql.parser import MAX_DEPTH, is_readable


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


@pytest.mark.parametrize(
    ("trigger", "meaning"),
    [
        ('type = "a" AND event = "b"', 'type = "a" and event = "b"'),
        ('type = "a" And event = "b" aND name = "c"', 'type = "a" and event = "b" and name = "c"'),
        ('type = "a"AND event = "b"', 'type = "a" and event = "b"'),
        ("properties.x = 5AND traits.y = true", "properties.x = 5 and traits.y = true"),
        (
            '(type = "a" AND event = "b") or name = "c"',
            '(type = "a" and event = "b") or name = "c"',
        ),
        ('type = "a" AND !(event = "b")', 'type = "a" and !(event = "b")'),
        ('contains(event, "AND") AND(name = "c")', 'contains(event, "AND") and (name = "c")'),
        ("type = AND AND event = OR", 'type = "AND" and event = "OR"'),
        ("properties.AND = 1 AND traits.or.NOT = 2", "properties.AND = 1 and traits.or.NOT = 2"),
    ],
)
def test_and_in_capitals_between_clauses_is_and(trigger, meaning):
    assert parse_trigger(trigger) == parse_trigger(meaning)


@pytest.mark.parametrize("word", ["OR", "Or", "oR"])
def test_or_in_capitals_is_refused_with_both_readings(word):
    problem = refused(f'type = "a" {word} event = "b"')
    assert problem.code == "FQL_AMBIGUOUS"
    message, _, caret = problem.message.splitlines()
    assert message.startswith(f"there is no operator {word}, and Segment reads ")
    assert '`type = "a" and event = "b"`' in message
    assert '`type = "a" or event = "b"`' in message
    assert caret.index("^") == 11


@pytest.mark.parametrize(
    ("trigger", "readings"),
    [
        ('(name = "a" OR name = "b")', ['name = "a" and name = "b"', 'name = "a" or name = "b"']),
        ('name = "a" OR name = "b" or name = "c"', ['name = "a" or name = "b" or name = "c"']),
        (
            'name = "a" OR name = "b" AND name = "c"',
            [
                'name = "a" and name = "b" and name = "c"',
                'name = "a" or (name = "b" and name = "c")',
                '(name = "a" or name = "b") and name = "c"',
            ],
        ),
        (
            "name = a OR name = b and name = c or name = d",
            [
                "name = a or name = b or name = c or name = d",
                "name = a or (name = b and name = c) or name = d",
                "(name = a or name = b) and (name = c or name = d)",
            ],
        ),
        ('NOT name = "a"', ['name = "a"', '!(name = "a")']),
        ('type = "b" and Not (name = "a")', ['(name = "a")', '!(name = "a")']),
        (
            'name = "a" AND name = "b" or name = "c"',
            [
                '(name = "a" and name = "b") or name = "c"',
                'name = "a" and (name = "b" or name = "c")',
            ],
        ),
    ],
)
def test_a_word_in_capitals_with_two_meanings_is_refused_with_each(trigger, readings):
    problem = refused(trigger)
    assert problem.code == "FQL_AMBIGUOUS"
    shown = problem.message.splitlines()[0].split("`")[1::2]
    assert shown == readings
    for reading in shown:
        parse_trigger(reading)


@pytest.mark.parametrize(
    ("trigger", "meant", "column"),
    [
        ('type == "track"', 'type = "track"', 6),
        ('type=="track"', 'type = "track"', 5),
        ("properties.total === 5", "properties.total = 5", 18),
        ("properties.total !== 5", "properties.total != 5", 18),
        ("type = track and traits.vip <> null", "traits.vip != null", 29),
        ("traits.age => 18", "traits.age >= 18", 12),
        ("traits.age =< 18", "traits.age <= 18", 12),
    ],
)
def test_an_operator_of_another_language_is_refused_with_the_reading_that_was_meant(
    trigger, meant, column
):
    message = refused(trigger).message.splitlines()[0]
    assert message.endswith(f": write `{meant}` (column {column})")
    parse_trigger(meant)


@pytest.mark.parametrize(
    ("trigger", "hint"),
    [
        ('type = "a" && event = "b"', "there is no operator &&: write and"),
        ('type = "a" || event = "b"', "there is no operator ||: write or"),
        ("type ==", "there is no operator ==: write `type = …`"),
        ("traits.age << 5", "there is no operator <<: write one of = != < <= > >="),
        ('Contains(event, "a")', "did you mean 'contains'?"),
        ('MATCH(event, "a*")', "did you mean 'match'?"),
        ('Type = "track"', "did you mean 'type'?"),
        ('Properties.plan = "pro"', "did you mean 'properties'?"),
        ('AND type = "track"', "found AND"),
        ('type = "track" AND', "found the end of the trigger"),
        ('type = "track" and AND event = "b"', "found AND"),
    ],
)
def test_a_slip_is_refused_with_what_to_write(trigger, hint):
    assert hint in refused(trigger).message


def test_the_first_mistake_is_the_one_that_is_shown():
    assert "column 16" in refused('type = "with \\"quote\\""').message


@pytest.mark.parametrize(
    ("opening", "closing", "levels"), [("(", ")", 1), ("!", "", 1), ("not ", "", 1), ("!(", ")", 2)]
)
def test_nesting_has_a_limit(opening, closing, levels):
    fits = MAX_DEPTH // levels
    (condition,) = parse_trigger(opening * fits + "userId = null" + closing * fits).children
    assert condition.operator in {"exists", "not_exists"}
    deeper = opening * (fits + 1) + "userId = null" + closing * (fits + 1)
    assert refused(deeper).code == "FQL_TOO_DEEP"
    assert refused(opening * 2_500).code == "FQL_TOO_DEEP"


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


@pytest.mark.parametrize(
    ("trigger", "is_one"), [('type = "track"', True), ("type =", False), ("", False), (None, False)]
)
def test_a_default_trigger_is_readable_or_not(trigger, is_one):
    assert is_readable(trigger) is is_one


@pytest.mark.parametrize(
    ("trigger", "meaning"),
    [
        ('!(!(type = "a" or name = "b"))', 'type = "a" or name = "b"'),
        ('not not type = "a"', 'type = "a"'),
        ('!(!(!(type = "a" or name = "b")))', '!(type = "a" or name = "b")'),
    ],
)
def test_two_negations_are_none(trigger, meaning):
    assert parse_trigger(trigger) == parse_trigger(meaning)
