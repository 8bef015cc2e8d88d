"""What holds for every trigger, tree and event."""

from hypothesis import given, strategies as st

from destination_kit.errors import TriggerError
from destination_kit.fql import (
    Comparison,
    Group,
    canonical_form,
    compile_node,
    event_names,
    event_types,
    explain_mismatch,
    node_from_json,
    node_to_json,
    parse_trigger,
    reading_warnings,
    render_trigger,
)
from destination_kit.fql.nodes import (
    FIELD_BY_KIND,
    KINDS_WITH_PATH,
    NUMERIC_OPERATORS,
    TEXT_OPERATORS,
    UNARY_OPERATORS,
)

WORDS = [
    *("type", "event", "name", "userId", "properties", "traits.a", "context.b\\ c.0", "foo"),
    *("=", "!=", "<", ">=", "(", ")", ",", "!", "not", "and", "or", ".", "[", "\\", "\n"),
    *("contains(", "match(", "null", "true", "an", "5", "-1.5", "1e3", "1.", "+"),
    *('"track"', '"a*"', "'b'", '""', '"', "'", "👍", "\ud83d"),
]
letters = st.characters(codec="utf-8")
texts = st.text(letters, max_size=5)
sources = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=12).map("".join),
)
names = st.text(letters, min_size=1, max_size=5).filter(lambda name: name.strip("[.]"))
numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
values = st.none() | st.booleans() | numbers | texts


@st.composite
def comparisons(draw):
    kind = draw(st.sampled_from(sorted(FIELD_BY_KIND)))
    operator = draw(st.sampled_from(sorted(NUMERIC_OPERATORS | TEXT_OPERATORS | UNARY_OPERATORS)))
    name = draw(names) if kind in KINDS_WITH_PATH else None
    return Comparison(kind, operator, draw(values), name)


def groups(children):
    joined = st.builds(Group, st.sampled_from(["and", "or"]), st.lists(children).map(tuple))
    return joined | st.builds(Group, st.just("not"), st.tuples(joined))


nodes = st.recursive(comparisons(), groups, max_leaves=6).map(lambda node: Group("and", (node,)))
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
json_values = st.recursive(
    scalars,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from("ab0"), each),
    max_leaves=6,
)
events = st.dictionaries(
    st.sampled_from(["type", "event", "name", "userId", "properties", "traits", "context"]),
    st.sampled_from(["track", "a"]) | json_values,
)


@given(sources)
def test_any_text_is_a_node_or_a_trigger_error(source):
    try:
        node = parse_trigger(source)
    except TriggerError as error:
        (problem,) = error.problems
        assert problem.message.encode("utf-8", "surrogatepass").count(b"^")
    else:
        assert node == parse_trigger(source)


@given(sources)
def test_any_text_can_be_looked_at_for_warnings(source):
    assert len(reading_warnings(source)) <= 1


@given(sources)
def test_what_was_read_can_be_written_and_read_again(source):
    try:
        node = parse_trigger(source)
    except TriggerError:
        return
    again = parse_trigger(render_trigger(node))
    assert canonical_form(again) == canonical_form(node)
    assert render_trigger(again) == render_trigger(node)
    assert node_from_json(node_to_json(node)) == node


@given(nodes, events)
def test_a_written_node_matches_the_same_events(node, event):
    try:
        said = render_trigger(node)
    except TriggerError:
        return
    assert compile_node(parse_trigger(said))(event) is compile_node(node)(event)
    assert compile_node(canonical_form(node))(event) is compile_node(node)(event)


@given(nodes, events)
def test_compiling_twice_gives_the_same_answer_and_an_explanation_fits_it(node, event):
    matches = compile_node(node)(event)
    assert matches is compile_node(node)(event)
    assert matches is (explain_mismatch(node, event) is None)


@given(nodes, events)
def test_only_events_of_the_types_and_names_that_were_told_match(node, event):
    types, names = event_types(node), event_names(node)
    if compile_node(node)(event):
        assert types is None or event.get("type") in types
        assert names is None or event.get("event") in names
