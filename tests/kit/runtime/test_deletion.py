"""A `delete` event reaches the destination's `on_delete`; its result is like any other."""

import pytest

from destination_kit import (
    Action,
    ConfigurationError,
    Delivered,
    Destination,
    EventResult,
    RetryableError,
    Skipped,
    SubscriptionResult,
)
from tests.conftest import ECHO, echo
from tests.kit.runtime.performing import TRACK

DELETE = {"type": "delete", "userId": "ann", "anonymousId": "a1"}


async def forget(context, payload):
    if payload.get("userId") == "busy":
        raise RetryableError("busy", retry_after=3.0)
    return {"deleted": payload}


FORGETFUL = Destination(
    slug="test",
    name="Test",
    actions={"do": Action(title="Do", trigger="type != 'x'", perform=echo)},
    on_delete=forget,
)
SAY = {"name": "Say", "action": "do", "trigger": 'type = "track"'}


def result_of(response):
    return EventResult((SubscriptionResult("on_delete", "on_delete", Delivered(response)),))


@pytest.mark.parametrize("door", ["open", "open_in_thread"])
async def test_a_user_is_deleted_by_an_event_or_a_call(configured, door):
    async with getattr(configured(FORGETFUL, SAY), door)() as live:
        [sent] = await live.send([DELETE])
        called = await live.delete(user_id="ann")
        with pytest.raises(ValueError, match="needs a user_id or an anonymous_id"):
            await live.delete(user_id="")
    assert sent == result_of({"deleted": {"userId": "ann", "anonymousId": "a1"}})
    assert called == result_of({"deleted": {"userId": "ann"}})


def test_a_delete_event_reaches_matching_subscriptions_too(configured):
    every = {"name": "All", "action": "do"}
    results = configured(FORGETFUL, every).send_sync([DELETE, TRACK])
    names = [[item.subscription for item in result.results] for result in results]
    assert names == [["All", "on_delete"], ["All"]]


async def test_a_failed_deletion_is_sent_again_by_its_name(configured):
    async with configured(FORGETFUL, {"name": "All", "action": "do"}).open() as live:
        [result] = await live.send([{**DELETE, "userId": "busy"}], only=["on_delete"])
        [other] = await live.send([DELETE], only=["All"])
    [failed] = result.failures
    assert (failed.code, failed.retryable, failed.retry_after) == ("RETRYABLE_ERROR", True, 3.0)
    assert [item.subscription for item in other.results] == ["All"]


@pytest.mark.parametrize("ids", [{}, {"userId": ""}, {"userId": 0, "anonymousId": None}])
def test_an_event_without_an_id_deletes_nobody(configured, ids):
    [result] = configured(FORGETFUL).send_sync([{"type": "delete", **ids}])
    [failed] = result.failures
    assert failed.code == "PAYLOAD_VALIDATION_FAILED"
    assert failed.message == "/: a delete event needs a userId or an anonymousId"


def test_a_destination_without_on_delete_skips_the_event(configured):
    [result] = configured(ECHO).send_sync([DELETE])
    assert result.skipped == Skipped("no enabled subscription matches the event")


def test_no_subscription_may_have_the_name_of_the_deletion(configured):
    with pytest.raises(ConfigurationError, match="the deletion of users has the name 'on_delete'"):
        configured(FORGETFUL, {**SAY, "name": "on_delete"})
