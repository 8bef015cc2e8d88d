"""The tests of a changed line are found, the likeliest first."""

from pathlib import Path

import pytest
from coverage import CoverageData

from tests.mutants.covering import Covering

FQL = "destination_kit/fql/parser.py"
OTHER = "destination_kit/other.py"
# Line numbers follow: the tests name lines of this text.
SOURCE = """\
LIMIT = 3
WIDTH = 4
def parse(
    text, depth=5,
):
    if text:
        return (
            LIMIT
        )
    def inner():
        return WIDTH
    return inner
def load():
    return 1
"""
CONTEXTS = {
    "tests/laws/test_a.py::test_broad[1]|run": [6, 7, 8, 10, 12],
    "tests/laws/test_a.py::test_narrow|run": [11],
    "tests/kit/fql/test_parser.py::test_it[a|b]|setup": [6, 11, 14],
    "tests/kit/fql/test_parser.py::test_slow|run": [6],
    "tests/kit/fql/test_parser.py::test_gone|run": [6, 11],
    "": [1, 2, 3, 13, 14],
}
BROAD, NARROW = "tests/laws/test_a.py::test_broad[1]", "tests/laws/test_a.py::test_narrow"
NAMED, SLOW = (
    "tests/kit/fql/test_parser.py::test_it[a|b]",
    "tests/kit/fql/test_parser.py::test_slow",
)
# A test that is gone has no duration.
SECONDS = {BROAD: 0.01, NARROW: 0.01, NAMED: 0.01, SLOW: 9.0}


@pytest.fixture
def covering(tmp_path):
    data = CoverageData(str(tmp_path / "coverage"))
    for context, numbers in CONTEXTS.items():
        data.set_context(context)
        data.add_lines({str(tmp_path / FQL): numbers})
    data.write()
    return Covering.read(tmp_path, Path(data.data_filename()), SECONDS, [FQL, OTHER])


def test_tests_with_the_name_of_the_module_come_first_then_fast_ones(covering):
    assert covering.find_tests(FQL, SOURCE, 6) == [NAMED, SLOW, BROAD]


def test_tests_of_the_same_package_come_before_those_of_others(covering):
    beside = "tests/kit/fql/test_render.py::test_beside"
    covering.tests[FQL] = {7: frozenset({BROAD, beside})}
    assert covering.find_tests(FQL, SOURCE, 7) == [beside, BROAD]


def test_the_likeliest_tests_of_each_line_of_the_function_come_first(covering):
    beside = "tests/kit/fql/test_render.py::test_beside"
    covering.tests[FQL][6] |= {beside}
    assert covering.find_tests(FQL, SOURCE, 6) == [NAMED, SLOW, BROAD, beside]


def test_a_part_of_a_statement_has_the_tests_of_the_statement(covering):
    assert covering.find_tests(FQL, SOURCE, 9) == [BROAD]


def test_a_line_that_runs_at_the_import_has_first_the_tests_of_its_names(covering):
    assert covering.find_tests(FQL, SOURCE, 1) == [BROAD, NAMED, SLOW, NARROW]
    assert covering.find_tests(FQL, SOURCE, 2) == [NAMED, NARROW, SLOW, BROAD]
    assert covering.find_tests(FQL, SOURCE, 4)[:3] == [NAMED, SLOW, NARROW]


def test_a_module_that_no_test_runs_has_none(covering):
    assert covering.find_tests(OTHER, SOURCE, 1) == []


def test_constants_defaults_and_functions_that_ran_before_the_tests_need_an_import(covering):
    at_import = [line for line in range(1, 15) if covering.runs_at_import(FQL, SOURCE, line)]
    assert at_import == [1, 2, 3, 4, 5, 13, 14]


def test_a_function_that_the_import_calls_has_all_tests_of_its_module(covering):
    # The first test that needs the module imports it, and so runs its function.
    covering.tests[FQL][3] = frozenset({BROAD})
    assert covering.find_tests(FQL, SOURCE, 6) == [NAMED, SLOW, BROAD, NARROW]
    assert covering.find_tests(FQL, SOURCE, 11) == [NAMED, NARROW]
