"""Payloads of concurrent calls share batches."""

import asyncio
import gc
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import pytest
from hypothesis import given, strategies as st

from destination_kit import (
    Action,
    BatchLimits,
    Catalog,
    ConfigurationError,
    Delivered,
    Destination,
    Failed,
    IntegrationError,
    Response,
)
from destination_kit._event_size import MOST_JSON_BYTES, EventMeter
from destination_kit.http import encode_json
from destination_kit.runtime.batching import bound_json_bytes, count_json_bytes
from tests.kit.runtime.odd_destination import ANYTHING, open_odd, send_one


def track(name):
    return {"type": "track", "event": name}


EVENT = {"type": "object", "properties": {"event": {"default": {"@path": "$.event"}}}}


async def alone(context, payload):
    return "alone"


def batched(perform_batch, *, create_shared_state=None, **limits):
    action = Action(
        title="Do",
        trigger='type = "track"',
        fields=EVENT,
        perform=alone,
        perform_batch=perform_batch,
        batch=BatchLimits(**limits),
    )
    return Destination(
        slug="test", name="Test", actions={"do": action}, create_shared_state=create_shared_state
    )


def results(outcomes):
    return [outcome.results[0].result for outcome in outcomes]


class Noting:
    """A perform_batch that keeps what it gets and answers with the event's name."""

    def __init__(self):
        self.batches = []

    async def __call__(self, context, payloads):
        names = [payload["event"] for payload in payloads]
        self.batches.append(names)
        return names


async def test_calls_at_the_same_time_share_a_batch(configured):
    noting = Noting()
    async with configured(batched(noting, wait=0.01)).open() as live:
        outcomes = await asyncio.gather(*(live.send([track(name)]) for name in "abc"))
    assert noting.batches == [["a", "b", "c"]]
    assert [results(outcome) for outcome in outcomes] == [[Delivered(name)] for name in "abc"]


async def test_a_full_batch_is_sent_at_once(configured):
    noting = Noting()
    async with configured(batched(noting, count=2, wait=60)).open() as live:
        await live.send([track(name) for name in "abcd"])
    assert noting.batches == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize(("most", "batches"), [(38, [["a", "b"], ["c"]]), (39, [["a", "b", "c"]])])
async def test_a_batch_has_at_most_its_bytes(configured, most, batches):
    noting = Noting()
    async with configured(batched(noting, bytes=most, wait=0.01)).open() as live:
        await live.send([track(name) for name in "abc"])  # {"event":"a"} has 13 bytes
    assert noting.batches == batches


async def test_the_first_event_of_a_batch_waits_no_longer_than_half_of_its_deadline(configured):
    async with configured(batched(Noting(), wait=60)).open() as live:
        started = monotonic()
        assert results(await live.send([track("a")], deadline=0.2)) == [Delivered("a")]
        assert 0.09 <= monotonic() - started < 0.2


async def test_an_event_waits_no_longer_than_half_of_its_deadline(configured):
    noting = Noting()
    async with configured(batched(noting, wait=60)).open() as live:
        first = asyncio.create_task(live.send([track("a")], deadline=30))
        await asyncio.sleep(0)
        outcomes = await live.send([track("b")], deadline=0.2)
        assert results(outcomes) == [Delivered("b")]
        assert results(await first) == [Delivered("a")]
    assert noting.batches == [["a", "b"]]


async def test_values_of_the_batch_keys_are_told_apart_by_type(configured):
    noting = Noting()
    events = [track(value) for value in (1, True, "1", "true", None, "\0null", [1], [1])]
    async with configured(batched(noting, keys=("event",))).open() as live:
        await live.send(events)
    assert sorted(map(len, noting.batches)) == [1, 1, 1, 1, 1, 1, 2]


async def test_objects_with_the_same_members_share_a_batch_in_any_order(configured):
    noting = Noting()
    events = [track({"a": 1, "b": 2}), track({"b": 2, "a": 1}), track({"a": 1, "b": "2"})]
    async with configured(batched(noting, keys=("event",))).open() as live:
        await live.send(events)
    assert sorted(map(len, noting.batches)) == [1, 2]


async def test_subscriptions_of_one_action_share_a_batch_and_keep_their_names(configured):
    noting = Noting()
    subscription = {"action": "do", "useDefaultMapping": True}
    instance = configured(
        batched(noting), {"name": "A", **subscription}, {"name": "B", **subscription}
    )
    async with instance.open() as live:
        [outcome] = await live.send([track("a")])
    assert noting.batches == [["a", "a"]]
    assert [result.subscription for result in outcome.results] == ["A", "B"]


