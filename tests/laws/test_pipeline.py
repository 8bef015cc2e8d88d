"""A batch is its events one by one."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings, strategies as st

from destination_kit import (
    BatchLimits,
    Catalog,
    Context,
    Destination,
    EventResult,
    IntegrationError,
    Json,
    JsonObject,
)
from destination_kit.http import encode_json
from tests.conftest import ECHO

TAKEN = datetime(2026, 1, 1, tzinfo=UTC)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3), max_size=2)
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", "identify", "", 5, None])},
    optional={
        "event": VALUES,
        "anonymousId": VALUES,
        "properties": st.dictionaries(st.sampled_from(["a", "n"]), VALUES),
    },
)
SUBSCRIPTIONS = [
    {"action": "say", "useDefaultMapping": True},
    {
        "action": "say",
        "trigger": 'properties.n > 0 or event = "x"',
        "mapping": {
            "word": {"@template": "{{properties.a}}!"},
            "times": {"@path": "$.properties.n"},
        },
    },
]
LIMITS = st.builds(
    BatchLimits,
    count=st.integers(1, 4),
    bytes=st.integers(1, 60),
    wait=st.sampled_from([0.0, 0.001]),
    keys=st.sampled_from([(), ("word",), ("times", "word")]),
)


async def answer(context: Context, payload: JsonObject) -> Json:
    """Refuse words with an a, and say of every other what came with it."""
    if "a" in str(payload["word"]):
        message = f"no {payload['word']}"
        raise IntegrationError(message, "NO_A", 400)
    return {
        "payload": payload,
        "taken": context.received_at.isoformat(),
        "who": context.anonymous_id,
    }


def in_batches(limits: BatchLimits, batches: list[Sequence[JsonObject]]) -> Destination:
    """Return the destination that answers in batches, and notes each of them."""

    async def answer_all(context, payloads):
        batches.append(payloads)
        pairs = zip(context.payload_contexts, payloads, strict=True)
        return await asyncio.gather(*(answer(*pair) for pair in pairs), return_exceptions=True)

    say = replace(ECHO.actions["say"], perform=answer, perform_batch=answer_all, batch=limits)
    return replace(ECHO, actions={"say": say})


def send(
    destination: Destination, *calls: Sequence[JsonObject], **options: bool
) -> list[list[EventResult]]:
    """Send all calls at a time."""
    document = {"destination": "echo", "subscriptions": SUBSCRIPTIONS}
    instance = Catalog.of(destination).configure(document)

    async def sent() -> list[list[EventResult]]:
        async with instance.open(**options) as live:
            return await asyncio.gather(*(live.send(each, received_at=TAKEN) for each in calls))

    return asyncio.run(sent())


@settings(deadline=None, max_examples=50)
@given(st.lists(EVENTS, max_size=6))
def test_a_batch_is_its_events_one_by_one(batch):
    together, *apart = send(ECHO, batch, *([each] for each in batch))
    assert together == [one for [one] in apart]


@settings(deadline=None, max_examples=100)
@given(st.lists(EVENTS, max_size=8), LIMITS)
def test_whatever_shares_a_call_every_event_has_the_result_that_it_has_alone(batch, limits):
    destination = in_batches(limits, [])
    [together] = send(destination, batch)
    assert together == [one for [one] in send(destination, *([each] for each in batch))]
    assert [together] == send(destination, batch, batching=False)


@settings(deadline=None, max_examples=100)
@given(st.lists(EVENTS, max_size=8), LIMITS)
def test_no_call_carries_more_than_the_limits_or_what_must_not_share_one(batch, limits):
    batches: list[Sequence[JsonObject]] = []
    send(in_batches(limits, batches), batch)
    for each in batches:
        assert 0 < len(each) <= limits.count
        assert len(each) == 1 or sum(len(encode_json(payload)) for payload in each) <= limits.bytes
        for key in limits.keys:
            assert len({encode_json(payload.get(key)) for payload in each}) == 1
