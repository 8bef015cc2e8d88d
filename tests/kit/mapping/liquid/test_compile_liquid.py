import pytest

from destination_kit.errors import PayloadValidationError
from destination_kit.mapping import check_mapping, compile_mapping
from destination_kit.mapping.liquid import LiquidError, compile_liquid


def test_a_template_that_is_no_liquid_is_shown_with_a_caret():
    (problem,) = check_mapping({"f": {"@liquid": "Hi\n{{ name | }} {{ x = y }}"}})
    assert problem.message == (
        "expected '|' before a filter, found '=' (line 2, column 19)\n"
        "{{ name | }} {{ x = y }}\n"
        "                  ^"
    )


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ a ", "this output is not closed: '}}' is missing (column 1)"),
        ("{% if ", "this tag is not closed: '%}' is missing (column 1)"),
        ("a{% if x %}b", "the tag 'if' is not closed: add '{% endif %}' (column 2)"),
        ("a{% raw %}b", "the tag 'raw' is not closed: add '{% endraw %}' (column 2)"),
        ("a{% fi %}", "there is no tag 'fi': check its spelling (column 2)"),
        ("a{% endif %}", "no open tag here takes 'endif': remove it (column 2)"),
        ("a{% for x %}", "the tag 'for' is disabled: remove it (column 2)"),
        ("{% 👍 %}", "there is no tag '👍': check its spelling (column 1)"),
        ("{% %}", "the name of the tag is missing, such as 'if' or 'assign' (column 1)"),
        (
            "{% if x %}{% else %}{% else %}{% endif %}",
            "the tag 'else' cannot follow 'else': remove one of them (column 21)",
        ),
        (
            "{% if x %}{% endif y %}",
            "the tag 'endif' takes no arguments: remove them (column 20)",
        ),
        ("{% assign %}", "expected the name of a variable, found nothing (column 10)"),
        (
            "{% assign x %}",
            "expected '=' after the variable 'x', found nothing (column 12)",
        ),
        ("{% cycle %}", "the tag 'cycle' needs a value: add one (column 1)"),
        (
            "{% # a\nb %}",
            "every line of a comment with '#' starts with '#': add it (line 1, column 1)",
        ),
        (
            "{{ }}",
            "expected a value, such as a path, a number or a text in quotes (column 4)",
        ),
        (
            "{{ a | size 👍 }}",
            "expected ':' before the arguments of the filter 'size', found '👍' (column 13)",
        ),
        (
            "{{ a | size b }}",
            "expected ':' before the arguments of the filter 'size', found 'b' (column 13)",
        ),
        (
            "{{ a | append: b c }}",
            "expected ',' or '|' after an argument of the filter 'append', found 'c' (column 18)",
        ),
        ("{{ (1.3) }}", "expected '..' in a range such as (1..3), found ')' (column 8)"),
        ("{{ a[0 }}", "'[' is not closed: ']' is missing (column 5)"),
    ],
)
def test_an_error_says_what_is_wrong_and_where(template, message):
    with pytest.raises(LiquidError) as error:
        compile_liquid(template)
    assert str(error.value).splitlines()[0] == message


def test_a_template_behind_a_condition_fails_only_the_events_that_reach_it():
    mapping = {"f": {"@if": {"exists": {"@path": "$.x"}, "then": {"@liquid": "{{"}, "else": "ok"}}}
    resolve = compile_mapping(mapping)
    assert resolve({}) == {"f": "ok"}
    with pytest.raises(PayloadValidationError, match="not closed"):
        resolve({"x": 1})


def test_unknown_and_disabled_filters_are_known_before_any_event():
    template = compile_liquid("{{ a | nosuch | sort | upcase }}")
    assert template.unknown_filters == ("nosuch",)
    assert template.disabled_filters == ("sort",)
