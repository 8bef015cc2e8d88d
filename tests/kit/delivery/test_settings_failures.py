"""A row of failures that only mended settings remove stops a run."""

from destination_kit.delivery.settings_failures import SettingsFailureCounter
from destination_kit.results import Delivered, EventResult, Failed, Skipped, SubscriptionResult
from tests.kit.dkit import dkit, instance, records, track, write

LIST, PERMISSION = (Failed(code, "no", remedy="settings") for code in ("LIST", "PERMISSION"))
BUSY, INVALID = Failed("BUSY", "no", retryable=True), Failed("INVALID", "no")


def rows(*results, limit=2):
    counter = SettingsFailureCounter(limit)
    found = [
        counter.add(
            EventResult(tuple(SubscriptionResult(name, "say", one) for name, one in result.items()))
        )
        for result in results
    ]
    return [row and (row.subscription, row.failed.code, row.count) for row in found]


def test_failures_of_one_subscription_and_code_make_a_row():
    assert rows({"A": LIST}, {"A": LIST}) == [None, ("A", "LIST", 2)]
    assert rows({"A": LIST}, {"A": PERMISSION}) == [None, None]
    assert rows({"A": LIST}, {"B": LIST}) == [None, None]
    assert rows({"A": LIST, "B": Delivered()}, {"A": LIST})[1] == ("A", "LIST", 2)


def test_a_delivery_ends_a_row_and_another_failure_does_not():
    assert rows({"A": LIST}, {"A": Delivered()}, {"A": LIST}) == [None] * 3
    assert rows({"A": LIST}, {"A": BUSY}, {"A": INVALID}, {"A": LIST})[3] == ("A", "LIST", 2)
    assert rows({"A": LIST}, {"A": Skipped("absent")}, {"A": LIST})[2] == ("A", "LIST", 2)


def test_a_run_stops_and_keeps_its_events_until_the_mapping_is_mended(tmp_path):
    config, events, results = (tmp_path / name for name in ("i.json", "e.jsonl", "r.jsonl"))
    letters = tmp_path / "d.jsonl"

    def configure(word):
        mapping = {"room": "r1", "word": word}
        write(config, instance({"name": "Talk", "action": "say", "mapping": mapping}))

    configure("unlisted")
    write(events, *track(*map(str, range(200))))
    options = ("--results", results, "--dead-letters", letters, "--max-failures", 5)
    ran = dkit("deliver", config, events, *options, "--concurrency", 1, "--json")
    assert (ran.code, ran.json["end"]) == (1, "settings")
    assert 5 <= ran.json["parked"] < 30
    assert "5 failures in a row that only mended settings" in ran.err
    assert f"--resume {results}" in ran.err
    assert "--max-failures 5" in ran.err
    assert not records(letters)
    configure("hi")
    ran = dkit("deliver", config, events, "--resume", results, "--json")
    assert (ran.code, ran.json["delivered"]) == (0, 200)


def test_a_run_that_ends_says_that_events_wait(tmp_path):
    config, events, results = (tmp_path / name for name in ("i.json", "e.jsonl", "r.jsonl"))
    subscription = {"name": "Talk", "action": "say", "useDefaultMapping": True}
    write(config, instance({**subscription, "mapping": {"room": "r1"}}))
    write(events, *track("hi", "unlisted"))
    ran = dkit("deliver", config, events, "--results", results)
    assert ran.code == 1
    assert "1 failed (1 of them kept until the settings are mended)" in ran.out
    assert "Events wait until the settings or the mapping are mended." in ran.err
    assert f"--resume {results}" in ran.err
