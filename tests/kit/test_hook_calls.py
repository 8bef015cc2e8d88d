"""Calls of hooks end: with their records, with their error, or with their time."""

import itertools
import threading
from time import monotonic

import pytest

from destination_kit._json import LimitError
from destination_kit.hook_calls import HookCall, take_in_time


def running():
    return [thread for thread in threading.enumerate() if thread.name == "destination_kit plugin"]


def silent():
    while True:
        if False:
            yield 1


def test_a_call_that_hangs_is_named_and_its_thread_ends():
    call = HookCall(silent)
    with pytest.raises(TimeoutError, match=r"it had not returned after 0\.05 s"):
        call.wait(monotonic() + 0.05, 0.05)
    for thread in running():
        thread.join(10)
    assert not running()


def test_a_call_returns_its_records_or_raises_its_error():
    assert HookCall(lambda: iter("ab")).wait(monotonic() + 10, 10) == ["a", "b"]
    with pytest.raises(LimitError, match="more than 10,000 members"):
        HookCall(itertools.count).wait(monotonic() + 10, 10)


def test_a_list_needs_no_thread():
    before = threading.active_count()
    assert take_in_time([1, 2], 0) == [1, 2]
    assert take_in_time((1, 2), 0) == [1, 2]
    assert threading.active_count() == before


def test_an_iterable_ends_in_time():
    with pytest.raises(LimitError, match="had not returned"):
        take_in_time(silent(), 0.05)
    with pytest.raises(LimitError, match="more than"):
        take_in_time(itertools.count())


def test_an_authors_own_timeout_stays_an_authors_error():
    def raises():
        message = "theirs"
        raise TimeoutError(message)
        yield

    with pytest.raises(TimeoutError, match="theirs"):
        take_in_time(raises())
