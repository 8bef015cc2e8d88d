from types import MappingProxyType

import pytest

from destination_kit._json import MISSING
from destination_kit.directive_interface import Directive
from destination_kit.errors import MappingError, PayloadValidationError
from destination_kit.mapping import DIRECTIVES, check_mapping, compile_mapping

EXAMPLES = [
    (name, example) for name, directive in DIRECTIVES.items() for example in directive.examples
]


def deep(levels):
    value = []
    for _ in range(levels - 1):
        value = [value]
    return value


def refusal(mapping, **options):
    with pytest.raises(MappingError) as caught:
        compile_mapping(mapping, **options)
    return [(problem.path, problem.code) for problem in caught.value.problems]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_a_directive_resolves_its_examples_as_documented(name, example):
    assert compile_mapping(example.mapping)(example.event) == example.result


@pytest.mark.parametrize("record", DIRECTIVES.values(), ids=list(DIRECTIVES))
def test_every_directive_has_a_sentence_and_an_example_that_uses_it(record):
    assert record.summary.endswith(".")
    assert record.examples
    assert all(f"'{record.name}'" in repr(example.mapping) for example in record.examples)


def test_every_problem_is_reported_at_once_with_its_pointer():
    mapping = {"a": {"@path": 1}, "b/c": {"@nope": 1}, "d": {"@if": {"exists": None}}}
    assert refusal(mapping) == [
        ("/a/@path", "INVALID_DIRECTIVE"),
        ("/b~1c", "INVALID_DIRECTIVE"),
        ("/d", "ALWAYS_FAILS"),
    ]


def test_an_unknown_directive_is_refused_with_the_nearest_name():
    (problem,) = check_mapping({"a": {"@tempalte": "{{x}}"}})
    assert problem.message == "there is no directive '@tempalte'; did you mean '@template'?"


def test_a_value_that_fails_for_every_event_is_a_problem_of_the_mapping():
    assert refusal([{"@path": 5}]) == [("/0/@path", "INVALID_DIRECTIVE")]
    assert refusal({"a": [1, {"@path": 5}]}) == [("/a/1", "ALWAYS_FAILS")]


def test_a_branch_that_always_fails_fails_only_the_events_that_take_it():
    mapping = {"a": [{"@if": {"exists": {"@path": "$.x"}, "then": {"@path": 5}, "else": "kept"}}]}
    resolve = compile_mapping(mapping)
    assert resolve({}) == {"a": ["kept"]}
    with pytest.raises(PayloadValidationError, match="^/a: expected string, found number$"):
        resolve({"x": 1})


def test_a_problem_under_a_root_directive_points_into_the_mapping_as_written():
    root = {"@transform": {"apply": {"x": {"@path": 1}}}}
    mapping = {"__segment_internal_directive": root, "out": {"@nope": 1}}
    assert refusal(mapping) == [
        ("/__segment_internal_directive/@transform/apply/x/@path", "INVALID_DIRECTIVE"),
        ("/out", "INVALID_DIRECTIVE"),
    ]


@pytest.mark.parametrize("mapping", [None, {"__segment_internal_directive": {}}])
def test_a_mapping_that_the_reference_cannot_start_with_is_refused(mapping):
    assert len(check_mapping(mapping)) == 1


def test_a_mapping_may_be_as_large_as_the_limit_and_no_larger():
    mapping = {"a": "é" * 10}
    compile_mapping(mapping, max_bytes=29)
    assert refusal(mapping, max_bytes=28) == [("", "TOO_LARGE")]
    assert refusal({"a": "x" * 70_000}) == [("", "TOO_LARGE")]


