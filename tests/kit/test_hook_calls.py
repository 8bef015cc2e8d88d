"""Calls of hooks end: with their records, with their error, or with their time."""

import itertools
import subprocess
import sys
import threading
from time import monotonic

import pytest

from destination_kit._json import LimitError
from destination_kit.hook_calls import HookCall, take_in_time

HANGING = """
import sys, threading
from time import monotonic
from destination_kit.hook_calls import HookCall

def silent():
    while True:
        if False:
            yield 1

call = HookCall(silent)
try:
    call.wait(monotonic() + 0.05, 0.05)
except TimeoutError as error:
    print(error)
for thread in threading.enumerate():
    if thread.name == "destination_kit plugin":
        thread.join(10)
        print(thread.is_alive())
"""


def test_a_call_that_hangs_is_named_and_its_thread_ends():
    # In a process of its own: a thread is not ended where coverage traces the program.
    ran = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, check=True
    )
    assert ran.stdout in {"it had not returned after 0.05 s\n" + rest for rest in ("", "False\n")}


def test_a_traced_program_goes_on_beside_a_call_that_waits():
    def trace(*_):
        return trace

    def count():
        return [number for number in range(3) if number]

    over = threading.Event()
    timer = threading.Timer(5, over.set)
    timer.start()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with pytest.raises(TimeoutError):
            HookCall(lambda: over.wait(60) or []).wait(monotonic() + 0.05, 0.05)
        assert count() == [1, 2]
        assert not over.is_set()
    finally:
        sys.settrace(before)
        over.set()
        timer.cancel()


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
    over = threading.Event()

    def silent():
        while not over.wait(0.01):
            if False:
                yield 1

    with pytest.raises(LimitError, match="had not returned"):
        take_in_time(silent(), 0.05)
    over.set()
    with pytest.raises(LimitError, match="more than"):
        take_in_time(itertools.count())


def test_an_authors_own_timeout_stays_an_authors_error():
    def raises():
        message = "theirs"
        raise TimeoutError(message)
        yield

    with pytest.raises(TimeoutError, match="theirs"):
        take_in_time(raises())
