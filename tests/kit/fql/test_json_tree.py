import pytest

from destination_kit.errors import TriggerError
from destination_kit.fql import compile_node, node_from_json, node_to_json, parse_trigger


def group(*children, operator="and"):
    return {"type": "group", "operator": operator, "children": list(children)}


NAME = {"type": "name", "operator": "=", "value": "a"}


@pytest.mark.parametrize(
    "tree",
    [
        group(NAME, group(NAME, NAME, operator="or")),
        group(group(NAME, NAME), operator="not"),
        group({"type": "event-property", "name": "a.b", "operator": "exists"}),
    ],
)
def test_a_tree_is_itself_after_a_round_trip(tree):
    assert node_to_json(node_from_json(tree)) == tree


def test_not_takes_the_opposite_operator_where_there_is_one():
    tree = group(group({"type": "name", "operator": "contains", "value": "a"}, operator="not"))
    assert node_from_json(tree) == parse_trigger('!contains(name, "a")')


def test_a_missing_value_compares_with_the_text_undefined():
    matches = compile_node(node_from_json(group({"type": "name", "operator": "="})))
    assert matches({"name": "undefined"})
    assert not matches({})


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        (NAME, ""),
        (5, ""),
        (group(5), "/children/0"),
        ({"type": "group", "operator": "xor", "children": []}, "/operator"),
        ({"type": "group", "operator": "and", "children": "x"}, "/children"),
        (group(NAME, NAME, operator="not"), "/children"),
        (group({"type": "mystery", "operator": "="}), "/children/0/type"),
        (group({"type": ["name"], "operator": "="}), "/children/0/type"),
        (group({"type": "name", "operator": "=="}), "/children/0/operator"),
        (group({"type": "name", "operator": {}}), "/children/0/operator"),
        (group({"type": "name", "operator": "=", "value": ["a"]}), "/children/0/value"),
        (group(group({"type": "event-trait", "operator": "="})), "/children/0/children/0/name"),
        (group({"type": "event-trait", "operator": "=", "name": ".[]"}), "/children/0/name"),
    ],
)
def test_a_tree_that_means_nothing_is_refused_at_its_place(tree, path):
    with pytest.raises(TriggerError) as caught:
        node_from_json(tree)
    (problem,) = caught.value.problems
    assert (problem.path, problem.code) == (path, "FQL_TREE")


def nested(levels):
    tree = NAME
    for _ in range(levels):
        tree = group(tree)
    return tree


def test_a_tree_has_the_limit_of_a_trigger_too():
    """The root is a group, and fifty more fit into it, as parentheses do into a trigger."""
    assert node_to_json(node_from_json(nested(51))) == nested(51)
    for levels in (52, 200):
        with pytest.raises(TriggerError, match="nested more than 50 deep") as caught:
            node_from_json(nested(levels))
        [problem] = caught.value.problems
        assert problem.path == "/children/0" * 51
