from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from destination_kit.errors import MappingError, PayloadValidationError
from destination_kit.mapping import (
    PayloadLimits,
    analyze_mapping,
    compile_mapping,
    copy_payload,
)

P = {"@path": "$.p"}
DOUBLE = {"@transform": {"apply": {"l": P, "r": P}, "mapping": {"l": {"@path": "$.l"}}}}


def test_a_payload_may_have_exactly_its_limit_of_values():
    resolve = compile_mapping({"a": P}, limits=PayloadLimits(values=10))
    # The payload and the list count once, the field and the items too.
    assert resolve({"p": [0] * 7}) == {"a": [0] * 7}
    with pytest.raises(PayloadValidationError, match="^/a: .* more than 10 values of this event"):
        resolve({"p": [0] * 8})


def test_a_payload_may_have_exactly_its_limit_of_characters():
    resolve = compile_mapping({"a": P, "b": P}, limits=PayloadLimits(characters=100))
    assert resolve({"p": "x" * 49}) == {"a": "x" * 49, "b": "x" * 49}
    with pytest.raises(PayloadValidationError, match="^/b: .* more than 100 characters"):
        resolve({"p": "x" * 50})


def test_each_event_has_a_budget_of_its_own():
    resolve = compile_mapping({"a": DOUBLE}, limits=PayloadLimits(values=200))
    for _ in range(10):
        assert len(resolve({"p": [0] * 90})["a"]["l"]) == 90


def test_what_directives_make_on_the_way_counts():
    resolve = compile_mapping({"a": DOUBLE}, limits=PayloadLimits(values=200))
    with pytest.raises(PayloadValidationError, match="more than 200 values"):
        resolve({"p": [0] * 110})


def test_two_threads_have_two_budgets():
    resolve = compile_mapping({"a": DOUBLE}, limits=PayloadLimits(values=2_000))
    barrier = Barrier(4)

    def run(_):
        barrier.wait()
        return [len(resolve({"p": [0] * 900})["a"]["l"]) for _ in range(50)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(4))) == [[900] * 50] * 4


def test_a_mapping_that_grows_for_every_event_is_refused():
    mapping = {"a": {"@path": "$."}}
    for _ in range(22):
        apply = {"x": {"@path": "$."}, "y": {"@path": "$."}}
        mapping = {"a": {"@transform": {"apply": apply, "mapping": mapping}}}
    with pytest.raises(MappingError) as refused:
        compile_mapping(mapping)
    [problem] = refused.value.problems
    assert (problem.path, problem.code) == ("/a", "TOO_LARGE")
    assert "cannot end well" in problem.message


def test_values_that_json_does_not_know_count_too():
    resolve = compile_mapping({"a": P}, limits=PayloadLimits(values=10))
    with pytest.raises(PayloadValidationError, match="more than 10 values"):
        resolve({"p": ((0,) * 5, (0,) * 5)})


@pytest.mark.parametrize(
    ("mapping", "copies"),
    [
        ({"a": P, "b": {"@path": "$.q"}}, 1),
        ({"a": P, "b": P, "c": {"@path": "$.p.inner"}}, 3),
        ({"a": {"@path": "$."}, "b": P, "c": {"@path": "$.q"}}, 2),
        ({"a": {"@path": {"@template": "{{q}}"}}, "b": P}, 2),
        ({"a": {"@arrayPath": ["$.p", {"x": {"@path": "$.x"}, "y": {"@path": "$.x"}}]}}, 3),
        ({"a": 1}, 1),
        (DOUBLE, 0),
    ],
)
def test_the_copies_of_a_value_in_a_payload_are_counted_when_a_mapping_is_compiled(mapping, copies):
    assert analyze_mapping(mapping).copies == copies


def test_only_an_event_with_too_few_bytes_for_too_many_values_is_not_measured():
    compiled = analyze_mapping({"a": P, "b": P}, limits=PayloadLimits(values=40))
    apply, event = compiled.finish_with(copy_payload), {"p": [0] * 30}
    assert apply(event, 10)["a"] == [0] * 30
    with pytest.raises(PayloadValidationError, match="more than 40 values"):
        apply(event, 11)


def changed(name, **options):
    return {name: {"value": P, **options}}


ONCE = {"pattern": "a", "replacement": "bcd", "global": False}
LONG = "a" * 400 + "x" * 601


@pytest.mark.parametrize(
    ("mapping", "value", "values", "characters"),
    [
        ({"@template": "{{p}}!"}, "x" * 20, 2, 22),
        ({"@template": "<{{p}}>"}, ["ab", [1, 2]], 8, 9),
        ({"@template": "{{{p}}}{{q}}"}, "a}b", 3, 5),
        ({"@template": P}, "{{q}}}}", 8, 4),
        (changed("@replace", pattern="a", replacement="bcd"), LONG, 2, 1802),
        (changed("@replace", **ONCE), LONG, 2, 1004),
        (changed("@replace", pattern="aa", replacement="b"), LONG, 2, 1001),
        (changed("@replace", pattern="a", replacement="b"), "a" * 1000, 2, 1001),
        (changed("@replace", pattern="a", replacement="bb", ignorecase=True), "aAxa", 3, 8),
        (changed("@replace", **ONCE, ignorecase=True), "aAxa", 2, 7),
        (changed("@case", operator="upper"), "a" * 1001, 2, 1002),
        (changed("@case", operator="upper"), "a" * 1000, 2, 1001),
        (changed("@json", mode="encode"), {"a": [1, "b"]}, 5, 14),
        (changed("@json", mode="decode"), '{"a":[1,{"b":2}]}', 9, 17),
        (changed("@flatten", separator="--"), {"aaa": {"b": [1, 2]}, "c": 1}, 8, 32),
        ({"@merge": {"direction": "right", "objects": [P, {"b": 1}]}}, {"a": 1, "c": [2, 3]}, 9, 4),
        ({"@merge": {"direction": "right", "objects": [P]}}, "abc", 6, 7),
        ({"@transform": {"apply": {"x": P}, "mapping": {"y": {"@path": "$.x"}}}}, [1, "ab"], 7, 4),
        ({"@arrayPath": ["$.p", {"x": {"@path": "$.a"}, "y": "z"}]}, [{"a": 1}, {"a": "b"}], 12, 22),
        ({"@liquid": "{{ p | upcase }}"}, "abc", 2, 4),
    ],
)  # fmt: skip
def test_what_a_directive_makes_has_its_price(mapping, value, values, characters):
    event = {"p": value, "q": "c"}

    def resolve(**limits):
        return compile_mapping({"f": mapping}, limits=PayloadLimits(**limits))(event)

    assert resolve(values=values, characters=characters)
    refused = (PayloadValidationError, MappingError)  # the mapping, if small events fail as well
    with pytest.raises(refused, match=f"more than {values - 1} values"):
        resolve(values=values - 1)
    with pytest.raises(refused, match=f"more than {characters - 1:,} characters"):
        resolve(characters=characters - 1)
