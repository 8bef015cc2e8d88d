"""What holds for every mapping and every event, however odd."""

import copy
import math

from hypothesis import given, strategies as st

from destination_kit._javascript import parse_json, stringify_json
from destination_kit._surrogates import to_well_formed
from destination_kit.errors import MappingError, PayloadValidationError
from destination_kit.mapping import DIRECTIVES, check_mapping, compile_mapping

NAMES = st.sampled_from([*DIRECTIVES, "@nope", "@liquid"])
WORDS = st.sampled_from(
    (
        *(
            "a",
            "$.a",
            "$.a.b",
            "a[0]",
            "length",
            "{{a}}",
            "{{{a}}}{{b}}",
            "{{ }}",
            "lower",
            "upper",
        ),
        *(
            "encode",
            "decode",
            "left",
            "right",
            ".",
            "$&",
            "👍",
            "__proto__",
            "\ud800",
            '{"a": [1]}',
        ),
    )
)
KEYS = st.one_of(
    st.sampled_from(["a", "b", "exists", "blank", "then", "else", "operator", "value", "pattern"]),
    st.sampled_from(
        ["replacement", "global", "mode", "separator", "objects", "direction", "apply"]
    ),
    st.sampled_from(["mapping", "_metadata", "__proto__", "__segment_internal_directive"]),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), WORDS
)
EVENTS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "__proto__"]),
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    ),
    max_size=3,
)
MAPPINGS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(KEYS, inner, max_size=4),
        st.builds(lambda name, argument: {name: argument}, NAMES, inner),
        st.builds(
            lambda name, options: {name: options}, NAMES, st.dictionaries(KEYS, inner, max_size=4)
        ),
    ),
    max_leaves=12,
)


@given(MAPPINGS, EVENTS)
def test_any_mapping_gives_a_value_or_an_error_of_ours(mapping, event):
    payload(mapping, event)


@given(MAPPINGS)
def test_checking_finds_exactly_what_compiling_refuses(mapping):
    problems = ()
    try:
        compile_mapping(mapping)
    except MappingError as error:
        problems = error.problems
    assert check_mapping(mapping) == problems
    assert all(leads_into(mapping, each.path) for each in problems)


@given(MAPPINGS, EVENTS, EVENTS)
def test_compiling_once_is_compiling_each_time(mapping, first, second):
    try:
        resolve = compile_mapping(mapping)
    except MappingError:
        return
    for event in (first, second, first):
        assert told(resolve, event) == told(compile_mapping(mapping), event)


@given(MAPPINGS, EVENTS)
def test_neither_event_nor_mapping_is_changed_or_shared(mapping, event):
    before = repr(copy.deepcopy((mapping, event)))
    result = payload(mapping, event)
    assert repr((mapping, event)) == before
    assert containers(result).isdisjoint(containers(mapping) | containers(event))


@given(MAPPINGS, EVENTS)
def test_a_payload_can_be_written_as_utf_8(mapping, event):
    for text in texts(payload(mapping, event)):
        text.encode("utf-8")


@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_text_means_the_value_that_it_was_made_of(value):
    encoded = stringify_json(value)
    assert stringify_json(parse_json(encoded)) == encoded


@given(st.text(st.characters(codec=None)))
def test_well_formed_text_has_no_halves_and_stays_as_it_is(text):
    once = to_well_formed(text)
    once.encode("utf-8")
    assert to_well_formed(once) == once


def payload(mapping, event):
    try:
        return compile_mapping(mapping)(event)
    except (MappingError, PayloadValidationError):
        return None


def told(resolve, event):
    try:
        return repr(resolve(event))
    except PayloadValidationError:
        return None


def containers(value):
    if isinstance(value, dict):
        return {id(value)}.union(*map(containers, value.values()))
    return {id(value)}.union(*map(containers, value)) if isinstance(value, list) else set()


def texts(value):
    if isinstance(value, dict):
        return [*value, *(text for each in value.values() for text in texts(each))]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return [value] if isinstance(value, str) else []


def leads_into(mapping, path):
    for step in path.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(mapping, str):
            return math.isfinite(int(key))
        mapping = mapping[int(key)] if isinstance(mapping, list) else mapping[key]
    return True
