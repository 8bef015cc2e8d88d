from tests.bench.opcodes import faults, table

KEPT = {"3.11": {"send": 1000.0, "trigger": 8.0}}


def test_a_figure_that_has_grown_by_more_than_a_tenth_is_a_fault():
    counted = {"send": 1101.0, "trigger": 8.0}
    assert faults(KEPT, "3.11", counted) == [
        "send takes 1,101.0 bytecodes, 10% more than the 1,000.0 before"
    ]


def test_a_figure_that_has_grown_by_a_tenth_or_has_shrunk_is_none():
    assert faults(KEPT, "3.11", {"send": 1100.0, "trigger": 4.0}) == []


def test_a_path_without_a_stored_figure_is_a_fault():
    [fault] = faults(KEPT, "3.11", {"batch": 5.0})
    assert fault.startswith("batch has no figure yet")


def test_a_version_without_stored_figures_is_shown_and_is_no_fault():
    assert faults(KEPT, "3.99", {"send": 9000.0}) == []
    assert "No figures of Python" in table({}, {"send": 9000.0})
    assert "+800.0%" in table(KEPT["3.11"], {"send": 9000.0})