async def test_without_batching_every_payload_is_performed_alone(configured):
    noting = Noting()
    async with configured(batched(noting)).open(batching=False) as live:
        assert results(await live.send([track("a")])) == [Delivered("alone")]
    assert noting.batches == []


async def test_an_operator_changes_the_limits_of_a_subscription(configured):
    noting = Noting()
    destination = batched(noting, count=3, wait=0.5, keys=("event",))
    document = {"action": "do", "useDefaultMapping": True, "batch": {"count": 1, "wait": 0}}
    instance = configured(destination, document)
    changed = BatchLimits(count=1, wait=0, keys=("event",))
    assert instance.subscriptions[0].batch == changed
    async with instance.open() as live:
        await live.send([track("a"), track("a")])
    assert noting.batches == [["a"], ["a"]]


@pytest.mark.parametrize(
    ("batch", "path", "said"),
    [
        (5, "/batch", "should be a JSON object"),
        ({"count": 0}, "/batch/count", "at least 1"),
        ({"count": True}, "/batch/count", "at least 1"),
        ({"bytes": 1.5}, "/batch/bytes", "whole number of bytes"),
        ({"wait": -1}, "/batch/wait", "0 or more"),
        ({"wait": "1"}, "/batch/wait", "0 or more"),
        ({"count": 1001}, "/batch/count", "1,000 at most"),
        ({"bytes": 4_000_001}, "/batch/bytes", "4,000,000 at most"),
        ({"size": 5}, "/batch/size", "no 'size'"),
        ({"keys": ["event"]}, "/batch/keys", "no 'keys'"),
    ],
)
def test_wrong_limits_are_refused_with_their_place(configured, batch, path, said):
    with pytest.raises(ConfigurationError) as raised:
        configured(batched(Noting()), {"action": "do", "batch": batch})
    [problem] = raised.value.problems
    assert problem.path == f"/subscriptions/0{path}"
    assert said in problem.message


def test_limits_of_an_action_that_takes_no_batches_are_refused(configured):
    destination = batched(None)
    with pytest.raises(ConfigurationError, match="Do takes no batches"):
        configured(destination, {"action": "do", "batch": {"count": 5}})


async def test_each_payload_has_a_response_of_its_own_kind(configured):
    async def perform_batch(context, payloads):
        return (
            "json",
            Response(200, {}, {"body": 1}),
            Delivered("done"),
            Failed("NO", "no", retryable=True),
            IntegrationError("never", "NEVER", 400),
            asyncio.CancelledError(),
        )

    async with configured(batched(perform_batch)).open() as live:
        received = results(await live.send([track(name) for name in "abcdef"]))
    assert received[:5] == [
        Delivered("json"),
        Delivered({"body": 1}),
        Delivered("done"),
        Failed("NO", "no", retryable=True),
        Failed("NEVER", "never"),
    ]
    assert received[5].code == "UNKNOWN_ERROR"


URL = "https://a.example.com/"


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ([], "not 0"),
        (["a"], "not 1"),
        (["a"] * 3, "not 3"),
        (None, "not NoneType"),
        ("ab", "not str"),
        ({"a": 1, "b": 2}, "not dict"),
        (True, "not bool"),
    ],
)
async def test_a_return_value_without_one_response_per_payload_fails_them_all(
    configured, httpx_mock, answers, shown
):
    httpx_mock.add_response()

    async def perform_batch(context, payloads):
        await context.http.post(URL)
        return answers

    async with configured(batched(perform_batch)).open() as live:
        failed = results(await live.send([track("a"), track("b")]))
    assert {result.code for result in failed} == {"BATCH_MISMATCH"}
    assert {result.outcome for result in failed} == {"unknown"}
    assert shown in failed[0].message


async def test_an_exception_of_perform_batch_fails_every_payload(configured):
    async def perform_batch(context, payloads):
        raise IntegrationError("busy", "BUSY", 503)

    async with configured(batched(perform_batch)).open() as live:
        failed = results(await live.send([track("a"), track("b")]))
    assert failed == [Failed("BUSY", "busy", retryable=True)] * 2


@pytest.mark.parametrize("shape", ["deep", "never awaited"])
async def test_a_response_that_is_not_json_fails_its_own_payload(configured, httpx_mock, shape):
    httpx_mock.add_response()
    deep = None
    for _ in range(10_000):
        deep = [deep]

    async def perform_batch(context, payloads):
        await context.http.post(URL)
        return [deep if shape == "deep" else asyncio.get_running_loop().create_future(), "b"]

    async with configured(batched(perform_batch)).open() as live:
        bad, good = results(await live.send([track("a"), track("b")]))
    assert (bad.code, bad.retryable, bad.outcome) == ("UNKNOWN_ERROR", False, "unknown")
    assert good == Delivered("b")


