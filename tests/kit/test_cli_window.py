"""What is written down of the events in flight when one of them cannot be."""

import pytest

from destination_kit import Action, Destination
from destination_kit.delivery.runner import Completed, Limits, deliver_lines
from destination_kit.delivery.source import Source
from tests.kit.dkit import track, write


async def alone(context, payload):
    return "alone"


async def together(context, payloads):
    return ["together"] * len(payloads)


SAY = Action(title="Say", trigger='type = "track"', perform=alone, perform_batch=together)
PARTNER = Destination(slug="partner", name="Partner", actions={"say": SAY})


async def test_the_low_water_never_passes_a_line_that_could_not_be_written_down(
    configured, tmp_path
):
    written = {}

    class Desk:
        def enter(self, outcome):
            if outcome.line.number == 2:
                raise OSError(28, "No space left on device")
            written[outcome.line.number] = outcome.low_water

    with write(tmp_path / "e.jsonl", *track(*"abcd")).open("rb") as file:
        source = Source(file.fileno())
        async with configured(PARTNER).open() as live:
            with pytest.raises(ExceptionGroup):
                await deliver_lines(live, source, Limits(), Completed(), Desk())
    assert max(written.values()) == 1
    assert max(written) > 2
