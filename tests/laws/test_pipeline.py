"""A batch is its events one by one."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from destination_kit import Catalog, EventResult, JsonObject
from tests.conftest import ECHO

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3), max_size=2)
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", "identify", "", 5, None])},
    optional={"event": VALUES, "properties": st.dictionaries(st.sampled_from(["a", "n"]), VALUES)},
)
INSTANCE = Catalog.of(ECHO).configure(
    {
        "destination": "echo",
        "subscriptions": [
            {"action": "say", "useDefaultMapping": True},
            {
                "action": "say",
                "trigger": 'properties.n > 0 or event = "x"',
                "mapping": {
                    "word": {"@template": "{{properties.a}}!"},
                    "times": {"@path": "$.properties.n"},
                },
            },
        ],
    }
)


def send(*batches: Sequence[JsonObject]) -> list[list[EventResult]]:
    async def sent() -> list[list[EventResult]]:
        async with INSTANCE.open() as live:
            return [await live.send(batch) for batch in batches]

    return asyncio.run(sent())


@settings(deadline=None, max_examples=50)
@given(st.lists(EVENTS, max_size=6))
def test_a_batch_is_its_events_one_by_one(batch):
    together, *apart = send(batch, *([each] for each in batch))
    assert together == [one for [one] in apart]