@pytest.mark.parametrize("raises", [True, False])
async def test_no_result_shows_a_secret_of_another_payload(configured, raises):
    async def perform_batch(context, payloads):
        names = [payload["event"] for payload in payloads]
        if raises:
            raise IntegrationError(" ".join(names), "NO", 400)
        return [names, names]

    destination = batched(perform_batch)
    secret = {"type": "string", "format": "password", "default": {"@path": "$.event"}}
    fields = {"type": "object", "properties": {"event": secret}}
    action = replace(destination.actions["do"], fields=fields)
    async with configured(replace(destination, actions={"do": action})).open() as live:
        outcomes = await live.send([track("hunter2"), track("swordfish")])
    assert not {"hunter2", "swordfish"} & set(re.findall(r"\w+", str(outcomes)))


async def test_a_batch_has_no_anonymous_id_and_its_payloads_have_theirs(configured):
    async def perform_batch(context, payloads):
        assert context.anonymous_id is None
        return [own.anonymous_id for own in context.payload_contexts]

    async with configured(batched(perform_batch)).open() as live:
        received = results(await live.send([{**track("a"), "anonymousId": "x"}, track("b")]))
    assert received == [Delivered("x"), Delivered(None)]


async def test_only_payloads_that_were_written_for_are_in_doubt(configured, httpx_mock):
    httpx_mock.add_response()

    async def perform_batch(context, payloads):
        await context.payload_contexts[1].http.post(URL)
        raise KeyError

    async with configured(batched(perform_batch)).open() as live:
        received = results(await live.send([track(name) for name in "abc"]))
    assert [result.outcome for result in received] == ["failed", "unknown", "failed"]


async def test_every_payload_knows_when_its_event_was_received(configured):
    async def perform_batch(context, payloads):
        assert context.received_at == context.payload_contexts[0].received_at
        return [own.received_at.isoformat() for own in context.payload_contexts]

    moments = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)]
    async with configured(batched(perform_batch, wait=0.01)).open() as live:
        outcomes = await asyncio.gather(
            *(live.send([track("a")], received_at=moment) for moment in moments)
        )
    assert [results(outcome) for outcome in outcomes] == [
        [Delivered(moment.isoformat())] for moment in moments
    ]


async def test_a_call_that_gives_up_leaves_its_batch_to_the_others(configured):
    started, ended = asyncio.Event(), asyncio.Event()

    async def perform_batch(context, payloads):
        started.set()
        await ended.wait()
        return [payload["event"] for payload in payloads]

    async with configured(batched(perform_batch, wait=0.001)).open() as live:
        staying = asyncio.create_task(live.send([track("a")]))
        late = asyncio.create_task(live.send([track("b")], deadline=0.05))
        cancelled = asyncio.create_task(live.send([track("c")]))
        await started.wait()
        cancelled.cancel()
        [gone] = results(await late)
        assert (gone.code, gone.outcome) == ("SELF_TIMEOUT", "failed")
        ended.set()
        assert results(await staying) == [Delivered("a")]
        with pytest.raises(asyncio.CancelledError):
            await cancelled


async def test_a_result_is_observed_once_although_its_event_has_left_the_batch(configured):
    observed, ended = [], asyncio.Event()

    async def perform_batch(context, payloads):
        await ended.wait()
        return [payload["event"] for payload in payloads]

    instance = replace(
        configured(batched(perform_batch, wait=0.001)),
        observers={"test": lambda record: observed.append(record.result.result)},
    )
    async with instance.open() as live:
        staying = asyncio.create_task(live.send([track("a")]))
        [late] = results(await live.send([track("b")], deadline=0.02))
        ended.set()
        [kept] = results(await staying)
    assert observed == [late, kept]


async def test_a_deadline_in_the_past_sends_nothing(configured):
    async def perform_batch(context, payloads):
        raise AssertionError("a payload was sent after its deadline")

    async with configured(batched(perform_batch)).open() as live:
        [late] = results(await live.send([track("a")], deadline=-0.01))
    assert (late.code, late.outcome) == ("SELF_TIMEOUT", "failed")


async def test_a_batch_whose_deliveries_have_all_ended_is_cancelled(configured):
    cancelled = asyncio.Event()

    async def perform_batch(context, payloads):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with configured(batched(perform_batch)).open() as live:
        failed = results(await live.send([track("a"), track("b")], deadline=0.02))
        assert {result.code for result in failed} == {"SELF_TIMEOUT"}
        assert cancelled.is_set()


