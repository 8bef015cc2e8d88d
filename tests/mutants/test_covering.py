"""The tests of a changed line are found, the likeliest first."""

from pathlib import Path

import pytest
from coverage import CoverageData

from tests.mutants.covering import Covering

FQL = "destination_kit/fql/parser.py"


@pytest.fixture
def covering(tmp_path):
    data = CoverageData(str(tmp_path / "coverage"))
    lines = {
        "tests/laws/test_a.py::test_broad[1]|run": [1, 2, 3, 4],
        "tests/laws/test_a.py::test_narrow|run": [2],
        "tests/kit/fql/test_parser.py::test_it[a|b]|setup": [2, 3],
        "": [9],
    }
    for context, numbers in lines.items():
        data.set_context(context)
        data.add_lines({str(tmp_path / FQL): numbers, "/elsewhere/x.py": numbers})
    data.write()
    return Covering.read(tmp_path, Path(data.data_filename()))


def test_tests_with_the_name_of_the_module_come_first_then_narrow_ones(covering):
    tests = covering.find_tests(FQL, 2)
    names = [test.partition("::")[2] for test in tests]
    assert names == ["test_it", "test_narrow", "test_broad"]


def test_a_line_that_runs_at_the_import_has_the_tests_of_its_module(covering):
    assert len(covering.find_tests(FQL, 9)) == 3
    assert covering.find_tests(FQL, 4) == ["tests/laws/test_a.py::test_broad"]


def test_a_module_that_no_test_runs_has_none(covering):
    assert covering.find_tests("destination_kit/other.py", 1) == []
    assert set(covering.tests) == {FQL}
