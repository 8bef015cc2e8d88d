"""The budget of one rendering, to its last unit."""

from time import thread_time

import pytest

from destination_kit.errors import ResolutionError
from destination_kit.mapping.liquid.limits import WorkLimiter

WORK = 20_000_000


@pytest.fixture
def limiter():
    # More than any test takes, so that only work can run out.
    return WorkLimiter(seconds=60)


def test_the_last_unit_may_be_spent_and_not_one_more(limiter):
    limiter.spend(WORK - 1)
    with pytest.raises(ResolutionError, match="exceeds 20,000,000 characters and items of work"):
        WorkLimiter(seconds=60).spend(WORK)


def test_a_call_without_units_costs_two(limiter):
    limiter.spend(WORK - 2000)
    for _ in range(1000):
        limiter.spend()
    with pytest.raises(ResolutionError, match="20,000,000"):
        limiter.spend()


def test_a_character_by_itself_costs_forty_units(limiter):
    limiter.spend_per_character(WORK // 40 - 1)
    with pytest.raises(ResolutionError, match="20,000,000"):
        WorkLimiter(seconds=60).spend_per_character(WORK // 40)


@pytest.mark.parametrize(
    ("reserve", "most", "message"),
    [
        (WorkLimiter.reserve_text, 2_000_000, "a text in the Liquid template exceeds 2,000,000"),
        (WorkLimiter.reserve_array, 100_000, "an array in the Liquid template exceeds 100,000"),
        (WorkLimiter.check_requested_length, 100_000_000, "more than 100,000,000: ask for fewer"),
    ],
)
def test_a_length_may_be_the_limit_and_not_one_more(limiter, reserve, most, message):
    reserve(limiter, most)
    with pytest.raises(ResolutionError, match=message):
        reserve(limiter, most + 1)


@pytest.mark.parametrize("reserve", [WorkLimiter.reserve_text, WorkLimiter.reserve_array])
def test_texts_and_arrays_cost_their_length(reserve):
    class Spent(WorkLimiter):
        units = 0

        def spend(self, units=1):
            self.units += units

    limiter = Spent()
    reserve(limiter, 12_345)
    assert limiter.units == 12_345


def test_a_rendering_without_time_is_refused_at_its_first_work():
    with pytest.raises(ResolutionError, match="exceed 50 ms"):
        WorkLimiter(seconds=0).spend()


def test_a_rendering_is_refused_when_its_time_is_over():
    limiter = WorkLimiter(seconds=0.01)
    started = thread_time()
    assert 0 < limiter.seconds_left() <= 0.01
    while thread_time() < started + 0.01:
        pass
    assert limiter.seconds_left() < 0
    with pytest.raises(ResolutionError, match="exceed 50 ms"):
        limiter.spend(3000)