def test_a_mapping_may_be_nested_100_levels_and_no_more():
    compile_mapping(deep(100))
    assert refusal(deep(101)) == [("", "TOO_DEEP")]
    assert refusal(deep(100_000 // 200)) == [("", "TOO_DEEP")]


def test_a_payload_may_be_nested_100_levels_and_no_more():
    resolve = compile_mapping({"a": {"@path": "$.x"}})
    assert resolve({"x": deep(99)}) == {"a": deep(99)}
    with pytest.raises(PayloadValidationError, match="more than 100 levels"):
        resolve({"x": deep(100)})


@pytest.mark.parametrize(
    "directive",
    [
        {"@template": "{{x}}"},
        {"@json": {"mode": "encode", "value": {"@path": "$.x"}}},
        {"@json": {"mode": "decode", "value": {"@path": "$.text"}}},
        {"@flatten": {"separator": ".", "value": {"@path": "$.x"}}},
        {"@excludeWhenNull": {"@path": "$.nested"}},
        {"@if": {"blank": {"@path": "$.x"}, "then": 1}},
    ],
    ids=str,
)
def test_an_event_nested_far_too_deep_fails_on_its_own(directive):
    nested = None
    for _ in range(5000):
        nested = {"a": nested}
    event = {"x": deep(5000), "nested": nested, "text": "[" * 100_000 + "]" * 100_000}
    with pytest.raises(PayloadValidationError, match="deep|more than 50,000 values"):
        compile_mapping({"f": directive})(event)


def test_a_template_full_of_braces_takes_no_time():
    resolve = compile_mapping({"@template": "{{{x}}}"})
    hostile = "{" * 1_000_000
    assert resolve({"x": hostile}) == hostile


EXPLOSIVE = {
    "@replace": ({"pattern": "a", "replacement": "$`$'", "value": {"@path": "$.x"}}, "a" * 100_000),
    "@flatten": ({"separator": ".", "value": {"@path": "$.x"}}, {"k" * 10_000: [0] * 10_000}),
    "@template": ("{{x}}" * 1000, "a" * 100_000),
}


@pytest.mark.parametrize(("name", "case"), EXPLOSIVE.items(), ids=list(EXPLOSIVE))
def test_text_that_explodes_fails_its_event(name, case):
    argument, value = case
    with pytest.raises(
        PayloadValidationError, match=r"more than (50,000 values|2,000,000 characters)"
    ):
        compile_mapping({name: argument})({"x": value})


@pytest.mark.parametrize("name", ["@if", "@json", "@case"])
def test_nested_options_are_checked_in_linear_time(name):
    mapping = {"@path": "$.x"}
    for _ in range(48):
        options = {"exists": mapping, "value": mapping, "mode": "decode", "operator": "lower"}
        mapping = {name: {"exists": mapping} if name == "@if" else options | {"exists": 1}}
    assert check_mapping(mapping) == ()


def test_an_event_may_be_any_mapping_type():
    event = MappingProxyType({"a": MappingProxyType({"b": (1, 2)})})
    resolve = compile_mapping({"x": {"@path": "$.a.b[1]"}, "all": {"@path": "$.a"}})
    assert resolve(event) == {"x": 2, "all": {"b": [1, 2]}}


def test_a_transformation_that_cannot_start_is_refused():
    apply = {"__segment_internal_directive": {}}
    mapping = {"a": [{"@transform": {"apply": apply, "mapping": {"b": 1}}}]}
    assert refusal(mapping) == [("/a/0", "ALWAYS_FAILS")]


def test_a_mode_that_is_no_text_is_refused():
    mapping = {"a": {"@json": {"mode": 1, "value": "x"}}}
    assert refusal(mapping) == [("/a/@json/mode", "INVALID_DIRECTIVE")]


def test_lone_surrogates_never_reach_a_payload():
    resolve = compile_mapping({"f": {"@template": "{{x[0]}}{{x[1]}}|{{x[0]}}"}, "\ud800": 1})
    assert resolve({"x": "👍"}) == {"f": "👍|\ufffd", "\ufffd": 1}


def test_an_absent_root_is_missing():
    assert compile_mapping({"@path": "$.x"})({}) is MISSING


def test_a_mapping_changed_later_changes_nothing():
    mapping = {"a": [1], "b": {"@path": "$.x"}}
    resolve = compile_mapping(mapping)
    mapping["b"]["@path"] = "$.y"
    assert resolve({"x": 1, "y": 2}) == {"a": [1], "b": 1}


def compile_shout(argument, compiler):
    if not isinstance(argument, dict) or "text" not in argument:
        compiler.problem("expected an object with 'text'")
        return lambda _event: None
    find = compiler.compile(argument["text"], "text")
    return lambda event: f"{find(event)}!"


SHOUT = {**DIRECTIVES, "@shout": Directive("@shout", compile_shout, "Shout.")}


def test_a_directive_of_a_plugin_compiles_what_it_takes():
    mapping = {"a": [{"@shout": {"text": {"@path": "$.x"}}}]}
    assert compile_mapping(mapping, directives=SHOUT)({"x": "hi"}) == {"a": ["hi!"]}


def test_a_directive_of_a_plugin_reports_problems_wherever_it_stands():
    mapping = {"a": {"@shout": 1}, "b": [{"@shout": {"text": {"@path": 1}}}]}
    assert refusal(mapping, directives=SHOUT) == [
        ("/a/@shout", "INVALID_DIRECTIVE"),
        ("/b/0/@shout/text/@path", "INVALID_DIRECTIVE"),
    ]


def test_an_if_that_repeats_another_if_keeps_both_alternatives():
    path = {"@path": "$.a"}
    inner = {"@if": {"exists": path, "then": path, "else": {"@path": "$.b"}}}
    resolve = compile_mapping({"f": {"@if": {"exists": inner, "then": inner, "else": "c"}}})
    for event, value in (({"a": 1, "b": 2}, 1), ({"b": 2}, 2), ({"a": None, "b": 0}, 0), ({}, "c")):
        assert resolve(event) == {"f": value}


def test_a_path_that_is_computed_has_at_most_a_thousand_characters():
    resolve = compile_mapping({"f": {"@path": {"@path": "$.path"}}})
    assert resolve({"path": "a" * 1000}) == {}
    with pytest.raises(PayloadValidationError, match="at most 1,000 characters, found 1,001"):
        resolve({"path": "a" * 1001})
