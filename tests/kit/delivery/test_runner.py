import pytest

from destination_kit import Action, Destination
from destination_kit.delivery import Completed, Limits, LineSource, deliver_lines
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
