"""Observers receive results and delay no delivery."""

import logging
import threading

from destination_kit import (
    Catalog,
    hookimpl,
)
from destination_kit.plugins import Plugins
from destination_kit.runtime.observers import Observers
from tests.conftest import ECHO
from tests.kit.runtime.performing import TRACK


class Observing:
    def __init__(self):
        self.records = []
        self.seen = threading.Event()

    @hookimpl
    def register_destinations(self):
        return [ECHO]

    @hookimpl
    def on_result(self, record):
        self.records.append(record)
        self.seen.set()


class Raising:
    @hookimpl
    def on_result(self, record):
        raise ValueError(record)


def test_an_observer_gets_one_record_and_one_that_raises_harms_no_other(caplog):
    caplog.set_level(logging.WARNING, "destination_kit")
    plugins, observing = Plugins(), Observing()
    plugins.register(observing, "b observing")
    plugins.register(Raising(), "a raising")
    document = {
        "destination": "echo",
        "name": "mine",
        "subscriptions": [{"action": "say", "useDefaultMapping": True}],
    }
    outcomes = Catalog.of_plugins(plugins).configure(document).send_sync([TRACK])
    assert observing.seen.wait(5)
    [record] = observing.records
    assert (record.destination, record.instance, record.attempt) == ("echo", "mine", 1)
    assert record.result == outcomes[0].results[0]
    assert "on_result of a raising raised ValueError" in caplog.text


def test_an_observer_that_blocks_delays_no_event_and_its_dropped_records_are_counted(caplog):
    caplog.set_level(logging.WARNING, "destination_kit")
    busy, released = threading.Event(), threading.Event()

    def block(record):
        busy.set()
        released.wait(10)

    notified = Observers({"slow": block}, backlog=2, grace=0.05)
    notified.notify("first")
    assert busy.wait(5)
    for record in ("second", "third", "fourth", "fifth"):
        notified.notify(record)
    notified.close()
    released.set()
    assert "4 records dropped" in caplog.text


def test_without_observers_no_thread_is_started():
    before = threading.active_count()
    notified = Observers({})
    notified.notify("record")
    notified.close()
    assert threading.active_count() == before


def test_an_observer_that_hangs_delays_no_other(caplog):
    over, seen = threading.Event(), []
    notified = Observers({"hangs": lambda _: over.wait(60), "sees": seen.append}, grace=0.2)
    for number in range(5):
        notified.notify(number)
    notified.close()
    over.set()
    assert seen == [0, 1, 2, 3, 4]
    assert "on_result of hangs fell behind: 4 records dropped" in caplog.text


def test_the_backlog_of_an_observer_holds_its_limit_and_no_more(caplog):
    busy, released, seen = threading.Event(), threading.Event(), []

    def observe(record):
        busy.set()
        released.wait(10)
        seen.append(record)

    notified = Observers({"slow": observe}, backlog=2, grace=5.0)
    notified.notify("first")
    assert busy.wait(5)
    for record in ("second", "third", "dropped"):
        notified.notify(record)
    released.set()
    notified.close()
    assert seen == ["first", "second", "third"]
    assert "on_result of slow fell behind: 1 records dropped" in caplog.text


def test_an_observer_that_hangs_on_its_last_record_is_named_and_abandoned(caplog):
    busy, over = threading.Event(), threading.Event()
    notified = Observers({"hangs": lambda _: (busy.set(), over.wait(10))}, grace=0.01)
    notified.notify("only")
    assert busy.wait(5)
    threads = [each for each in threading.enumerate() if each.name == "destination_kit"]
    notified.close()
    over.set()
    assert "on_result of hangs fell behind: 0 records dropped" in caplog.text
    assert all(thread.daemon for thread in threads)


def test_the_end_waits_for_a_record_that_is_observed(caplog):
    seen = []
    notified = Observers({"slow": lambda _: seen.append(not threading.Event().wait(0.05))})
    notified.notify("record")
    notified.close()
    assert seen == [True]
    assert caplog.messages == []
