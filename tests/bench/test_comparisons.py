import pytest

from tests.bench.comparisons import OURS, Comparison, ComparisonResult, Measurement, Memory, rows
from tests.bench.processes import MeasurementError, check
from tests.bench.speed import Rounds
from tests.bench.tables import speed_table

FLIGHT = Measurement(OURS, "flight")
BATCHES = Measurement(OURS, "flight", '{"size": 500}')


def row(goal=2.0, unit="/s"):
    return Comparison("call", "one call", FLIGHT, FLIGHT, goal, unit)


def test_a_goal_is_reached_in_the_median_of_the_rounds():
    assert ComparisonResult(row(), [10, 40, 400], [20, 20, 1]).reached is True
    assert ComparisonResult(row(), [10, 39, 400], [20, 20, 1]).reached is False
    assert ComparisonResult(row(), [10, 39, 40], [5, 20, 10]).reached is True


def test_fewer_milliseconds_are_better():
    assert ComparisonResult(row(unit="ms"), [100], [250]).ratio == 2.5


def test_without_the_other_side_nothing_is_reached_or_missed():
    result = ComparisonResult(row(), [10, 20])
    assert (result.ratio, result.reached) == (None, None)
    assert "MISSED" not in speed_table([result])


def test_memory_has_to_stay_low_and_flat():
    assert Memory(OURS, 1000, megabytes=50, grown=1).reached
    assert not Memory(OURS, 1000, megabytes=130, grown=1).reached
    assert not Memory(OURS, 1000, megabytes=50, grown=30).reached


class RecordingLab:
    def __init__(self):
        self.measured = []

    def measure(self, measurement):
        self.measured.append(measurement.who)
        return {"value": float(len(self.measured))}


def test_every_second_round_runs_in_reverse_order():
    theirs = Measurement("reference", "flight")
    rounds = Rounds(lab := RecordingLab(), [FLIGHT, theirs])
    rounds.run(2)
    assert lab.measured == ["ours", "reference", "reference", "ours"]
    assert rounds.values == {FLIGHT: [1.0, 4.0], theirs: [2.0, 3.0]}


def test_every_row_has_a_name_of_its_own():
    names = [comparison.name for comparison in rows()]
    assert len(names) == len(set(names))


def test_an_event_costs_one_call_and_a_hundred_in_batches_cost_one():
    check(FLIGHT, {"events": 200, "requests": 200})
    check(BATCHES, {"events": 200, "requests": 2, "transactions": 200})


@pytest.mark.parametrize(
    ("measurement", "figures"),
    [
        (FLIGHT, {"events": 200, "requests": 201}),
        (BATCHES, {"events": 200, "requests": 3, "transactions": 200}),
        (BATCHES, {"events": 200, "requests": 2, "transactions": 199}),
    ],
)
def test_a_wrong_number_of_calls_is_refused(measurement, figures):
    with pytest.raises(MeasurementError, match="requests for"):
        check(measurement, figures)
