"""A plugin's directive changes nothing that another part of the kit sees."""

import pytest

from destination_kit import Directive, compile_mapping
from destination_kit.errors import MappingError
from destination_kit.mapping import DIRECTIVES, analyze_mapping
from destination_kit.mapping.resolvers import FailingResolver


def directives(compile_directive):
    return {**DIRECTIVES, "@own": Directive("@own", compile_directive, "Our own.")}


def test_a_built_in_directive_gets_the_event_itself():
    """To copy each event would cost more than to map it."""
    event = {"traits": {"a": 1}}
    resolved = analyze_mapping({"x": {"@path": "$.traits"}}).resolve(event)
    assert resolved["x"] is event["traits"]


def test_a_change_of_the_event_reaches_no_other_field():
    def compile_own(argument, compiler):
        def resolve(event):
            event["traits"]["a"] = 2
            return event["traits"]["a"]

        return resolve

    mapping = {"own": {"@own": 1}, "other": {"@path": "$.traits.a"}}
    event = {"traits": {"a": 1}}
    resolve = compile_mapping(mapping, directives=directives(compile_own))
    assert resolve(event) == {"own": 2, "other": 1}
    assert event == {"traits": {"a": 1}}


def test_a_constant_of_the_argument_is_new_for_each_event():
    def compile_own(argument, compiler):
        inner = compiler.compile(argument)

        def resolve(event):
            value = inner(event)
            value["list"].append(1)
            return value

        return resolve

    mapping = {"own": {"@own": {"list": []}}}
    resolve = compile_mapping(mapping, directives=directives(compile_own))
    assert resolve({}) == resolve({}) == {"own": {"list": [1]}}
    assert mapping == {"own": {"@own": {"list": []}}}


def test_what_a_directive_keeps_and_changes_later_reaches_no_payload():
    kept = {"a": 1}
    mapping = {"own": {"@merge": {"direction": "right", "objects": [{"@own": 1}]}}}
    found = analyze_mapping(mapping, directives=directives(lambda *_: lambda _event: kept))
    resolved = found.resolve({})
    kept.clear()
    assert resolved == {"own": {"a": 1}}


def test_an_argument_that_fails_always_is_a_problem_still():
    mapping = {"own": {"@own": {"@path": 5}}}
    own = directives(lambda argument, compiler: compiler.compile(argument))
    with pytest.raises(MappingError, match="/own/@own"):
        compile_mapping(mapping, directives=own)
    assert isinstance(analyze_mapping(mapping["own"], directives=own).resolve, FailingResolver)


def _raise(argument, compiler):
    raise KeyError(argument)


@pytest.mark.parametrize(
    ("compile_own", "fault"),
    [
        (_raise, "it raised KeyError (test_isolation.py, line "),
        (lambda *_: 5, "it returned int, not a function"),
    ],
)
def test_a_directive_that_cannot_be_compiled_is_one_problem_with_its_place(compile_own, fault):
    with pytest.raises(MappingError) as caught:
        compile_mapping({"a": {"@own": "s3cret"}}, directives=directives(compile_own))
    [problem] = caught.value.problems
    assert problem.path == "/a/@own"
    assert f"the directive @own cannot be compiled: {fault}" in problem.message
    assert "s3cret" not in str(caught.value)
