"""Each fault of a mapping is named, with its place."""

import pytest

from destination_kit.mapping import check_mapping
from destination_kit.mapping.validation import directive_name


def faults(mapping):
    return [(problem.path, problem.message) for problem in check_mapping({"a": mapping})]


TEN, ELEVEN = "é" * 10, "é" * 11


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"@path": 1}, {"/@path": "expected string or a directive, found number"}),
        ({"@path": {"@path": 5}}, {"/@path/@path": "expected string or a directive, found number"}),
        ({"@path": "x", "@template": "y"}, {"": "a directive must be the only key of its object, found '@path', '@template'"}),
        ({"@path": "x", "k": 2, "_metadata": 3}, {"": "a directive must be the only key of its object, found '@path', 'k'"}),
        ({"@path": "x", "_metadata": 3}, {}),
        ({"@replace": {"pattern": "", "value": "x"}}, {"/@replace/pattern": "expected 1 to 10 characters, found 0"}),
        ({"@replace": {"pattern": ELEVEN, "value": "x"}}, {"/@replace/pattern": "expected 1 to 10 characters, found 11"}),
        ({"@replace": {"pattern": "a", "value": "x", "replacement": ELEVEN}}, {"/@replace/replacement": "expected 0 to 10 characters, found 11"}),
        ({"@replace": {"pattern": TEN, "value": "x", "replacement": TEN}}, {}),
        ({"@replace": {"pattern": "a", "value": "x", "replacement": ""}}, {}),
        ({"@replace": {"pattern": 1, "value": "x"}}, {"/@replace/pattern": "expected string, found number"}),
        ({"@replace": {"pattern": "a", "value": "x", "ignorecase": 1}}, {"/@replace/ignorecase": "expected boolean, found number"}),
        ({"@replace": {"pattern": "a", "value": "x", "global": "x"}}, {"/@replace/global": "expected boolean, found string"}),
        ({"@merge": {"objects": [{}], "direction": "up"}}, {"/@merge/direction": "expected left or right, found another text"}),
        ({"@merge": {"objects": [{}, 1, 2], "direction": "left"}}, {"/@merge/objects/1": "expected object or a directive, found number"}),
        ({"@merge": {"objects": 1, "direction": "left"}}, {"/@merge/objects": "expected array, found number"}),
        ({"@merge": {"objects": {"@path": "x"}, "direction": "left"}}, {"/@merge/objects": "expected array, found object"}),
        ({"@merge": 1}, {"/@merge": "expected object, found number"}),
        ({"@merge": {"@path": "x"}}, {"/@merge": "expected object, found directive"}),
        ({"@arrayPath": []}, {"/@arrayPath": "expected a path and an optional shape, found an empty array"}),
        ({"@arrayPath": "x"}, {"/@arrayPath": "expected array, found string"}),
        ({"@arrayPath": [1]}, {"/@arrayPath/0": "expected string or a directive, found number"}),
        ({"@arrayPath": ["x", {"y": {"@path": 1}}]}, {"/@arrayPath/1/y/@path": "expected string or a directive, found number"}),
        ({"@arrayPath": ["x", {}, {"y": {"@path": 1}}]}, {}),
        ({"@json": {"mode": "x", "value": 1}}, {"/@json/mode": "expected encode or decode, found another text"}),
        ({"@json": {"mode": "ENCODE", "value": 1}}, {}),
        ({"@json": {"mode": "encode"}}, {"/@json": "'value' is required"}),
        ({"@case": {"operator": {"@path": "x"}, "value": "y"}}, {"/@case/operator": "expected string, found directive"}),
        ({"@liquid": {"@path": "x"}}, {"/@liquid": "expected string, found directive"}),
        ({"@transform": {"apply": 1, "mapping": {}}}, {"/@transform/apply": "expected object or a directive, found number"}),
        ({"@literal": {"@path": 1}}, {"/@literal/@path": "expected string or a directive, found number"}),
        ({"@literal": {"x": {"@path": "y"}}}, {}),
    ],
)  # fmt: skip
def test_a_fault_of_a_mapping_is_named_at_its_place(mapping, expected):
    found = [fault for fault in faults(mapping) if fault[0] != "/a" or "" in expected]
    assert found == [(f"/a{path}", message) for path, message in expected.items()]


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"@arrayPath": [{"@literal": [{"@nope": 1}]}, {"x": 1}]}, [("/a/@arrayPath/0/@literal/0", "there is no directive '@nope'")]),
        ({"@arrayPath": [{"@literal": [{"@path": 1}]}]}, [("/a/@arrayPath/0/@literal/0", "expected string, found number")]),
        ([{"@transform": {"apply": {"__segment_internal_directive": 5}, "mapping": {"a": 1}}}], [("/a/0", "'apply': expected one directive, found 0 keys")]),
        ([{"@transform": {"apply": {"b": {"@path": 1}, "c": {"@path": 5}}, "mapping": {"a": 1}}}], [("/a/0", "'apply': /b/@path: expected string or a directive, found number")]),
    ],
)  # fmt: skip
def test_a_fault_that_only_compiling_finds_is_named_at_its_place(mapping, expected):
    assert faults(mapping) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        *(({"@path": 1}, "@path"), ({"@path": 1, "_metadata": 1}, "@path"), ({}, None)),
        *(({"@path": 1, "x": 1}, None), ({"x": 1}, None), ({"_metadata": 1}, None)),
        ({"@path": 1, "@if": 2, "@case": 3}, "@path"),
    ],
)
def test_an_object_of_directives_alone_runs_the_first(value, name):
    assert directive_name(value) == name


def test_a_mapping_has_65536_bytes_and_100_levels_at_most():
    assert check_mapping({"a": "é" * 32_763 + "x"}) == ()
    [problem] = check_mapping({"a": "é" * 32_763 + "xx"})
    assert problem.message == "65,537 bytes of JSON; 65,536 are allowed"
    levels = [["x"]]
    for _ in range(97):
        levels = [levels]
    assert check_mapping([levels]) == ()
    [problem] = check_mapping([[levels]])
    assert problem.message == "nested more than 100 levels deep"
