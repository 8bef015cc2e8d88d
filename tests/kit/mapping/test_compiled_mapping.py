"""One pass over a mapping finds its resolver, its warnings and the paths that it reads."""

import pytest

from destination_kit import Catalog, paths_read
from destination_kit.directive_interface import Directive
from destination_kit.mapping import DIRECTIVES, analyze_mapping, liquid
from tests.conftest import ECHO


def compile_sum(argument, compiler):
    compiler.reads("context", "tax")
    if len(argument) > 2:
        compiler.warning("a sum of three is slow")
    prices = compiler.for_event_at(["products"]).compile(argument[0], 0)
    return lambda event: prices(event["products"])


SUM = {**DIRECTIVES, "@sum": Directive("@sum", compile_sum, "Sum.")}


def test_a_directive_of_a_plugin_reports_the_paths_it_reads_and_its_warnings():
    mapping = {"a/b": [{"@sum": [{"@path": "$.price"}, 2, 3]}]}
    compiled = analyze_mapping(mapping, directives=SUM)
    assert compiled.paths_read == ("context.tax", "products.price")
    assert list(map(str, compiled.warnings)) == ["/a~1b/0: a sum of three is slow"]
    assert compiled.resolve({"products": {"price": 5}}) == {"a/b": [5]}


def test_the_argument_of_an_unknown_directive_still_reports_its_paths():
    assert paths_read({"a": {"@sum": [{"@path": "$.price"}]}}) == ("price",)
    assert paths_read({"a": {"@sum": [{"@path": "$.price"}]}}, directives=SUM) == (
        "context.tax",
        "products.price",
    )


@pytest.mark.parametrize(
    ("mapping", "paths"),
    [
        (
            {"@if": {"then": {"@path": "b"}, "exists": {"@path": "a"}, "else": {"@path": "c"}}},
            "bac",
        ),
        ({"@if": {"exists": {"@path": "a"}, "blank": {"@path": "b"}, "else": 0}}, "a"),
        ({"@case": {"operator": "upper", "value": {"@template": "{{a}}{{{b}}}"}}}, "ba"),
        ({"@arrayPath": [{"@path": "a"}, {"x": {"@path": "b"}}]}, "a"),
        ({"@path": ""}, [""]),
    ],
)
def test_paths_come_in_the_order_of_the_mapping_and_only_if_they_are_read(mapping, paths):
    assert paths_read({"f": mapping}) == tuple(paths)


def test_paths_and_warnings_under_a_root_directive_point_into_the_mapping_as_written():
    mapping = {
        "__segment_internal_directive": {"@transform": {"apply": {"x": {"@path": "a"}}}},
        "out": {"@liquid": "{{ x | nosuch }}"},
    }
    compiled = analyze_mapping(mapping)
    assert compiled.paths_read == ("a",)
    [warning] = compiled.warnings
    assert str(warning) == "/out: there is no Liquid filter 'nosuch', so it changes nothing"


def test_a_liquid_template_is_compiled_once_when_an_instance_is_configured(monkeypatch):
    compiled = []

    def compile_liquid(source, budget):
        compiled.append(source)
        return compile_once(source, budget)

    compile_once = liquid.compile_liquid
    monkeypatch.setattr(liquid, "compile_liquid", compile_liquid)
    mapping = {"word": {"@liquid": "{{ a | nosuch }}"}}
    document = {"destination": "echo", "subscriptions": [{"action": "say", "mapping": mapping}]}
    instance = Catalog.of(ECHO).configure(document)
    assert len(instance.warnings) == 1
    assert compiled == ["{{ a | nosuch }}"]


