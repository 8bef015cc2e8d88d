from dataclasses import replace

import pytest

from destination_kit import Action, BatchLimits, Catalog, ConfigurationError, Destination
from destination_kit.batch_fields import read_batch_limits
from destination_kit.segment import read_definition

LIST = {"type": "string", "label": "List", "default": {"@path": "$.properties.list"}}
CONTROLS = {
    "enable_batching": {"type": "boolean", "label": "Batch", "default": True},
    "batch_size": {
        "type": "number",
        "label": "Size",
        "default": 500,
        "minimum": 2,
        "maximum": 1000,
    },
    "batch_keys": {"type": "string", "label": "Keys", "multiple": True, "default": ["list_id"]},
}
PUBLISHED = {
    "slug": "actions-lists",
    "name": "Lists",
    "actions": {
        "add": {
            "title": "Add",
            "defaultSubscription": 'type = "track"',
            "hasPerformBatch": True,
            "fields": {"list_id": LIST, "color": LIST, **CONTROLS},
        }
    },
}
PEOPLE = [
    {"type": "track", "userId": f"u{number}", "properties": {"list": "ab"[number % 2]}}
    for number in range(6)
]


def lists(calls):
    """Return the published destination, whose calls are recorded."""

    async def perform(context, payload):
        calls.append(payload["list_id"])
        return payload

    async def perform_batch(context, payloads):
        calls.append([payload["list_id"] for payload in payloads])
        return list(payloads)

    destination = read_definition(PUBLISHED).destination
    action = replace(destination.actions["add"], perform=perform, perform_batch=perform_batch)
    return replace(destination, actions={"add": action})


def configure(calls, **mapping):
    subscription = {"action": "add", "useDefaultMapping": True, "mapping": mapping}
    document = {"destination": "actions-lists", "subscriptions": [subscription]}
    return Catalog.of(lists(calls)).configure(document)


async def send(instance):
    async with instance.open() as live:
        return await live.send(PEOPLE)


async def test_six_people_for_two_lists_leave_in_two_calls_each_list_its_own():
    calls = []
    results = await send(configure(calls))
    assert calls == [["a", "a", "a"], ["b", "b", "b"]]
    assert all(result.ok for result in results)


async def test_the_controls_stay_in_the_payload_as_in_the_reference():
    [first, *_] = await send(configure([]))
    assert first.results[0].result.response == {
        "list_id": "a",
        "color": "a",
        "enable_batching": True,
        "batch_size": 500,
        "batch_keys": ["list_id"],
    }


@pytest.mark.parametrize("off", [False, "false", {"@literal": False}])
async def test_batches_that_are_turned_off_make_single_calls(off):
    calls = []
    await send(configure(calls, enable_batching=off))
    assert calls == ["a", "b", "a", "b", "a", "b"]


async def test_a_batch_size_in_the_mapping_is_the_count_of_a_call():
    calls = []
    await send(configure(calls, batch_size=2))
    assert sorted(map(len, calls)) == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("mapping", "limits"),
    [
        ({}, BatchLimits(count=500, keys=("list_id",))),
        ({"batch_size": 0}, BatchLimits(count=500, keys=("list_id",))),
        ({"batch_size": {"@path": "$.n"}}, BatchLimits(count=500, keys=("list_id",))),
        ({"batch_size": 1000}, BatchLimits(count=1000, keys=("list_id",))),
        ({"batch_keys": ["color"]}, BatchLimits(count=500, keys=("list_id", "color"))),
        ({"batch_keys": "color"}, BatchLimits(count=500, keys=("list_id", "color"))),
    ],
)
def test_the_literals_of_a_mapping_change_the_limits(mapping, limits):
    try:
        instance = configure([], **mapping)
    except ConfigurationError as error:
        pytest.fail(str(error))
    assert instance.subscriptions[0].batch == limits


@pytest.mark.parametrize(
    ("mapping", "path", "sentence"),
    [
        ({"batch_size": 1001}, "batch_size", "carries 1,000 at most"),
        ({"batch_size": 1}, "batch_size", "carries 2 at least"),
        ({"batch_size": 2.5}, "batch_size", "a whole number"),
        ({"batch_keys": ["lst_id"]}, "batch_keys", "did you mean 'list_id'"),
    ],
)
def test_controls_that_cannot_be_obeyed_are_problems(mapping, path, sentence):
    with pytest.raises(ConfigurationError) as caught:
        configure([], **mapping)
    found = [problem for problem in caught.value.problems if problem.code == "BATCH"]
    assert [problem.path for problem in found] == [f"/subscriptions/0/mapping/{path}"]
    assert sentence in found[0].message


def test_the_batch_of_a_subscription_lowers_what_the_mapping_chose():
    subscription = {
        "action": "add",
        "useDefaultMapping": True,
        "mapping": {"batch_size": 1000},
        "batch": {"count": 3},
    }
    document = {"destination": "actions-lists", "subscriptions": [subscription]}
    assert Catalog.of(lists([])).configure(document).subscriptions[0].batch.count == 3


def test_an_action_without_batches_ignores_the_controls():
    async def perform(context, payload):
        return payload

    fields = {"type": "object", "properties": {"batch_size": {"type": "number"}}}
    action = Action(title="Say", trigger='type = "track"', fields=fields, perform=perform)
    destination = Destination(slug="plain", name="Plain", actions={"say": action})
    subscription = {"action": "say", "mapping": {"batch_size": 10**9}}
    document = {"destination": "plain", "subscriptions": [subscription]}
    assert Catalog.of(destination).configure(document).subscriptions[0].batch == BatchLimits()


def test_a_size_without_a_default_is_read_from_its_maximum():
    fields = {"type": "object", "properties": {"batch_size": {"default": 0, "maximum": 70}}}
    assert read_batch_limits(fields).count == 70
