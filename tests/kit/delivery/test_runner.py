import pytest

from destination_kit import Action, Destination
from destination_kit.delivery import Completed, Limits, LineSource, deliver_lines
from tests.kit.dkit import track, write


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
