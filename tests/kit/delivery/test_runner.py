import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from destination_kit import (
    Action,
    Catalog,
    Destination,
    IntegrationError,
    InvalidAuthenticationError,
)
from destination_kit.delivery import (
    Completed,
    Limits,
    LineSource,
    deliver_lines,
    load_results_index,
    result_record,
)
from tests.kit.dkit import TALK, dkit, instance, records, track, write


async def alone(context, payload):
    return "alone"


async def together(context, payloads):
    return ["together"] * len(payloads)


SAY = Action(title="Say", trigger='type = "track"', perform=alone, perform_batch=together)
PARTNER = Destination(slug="partner", name="Partner", actions={"say": SAY})


async def test_the_low_water_mark_never_passes_a_line_that_the_listener_could_not_take(
    configured, tmp_path
):
    written = {}

    class Listener:
        def on_outcome(self, outcome):
            if outcome.line.number == 2:
                raise OSError(28, "No space left on device")
            written[outcome.line.number] = outcome.low_water

    with write(tmp_path / "e.jsonl", *track(*"abcd")).open("rb") as file:
        source = LineSource(file.fileno())
        async with configured(PARTNER).open() as live:
            with pytest.raises(ExceptionGroup):
                await deliver_lines(live, source, Limits(), Completed(), Listener())
    assert max(written.values()) == 1
    assert max(written) > 2


def same_event(*words, **fields):
    return [{**event, "messageId": "m-1", **fields} for event in track(*words)]


@pytest.mark.parametrize("window", [1, 500])
def test_the_same_event_is_sent_again_after_a_line_that_failed(talk_files, window):
    write(talk_files.e, *same_event("never", "hi", "hi"))
    ran = dkit(
        "deliver",
        talk_files.i,
        talk_files.e,
        "--results",
        talk_files.r,
        "--window",
        window,
        "--json",
    )
    assert (ran.json["delivered"], ran.json["failed"], ran.json["duplicate"]) == (1, 1, 1)
    by_line = {record["line"]: record for record in records(talk_files.r)}
    assert [by_line[line]["status"] for line in (1, 2, 3)] == ["failed", "delivered", "skipped"]
    assert by_line[3]["reason"] == "the event m-1 is on line 2 already"


def test_the_same_event_waits_for_a_line_in_flight(talk_files):
    write(talk_files.e, *same_event("wait 0.05", "hi"))
    ran = dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r, "--json")
    assert (ran.json["delivered"], ran.json["duplicate"]) == (1, 1)


def test_the_same_event_goes_only_where_it_failed(talk_files):
    fine = {"name": "Fine", "action": "say", "mapping": {"room": "r1", "word": "hi"}}
    write(talk_files.i, instance(TALK, fine))
    write(talk_files.e, *same_event("never", "hi"))
    dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r, "--json")
    by_line = {record["line"]: record["results"] for record in records(talk_files.r)}
    assert [result["subscription"] for result in by_line[1]] == ["Talk", "Fine"]
    assert [result["subscription"] for result in by_line[2]] == ["Talk"]


def test_the_same_event_as_one_that_is_kept_is_a_duplicate(talk_files):
    write(talk_files.e, *same_event("unlisted", "hi"))
    ran = dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r, "--json")
    assert (ran.json["parked"], ran.json["duplicate"]) == (1, 1)


def test_a_resumed_run_knows_where_an_event_failed(talk_files):
    write(talk_files.e, *same_event("never"))
    dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r)
    write(talk_files.e, *same_event("never", "hi", "hi"))
    ran = dkit("deliver", talk_files.i, talk_files.e, "--resume", talk_files.r, "--json")
    assert (ran.json["delivered"], ran.json["duplicate"]) == (1, 1)


def test_the_same_number_as_message_id_is_the_same_event(talk_files):
    numbers = [17, 17.0, "17", 18, 0, 0, True, True]
    lines = [
        {**event, "messageId": n} for n, event in zip(numbers, track(*8 * ["hi"]), strict=True)
    ]
    write(talk_files.e, *lines)
    ran = dkit("deliver", talk_files.i, talk_files.e, "--results", talk_files.r, "--json")
    assert (ran.json["delivered"], ran.json["duplicate"]) == (6, 2)
    by_line = {record["line"]: record for record in records(talk_files.r)}
    assert by_line[3]["reason"] == "the event 17 is on line 1 already"


