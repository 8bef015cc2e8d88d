import math
from decimal import Decimal
from fractions import Fraction

import pytest

from destination_kit._backoff import LONGEST_WAIT, exponential_backoff, to_wait


@pytest.mark.parametrize(
    ("doublings", "jitter", "pause"),
    [(0, 1.0, 2.0), (0, 0.0, 1.0), (3, 1.0, 16.0), (5, 1.0, 60.0), (5000, 0.0, 30.0)],
)
def test_a_backoff_doubles_up_to_its_longest_and_jitter_takes_half_of_it(doublings, jitter, pause):
    assert exponential_backoff(doublings, first=2.0, longest=60.0, jitter=jitter) == pause


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0),
        (7, 7),
        (0.5, 0.5),
        (LONGEST_WAIT, LONGEST_WAIT),
        (LONGEST_WAIT + 1, LONGEST_WAIT),
        (1e18, LONGEST_WAIT),
        (10**400, LONGEST_WAIT),
        (math.inf, LONGEST_WAIT),
        (Decimal("2.5"), 2.5),
        (Decimal("1e400"), LONGEST_WAIT),
        (Fraction(1, 2), 0.5),
        (None, None),
        (math.nan, None),
        (-math.inf, None),
        (-1, None),
        (-(10**400), None),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (True, None),
        ("20", None),
        (b"20", None),
        (1j, None),
        ([20], None),
    ],
)
def test_a_wait_is_a_number_that_a_scheduler_can_take(value, seconds):
    wait = to_wait(value)
    assert wait == seconds
    assert type(wait) in {int, float, type(None)}
