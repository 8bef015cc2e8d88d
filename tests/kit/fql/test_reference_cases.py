"""What the reference was observed to make of triggers, and where this package differs."""

import json
import math
from pathlib import Path

import pytest

from destination_kit.errors import TriggerError
from destination_kit.fql import (
    compile_node,
    compile_trigger,
    node_from_json,
    node_to_json,
    parse_trigger,
    reading_warnings,
    render_trigger,
)
from destination_kit.fql.reference_reading import parse_as_reference
from destination_kit.fql.render import render_text

CASES = Path(__file__).parents[2] / "cases" / "fql"


def cases(name):
    rows = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"), object_hook=untagged)
    label = "trigger" if "trigger" in rows[0] else "text"
    return pytest.mark.parametrize("case", rows, ids=lambda case: case[label])


def untagged(value):
    return math.nan if value == {"$js": "NaN"} else value


@cases("trees")
def test_a_well_formed_trigger_is_read_as_by_the_reference(case):
    node = parse_trigger(case["trigger"])
    assert node_to_json(node) == case["tree"]
    assert render_trigger(node) == case["text"]
    assert reading_warnings(case["trigger"]) == ()


@cases("matches")
def test_a_trigger_matches_what_it_matches_in_the_reference(case):
    matches = compile_trigger(case["trigger"])
    assert [matches(event) for event in case["events"]] == case["matches"]


@cases("generated")
def test_a_tree_is_written_and_matched_as_by_the_reference(case):
    node = node_from_json(case["tree"])
    matches = compile_node(node)
    assert render_text(node) == case["text"]
    assert [matches(event) for event in case["events"]] == case["matches"]


@cases("differences")
def test_what_the_reference_half_reads_is_read_properly_or_refused(case):
    try:
        found = {"tree": node_to_json(parse_trigger(case["trigger"]))}
    except TriggerError as error:
        (problem,) = error.problems
        found = {"code": problem.code, "message": problem.message}
    assert found == {key: case[key] for key in found}
    assert reading_warnings(case["trigger"]) == tuple(case["warnings"])


@cases("differences")
def test_the_reference_is_followed_into_its_half_readings(case):
    node = parse_as_reference(case["trigger"])
    assert (None if node is None else node_to_json(node)) == case["reference"]