async def test_a_batch_that_is_left_before_it_starts_never_starts(configured):
    noting = Noting()
    async with configured(batched(noting, wait=0.02)).open() as live:
        task = asyncio.create_task(live.send([track("a")]))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0.04)
    assert noting.batches == []


async def test_a_batch_that_ignores_its_deadline_is_left_behind(configured, caplog):
    released = asyncio.Event()

    async def perform_batch(context, payloads):
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    async with configured(batched(perform_batch)).open() as live:
        late = [live.send([track(name)], deadline=0.02) for name in "abc"]
        gone = [results(outcomes)[0].code for outcomes in await asyncio.gather(*late)]
        released.set()
    assert gone == ["SELF_TIMEOUT"] * 3
    assert caplog.messages == ["test/do ignores its deadline"]


def test_the_shared_state_is_one_for_all_instances_of_a_catalog():
    async def perform_batch(context, payloads):
        context.shared_state.append(threading.get_ident())
        return [len(context.shared_state)] * len(payloads)

    catalog = Catalog.of(batched(perform_batch, create_shared_state=list))
    document = {"destination": "test", "subscriptions": [{"action": "do"}]}
    sent = [catalog.configure(document).send_sync([track("a")]) for _ in range(2)]
    assert [results(outcomes) for outcomes in sent] == [[Delivered(1)], [Delivered(2)]]


def test_a_shared_state_that_raises_is_a_problem_of_the_configuration():
    def create_shared_state():
        raise ValueError

    catalog = Catalog.of(batched(Noting(), create_shared_state=create_shared_state))
    document = {"destination": "test", "subscriptions": [{"action": "do"}]}
    with pytest.raises(
        ConfigurationError, match="create_shared_state of test raised ValueError"
    ) as raised:
        catalog.configure(document)
    assert [problem.code for problem in raised.value.problems] == ["SHARE"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda members: (
        st.lists(members, max_size=3) | st.dictionaries(st.text(max_size=3), members, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(st.text(max_size=3), VALUES, max_size=4),
    st.sampled_from([1, 100, 10_000, 2_000_000]),
)
def test_a_payload_counts_with_its_bytes_as_json(payload, most):
    counted, size = (
        count_json_bytes(payload),
        len(encode_json(payload)),
    )
    assert counted >= size
    assert counted == size or counted * 10 <= most


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_a_bound_is_at_least_the_bytes_and_leaves_room_for_a_full_batch(payload):
    limits = BatchLimits(count=10, bytes=1_000)
    bound = bound_json_bytes(payload, EventMeter().measure(payload), limits)
    size = count_json_bytes(payload)
    assert size <= bound
    assert bound == size or bound * limits.count <= limits.bytes


def test_a_bound_is_exact_where_a_full_batch_may_not_fit():
    payload, size = {"a": "x" * 20}, EventMeter().measure({"a": "x" * 20})
    most = size * MOST_JSON_BYTES
    assert bound_json_bytes(payload, size, BatchLimits(count=3, bytes=3 * most)) == most
    assert bound_json_bytes(payload, size, BatchLimits(count=3, bytes=3 * most - 1)) == 28


def test_a_long_integer_is_refused_whatever_a_batch_may_hold():
    payload = {"a": 10**4300}
    with pytest.raises(ValueError, match="limit"):
        bound_json_bytes(payload, EventMeter().measure(payload), BatchLimits(bytes=10**9))


@pytest.mark.parametrize("odd", [{1}, 1j, b"b", {"x": {"y": {1}}}, [{1}]])
def test_a_payload_that_is_not_json_has_no_size(odd):
    with pytest.raises((TypeError, ValueError)):
        count_json_bytes({"a": odd})


def test_a_number_that_python_cannot_write_has_no_size():
    with pytest.raises(ValueError, match="limit"):
        count_json_bytes({"a": 10**5000})


async def test_a_batch_that_raises_generator_exit_is_not_logged_by_asyncio(caplog):
    async def perform(context, payload):
        return None

    async def perform_batch(context, payloads):
        raise GeneratorExit(context.settings["token"])

    live = open_odd(perform, mapping={"a": 1}, fields=ANYTHING, perform_batch=perform_batch)
    result = await send_one(live, deadline=0.5)
    gc.collect()
    await asyncio.sleep(0)
    assert result.outcome == "failed"
    assert "never retrieved" not in caplog.text