def test_the_paths_that_a_mapping_reads_are_known():
    mapping = {
        "a": {"@path": "$.traits.email"},
        "b": {"@template": "{{first}} {{{ last.name }}}"},
        "c": {"@arrayPath": ["$.items", {"sku": {"@path": "$.id"}}]},
        "d": {"@if": {"exists": {"@path": "x['y']"}, "then": {"@liquid": "{{ l.i }}"}, "else": 1}},
        "e": {"@transform": {"apply": {"p": {"@path": "q"}}, "mapping": {"r": {"@path": "p"}}}},
        "f": {"@path": {"@path": "computed"}},
        "g": [{"@literal": "$.no"}, "{{ no }}"],
    }
    assert paths_read(mapping) == (
        *("traits.email", "last.name", "first", "items", "items.id"),
        *("x.y", "l.i", "q", "computed"),
    )


def warnings_of(template):
    document = {
        "destination": "echo",
        "subscriptions": [
            {"name": "n", "action": "say", "mapping": {"word": {"@liquid": template}}}
        ],
    }
    return [str(warning) for warning in Catalog.of(ECHO).configure(document).warnings]


def test_check_warns_of_unknown_and_of_disabled_liquid_filters():
    word = "/subscriptions/0/mapping/word"
    assert warnings_of("{{ a | nosuch | sort | upcase }}") == [
        f"{word}: there is no Liquid filter 'nosuch', so it changes nothing",
        f"{word}: the Liquid filter 'sort' is disabled: events that reach it fail",
    ]
    assert warnings_of("{{ a | upcase }}") == []


PATH = {"@path": "$.p"}
DOUBLE = {"@transform": {"apply": {"l": PATH, "r": PATH}, "mapping": {"p": ["$.l", "$.r"]}}}


def test_only_a_mapping_that_makes_values_spends_the_budget():
    sharing = {"a": PATH, "b": {"@if": {"exists": PATH, "then": {"@literal": 1}}}}
    assert not analyze_mapping(sharing).is_spending
    assert not analyze_mapping({"a": PATH}).is_spending
    assert analyze_mapping({**sharing, "c": {"@template": "{{p}}"}}).is_spending


def test_the_copies_of_a_value_are_counted_unless_a_directive_makes_more_of_it():
    every = {
        f"{name[1:]}{number}": example.mapping
        for name, directive in DIRECTIVES.items()
        for number, example in enumerate(directive.examples)
        if name != "@transform"
    }
    found = analyze_mapping(every)
    assert not found.problems
    assert found.copies > 0
    assert analyze_mapping({"a": PATH, "b": PATH, "c": {"@path": "$.q"}}).copies == 2
    assert analyze_mapping({"a": PATH, "c": {"@path": "$.p.q"}}).copies == 2
    assert analyze_mapping({"a": 1}).copies == 1
    assert analyze_mapping({"a": DOUBLE}).copies == 0
    assert analyze_mapping({"a": "x" * 70_000}).copies == 0


def test_a_mapping_with_another_problem_is_not_run():
    mapping = {"a": {"@path": "$."}}
    for _ in range(22):
        apply = {"x": {"@path": "$."}, "y": {"@path": "$."}}
        mapping = {"a": {"@transform": {"apply": apply, "mapping": mapping}}}
    assert [problem.path for problem in analyze_mapping(mapping).problems] == ["/a"]
    (problem,) = analyze_mapping({**mapping, "b": {"@path": 5}}).problems
    assert problem.path.startswith("/b")


def test_a_mapping_that_grows_with_a_text_of_the_event_is_refused():
    mapping = {"@path": "$.p"}
    for source in ["p"] * 23 + ["x.y.z"]:
        apply = {"p": {"@template": f"{{{{{source}}}}}" * 2}}
        mapping = {"@transform": {"apply": apply, "mapping": mapping}}
    (problem,) = analyze_mapping({"a": mapping}).problems
    assert "cannot end well: even with one character at each path" in problem.message


def test_a_warning_names_the_place_in_the_shape_of_an_array():
    unknown = {"@liquid": "{{ a | nosuch }}"}
    mapping = {"a": {"@arrayPath": ["$.x", {"y": unknown}]}, "b": {"@arrayPath": [unknown, {}]}}
    places = [warning.path for warning in analyze_mapping(mapping).warnings]
    assert places == ["/a/@arrayPath/1/y", "/b/@arrayPath/0"]
