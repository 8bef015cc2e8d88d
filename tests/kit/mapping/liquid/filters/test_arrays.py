"""What filters of arrays do at their edges: odd indices, absent values, chance and long paths."""

import pytest

from destination_kit.errors import PayloadValidationError
from destination_kit.mapping import compile_mapping
from destination_kit.mapping.liquid.limits import MAX_TEMPLATE_LENGTH

EVENT = {
    "l": [1, 2, 3],
    "alike": [7, 7, 7],
    "void": "",
    "five": 5,
    "sized": {"length": 1, "0": "x"},
    "unsized": {"length": True, "0": "x", "-1": "y"},
    "hollow": {"length": False, "0": "x"},
    "emoji": "👍👍",
    "records": [{"a": 1}, {"a": 2}, {"b": 1}],
    "path": "a" * MAX_TEMPLATE_LENGTH,
}


def render(expression, event=EVENT):
    return compile_mapping({"f": {"@liquid": f"{{{{ {expression} }}}}"}})(event)["f"]


# The reference gives the same for each of these (`make conformance` generates more).
@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("nothing | push: 1 | json", "[1]"),
        ("five | unshift: 1 | json", "[1,5]"),
        ("nothing | slice: 0 | json", "[]"),
        *(("l | slice: -5, 4 | json", "[]"), ("l | slice: -4, 4 | json", "[]")),
        *(("l | slice: 0, -1 | json", "[]"), ("l | slice: -3, 1 | json", "[1]")),
        *(("l | slice: '1', 0 | json", "[2,3]"), ("l | slice: 0, 2 | json", "[1,2]")),
        *(("l | slice: 1 | json", "[2]"), ("'abc' | slice: 1, 5", "bc")),
        *(("void | first | json", '""'), ("five | first | json", '""')),
        *(("sized | first", "x"), ("unsized | first", ""), ("hollow | first", "")),
        *(("'abc' | first", "a"), ("'abc' | last", "c"), ("five | size", "0")),
        *(("l | join", "1 2 3"), ("l | join: ''", "123"), ("l | join: nil", "1 2 3")),
        *(("records | where: 'a' | size", "2"), ("records | where: 'a', 2 | size", "1")),
        *(("records | where: '' | size", "0"), ("records | where: 'b', nil | size", "2")),
    ],
)
def test_an_edge_comes_out_as_in_liquidjs(expression, text):
    assert render(expression) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        *(("alike | sample | json", "7"), ("alike | sample: 1 | json", "7")),
        *(("alike | sample: true | json", "[7]"), ("alike | sample: '1' | json", "[7]")),
        *(("alike | sample: 2 | json", "[7,7]"), ("alike | sample: 9 | json", "[7,7,7]")),
        *(("alike | sample: 0 | json", "[]"), ("alike | sample: nil | json", "[]")),
        *(("'aaa' | sample", "a"), ("'aaa' | sample: 2 | json", '["a","a"]')),
        *(("emoji | sample", "👍"), ("nothing | sample | json", "[]")),
        *(("void | sample | json", ""), ("five | sample", "5")),
    ],
)
def test_a_sample_has_as_many_elements_as_the_template_asks_for(expression, text):
    assert render(expression) == text


def test_a_sample_draws_each_element_once():
    numbers = list(map(str, range(50)))
    drawn = render("l | sample: 50 | join", {"l": numbers}).split()
    assert drawn != numbers
    assert sorted(drawn, key=int) == numbers


def test_the_path_of_where_may_be_as_long_as_a_template():
    assert render("records | where: path | size") == "0"
    event = EVENT | {"path": "a" * (MAX_TEMPLATE_LENGTH + 1)}
    with pytest.raises(PayloadValidationError, match="'where' exceeds 1,000 characters"):
        render("records | where: path | size", event)
