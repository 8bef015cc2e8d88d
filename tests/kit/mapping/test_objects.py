"""An object of a mapping reads what each of its members would read alone."""

from collections import OrderedDict
from types import MappingProxyType

import pytest
from hypothesis import given, strategies as st

from destination_kit import MISSING, compile_mapping
from destination_kit.mapping import analyze_mapping
from destination_kit.mapping.paths import PathResolver, follow_steps, parse_path, specialize

PATHS = ("a", "b", "a.b", "a.length", "a.0", "b.a", "b.b", "a.b.a", "a.b.length", "b.a.0", "")
LEAVES = st.sampled_from([None, MISSING, "", "text", "\ud83d\ude00", 0, 7, 2.5, True, False])
KEYS = st.sampled_from(["a", "b", "0", "length"])


def _containers(inner):
    members = st.dictionaries(KEYS, inner, max_size=3)
    return st.one_of(
        members,
        members.map(OrderedDict),
        members.map(MappingProxyType),
        st.lists(inner, max_size=2),
        st.tuples(inner),
    )


VALUES = st.recursive(LEAVES, _containers, max_leaves=8)


def resolve_shallow(mapping, event):
    compiled = analyze_mapping(mapping)
    assert not compiled.problems
    return compiled.finish_with(dict)(event, 0)


@given(VALUES, st.lists(st.sampled_from(PATHS), unique=True))
def test_an_object_reads_each_path_as_the_path_alone_does(event, paths):
    mapping = {f"{path}!": {"@path": f"$.{path}"} for path in paths} | {"literal": 1}
    built = resolve_shallow(mapping, event)
    alone = {f"{path}!": follow_steps(event, parse_path(path)) for path in paths} | {"literal": 1}
    assert list(built) == list(alone)
    assert all(built[key] is alone[key] or built[key] == alone[key] for key in alone)


@given(VALUES, st.sampled_from(PATHS[:-1]), st.sampled_from([None, lambda event: "else"]))
def test_a_specialized_path_resolves_as_the_path_itself(event, path, fallback):
    resolver = PathResolver(parse_path(path), fallback)
    found, alone = resolver(event), follow_steps(event, parse_path(path))
    assert found == specialize(resolver)(event)
    assert found == ("else" if fallback and alone in (None, MISSING) else alone)


@given(VALUES, st.lists(st.sampled_from(PATHS), unique=True))
def test_a_path_with_a_fallback_resolves_as_the_if_that_it_replaces(event, paths):
    def either(then, path):
        return {"@if": {"exists": {"@path": path}, "then": then, "else": {"@path": "$.b"}}}

    read_once = {f"{path}!": either({"@path": f"$.{path}"}, f"$.{path}") for path in paths}
    twice = {
        f"{path}!": either({"@path": {"@literal": f"$.{path}"}}, f"$.{path}") for path in paths
    }
    outcomes = [resolve_shallow(mapping, event) for mapping in (read_once, twice)]
    assert list(outcomes[0].items()) == list(outcomes[1].items())


def test_an_object_with_another_key_beside_a_directive_is_plain_data():
    mixed = {"@path": "$.a", "plain": 1}
    mapping = {"list": [{"@if": {"exists": mixed, "then": mixed, "else": 2}}]}
    assert compile_mapping(mapping)({"a": "text"}) == {"list": [mixed]}


@pytest.mark.parametrize(
    "mapping",
    [
        {},
        {"literal": 1, "null": None, "__proto__": 2},
        {"map": {"a": 1}, "path": {"@path": "$.a"}, "list": [1], "literal": {"@literal": 1}},
    ],
)
def test_a_shape_has_the_fields_and_constants_of_every_resolved_value(mapping):
    shape, built = analyze_mapping(mapping).shape, resolve_shallow(mapping, {"a": "text"})
    assert list(shape) == list(built)
    assert all(shape[name] in (MISSING, built[name]) for name in built)


@pytest.mark.parametrize("root", [{"@path": "$.a"}, {"@literal": {"a": 1}}, None])
def test_a_mapping_that_is_one_directive_has_no_shape(root):
    assert analyze_mapping(root).shape is None


def test_members_keep_their_order_whether_constant_or_computed():
    mapping = {
        "computed": {"@template": "{{a.b}}"},
        "literal": [1],
        "path": {"@path": "$.a.b"},
        "object": {"literal": 2, "path": {"@path": "$.a.c"}, "computed": {"@template": "x{{c}}"}},
        "absent": {"@path": "$.c.d.e"},
    }
    built = compile_mapping(mapping)({"a": {"b": "text"}})
    assert list(built.items()) == [
        ("computed", "text"),
        ("literal", [1]),
        ("path", "text"),
        ("object", {"literal": 2, "computed": "x"}),
    ]
