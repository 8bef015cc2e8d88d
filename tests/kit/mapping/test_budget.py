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
