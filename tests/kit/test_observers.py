import logging
import threading

from destination_kit.runtime.observers import Observers


def test_an_observer_that_blocks_delays_nobody_and_what_it_misses_is_counted(caplog):
    caplog.set_level(logging.WARNING, "destination_kit")
    busy, released = threading.Event(), threading.Event()

    def block(record):
        busy.set()
        released.wait(10)

    told = Observers({"slow": block}, backlog=2, grace=0.05)
    told.notify("first")
    assert busy.wait(5)
    for record in ("second", "third", "fourth", "fifth"):
        told.notify(record)
    told.close()
    released.set()
    assert "4 records dropped" in caplog.text


def test_without_observers_no_thread_is_started():
    before = threading.active_count()
    told = Observers({})
    told.notify("record")
    told.close()
    assert threading.active_count() == before
