import pytest

from destination_kit.mapping import compile_mapping

EVENT = {"n": 5}


def test_counting_leaves_the_event_alone():
    """Unlike in the reference, whose `increment` is seen by the fields behind it."""
    event = {"n": 5}
    mapping = {"a": {"@liquid": "{% increment n %}"}, "b": {"@liquid": "{{ n }}"}}
    assert compile_mapping(mapping)(event) == {"a": "5", "b": "5"}
    assert event == {"n": 5}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{% cycle 'a','b','c' %}" * 4, "abca"),
        ("{% cycle 'g':'a','b' %}" * 3, "aba"),
        ("{% increment n %}{% increment n %}{{ n }}", "567"),
        ("{% decrement n %}{% decrement n %}{{ n }}", "433"),
        ("{% decrement m %}{% increment m %}{{ m }}", "-1-10"),
        ("{% unless n %}a{% elsif n %}b{% endunless %}", "b"),
        (
            "{% block a %}{% block b %}x{% endblock %}{{ block }}{% endblock %}[{{ block }}]",
            "x[object Object][]",
        ),
        ("a{% break %}b", "a"),
        ("{% assign x=5 %}{{ x }}{% assign x = 6 %}{{ x }}", "56"),
    ],
)
def test_a_tag_writes_what_that_of_liquidjs_writes(template, text):
    assert compile_mapping({"f": {"@liquid": template}})(EVENT)["f"] == text
