import pytest

from destination_kit._backoff import exponential_backoff


@pytest.mark.parametrize(
    ("doublings", "jitter", "pause"),
    [(0, 1.0, 2.0), (0, 0.0, 1.0), (3, 1.0, 16.0), (5, 1.0, 60.0), (5000, 0.0, 30.0)],
)
def test_a_backoff_doubles_up_to_its_longest_and_jitter_takes_half_of_it(doublings, jitter, pause):
    assert exponential_backoff(doublings, first=2.0, longest=60.0, jitter=jitter) == pause