async def say(_context, payload):
    word = payload["word"]
    if word == "refuse":
        raise InvalidAuthenticationError("who are you?")
    if word == "unlisted":
        raise IntegrationError("no such list", "NO_SUCH_LIST", 404, remedy="settings")


ONE_BY_ONE = Limits(concurrency=1, window=1)


async def deliver(live, path, *words, limits=ONE_BY_ONE, completed=None):
    """Return the outcomes of events with these words, the failures that stopped the run, its source."""
    outcomes = []
    with write(path, *track(*words)).open("rb") as file:
        source = LineSource(file.fileno())
        listener = SimpleNamespace(on_outcome=outcomes.append)
        failures = await deliver_lines(live, source, limits, completed or Completed(), listener)
    return outcomes, failures, source


@pytest.fixture
def live(echo_destination, configured):
    word = replace(echo_destination.actions["say"], perform=say)
    return configured(replace(echo_destination, actions={"say": word})).open()


def numbers(outcomes):
    return [(outcome.line.number, outcome.low_water) for outcome in outcomes]


async def test_the_low_water_mark_is_the_last_line_that_is_final(live, tmp_path):
    async with live:
        outcomes, failures, source = await deliver(live, tmp_path / "e", "a", "b", "c")
    assert numbers(outcomes) == [(1, 1), (2, 2), (3, 3)]
    assert (failures, source.is_stopped) == (None, False)


async def test_rejected_credentials_stop_a_run_at_once(live, tmp_path):
    async with live:
        outcomes, failures, source = await deliver(live, tmp_path / "e", "a", "refuse", "b")
    assert numbers(outcomes) == [(1, 1), (2, 2)]
    assert (failures, source.is_stopped) == (None, True)


async def test_a_row_of_settings_failures_stops_a_run_at_its_limit(live, tmp_path):
    limits = Limits(concurrency=1, window=1, max_failures=2)
    async with live:
        outcomes, failures, source = await deliver(
            live, tmp_path / "e", *("unlisted", "a", "unlisted", "unlisted", "b"), limits=limits
        )
    assert numbers(outcomes) == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert (failures.failed.code, failures.count, source.is_stopped) == ("NO_SUCH_LIST", 2, True)


async def test_lines_that_are_known_take_no_time(live, tmp_path):
    words = [str(number) for number in range(60)]
    path = tmp_path / "e.jsonl"
    async with live:
        outcomes, *_ = await deliver(live, path, *words)
        results = write(tmp_path / "r.jsonl", *map(result_record, outcomes))
        with load_results_index(results)[0] as index:
            async with asyncio.timeout(20):
                again, *_ = await deliver(live, path, *words, "x", completed=Completed(index))
    assert numbers(again) == [(61, 61)]


def test_the_limits_of_a_run_are_those_of_the_documents():
    limits = Limits()
    assert (limits.concurrency, limits.window) == (16, 500)
    assert (limits.deadline, limits.max_failures) == (30.0, 50)


async def test_a_subscription_without_batches_leaves_the_batches_of_others_whole(
    configured, tmp_path
):
    calls = []

    async def count(context, payloads):
        calls.append(len(payloads))
        return list(payloads)

    bulk = replace(SAY, perform_batch=count)
    partner = replace(PARTNER, actions={"bulk": bulk, "say": replace(SAY, perform_batch=None)})
    subscriptions = {"action": "bulk"}, {"action": "say"}
    document = {"destination": "partner", "subscriptions": list(subscriptions)}
    listened = []
    listener = SimpleNamespace(on_outcome=listened.append, on_retry_wait=lambda *_: None)
    with write(tmp_path / "e.jsonl", *track(*map(str, range(300)))).open("rb") as file:
        async with Catalog.of(partner).configure(document).open() as live:
            await deliver_lines(live, LineSource(file.fileno()), Limits(), Completed(), listener)
    assert calls == [300]
    names = {tuple(r.subscription for r in outcome.result.results) for outcome in listened}
    assert names == {("bulk", "say")}
    assert len(listened) == 300
