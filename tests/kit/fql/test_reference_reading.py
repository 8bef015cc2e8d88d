import pytest

from destination_kit.fql import reading_warnings


def test_a_trigger_that_means_something_else_is_shown_in_both_readings():
    (sentence,) = reading_warnings('not contains(event, "a")')
    assert sentence == (
        'Segment reads this trigger as `contains(event, "a")`; '
        'here it means `!contains(event, "a")`.'
    )


def test_a_call_inside_a_group_ends_the_group_in_the_reference():
    (sentence,) = reading_warnings('(contains(event, "a") and type = "b") or name = "c"')
    assert '`contains(event, "a") or type = "b" or name = "c"`' in sentence


def test_a_call_about_the_type_is_dropped_by_the_reference():
    (sentence,) = reading_warnings('contains(type, "a") and event = "b"')
    assert sentence.startswith('Segment reads this trigger as `event = "b"`;')


def test_a_clause_after_a_line_end_of_two_characters_is_dropped_by_the_reference():
    (sentence,) = reading_warnings('type = "track"\r\nand event = "b"')
    assert sentence == (
        'Segment reads this trigger as `type = "track"`; '
        'here it means `type = "track" and event = "b"`.'
    )


def test_a_trigger_that_only_this_package_can_read_brings_a_warning():
    assert reading_warnings("properties.x>5") == (
        "Segment cannot read this trigger; here it means `properties.x > 5`.",
    )


def test_a_refused_trigger_is_shown_as_the_reference_reads_it():
    assert reading_warnings('type = "a" or type = "b" and type = "c"') == (
        'Segment reads this trigger as `type = "a" and type = "b" and type = "c"`.',
    )


@pytest.mark.parametrize(
    "trigger",
    [
        'type = "track", event = "Transaction Created"',
        "type = track or type = page",
        'type = "a" and (event = "b" and contains(name, "c"))',
        '(contains(name, "c") and type = "a" and event = "b")',
        "",
        "foo",
    ],
)
def test_readings_that_match_the_same_events_bring_no_warning(trigger):
    assert reading_warnings(trigger) == ()
