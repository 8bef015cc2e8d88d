import pytest

from destination_kit.errors import TriggerError
from destination_kit.fql import Comparison, Group, parse_trigger, render_trigger
from destination_kit.fql.render import render_text

A, B = (Comparison("name", "=", letter) for letter in "ab")


@pytest.mark.parametrize(
    "trigger",
    [
        'type = "track" and (event = "a" or (name = "b" and userId != null))',
        '!(properties.x = 5) and !(type = "a" or event = "b")',
        "event = 'say \"hi\"'",
        "properties.\\.a\\.\\. = 5",
        'properties.products.0.x\\ y >= 1e+21 or !match(traits.a, "*b")',
        'contains(type, "a")',
    ],
)
def test_a_trigger_in_its_plain_form_is_written_as_it_was(trigger):
    assert render_trigger(parse_trigger(trigger)) == trigger


def test_text_with_a_double_quote_is_written_so_that_it_can_be_read_again():
    tree = parse_trigger("event = 'it\"s' and !contains(name, 'it\"s')")
    written = render_trigger(tree)
    assert written == "event = 'it\"s' and !contains(name, 'it\"s')"
    assert parse_trigger(written) == tree


@pytest.mark.parametrize(
    "condition",
    [
        Comparison("event", "=", 'q"q'),
        Comparison("event", "exists"),
        Comparison("event-type", "number_equals", 5),
        Comparison("event-property", "=", 5, "x"),
        Comparison("event-property", "number_equals", "1abc", "x"),
        Comparison("event", "ends_with", "a*"),
        Comparison("name", "is_true"),
    ],
)
def test_what_no_trigger_can_say_is_refused(condition):
    with pytest.raises(TriggerError) as caught:
        render_trigger(Group("and", (condition,)))
    assert caught.value.problems[0].code == "FQL_UNSAYABLE"


def test_an_empty_group_has_no_text():
    with pytest.raises(TriggerError):
        render_trigger(Group("and", ()))


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (Group("and", (Group("or", (A, B)),)), 'name = "a" or name = "b"'),
        (Group("and", (Group("or", (A, B)), A)), '(name = "a" or name = "b") and name = "a"'),
        (
            Group("and", (Group("or", (A, B)), Group("or", (B, A)))),
            '(name = "a" or name = "b") and (name = "b" or name = "a")',
        ),
        (Group("not", (Group("or", (A, B)),)), '!(name = "a" or name = "b")'),
        (Group("and", (Group("not", (A,)),)), '!(name = "a")'),
    ],
)
def test_only_outer_parentheses_without_others_inside_are_left_out(node, text):
    assert render_text(node) == text
